"""What is no edit: undo, questions, greetings."""

from __future__ import annotations

import re
from typing import Final

from nemovideo.sandbox.agents.rule_agent.instructions import Answer, Instruction, Undo
from nemovideo.sandbox.agents.rule_agent.reading.title_text import about_text, content
from nemovideo.sandbox.agents.rule_agent.words.numbers import EN, LEFT, RIGHT, ZH, either, number
from nemovideo.sandbox.agents.rule_agent.words.phrases import Message

_UNDO = re.compile(
    f"^cancel(?: (?:it|this|that))?$|{LEFT}(?:change (?:it|that|this) back|undo|revert|go back"
    f"|roll ?back|take (?:that|it) back|put it back|undo that"
    "|back to (?:the )?(?:previous|last|original|before)|(?:put|leave|make|want"
    "|have) it (?:back )?(?:as|like|the way) it was|restore (?:the )?(?:previous|last"
    "|original))(?![a-z])|撤销|撤回|撤消|回退|退回|恢复(?:到|成)?(?:上一|之前|原来|刚才|原样|原版)"
    "|还原|上一步|[改变换调]回[去来]|^取消$"
)
_REDO = either("redo|re-do", "重做|反撤销")
_TIMES_BACK = re.compile(
    f"(?:(?P<en>{EN}) (?:steps?|changes?|edits?|things?|times?|versions?)"
    f"|(?P<zh>{ZH}) ?(?:步|次|个))"
)
_ALL = either("all|everything|every change|original", "全部|所有|最初|原版|原来")

_EXPORT = re.compile(
    "^(?:export|download|render|save|publish|share|send me)(?![a-z])(?: (?:it|this|that|the|my|me"
    "|video|film|file|clip|final|result|as|in|to|mp4|mov|now|please|draft|project|[a-z0-9_-]+[.]"
    "(?:mp4|mov|webm|gif)))*$|^(?:(?:做|弄|剪|生成)?(?:好|完成?)了?(?:以后|之后|后)?[就再]?)?(?:导出"
    "|下载|保存|发布|分享|渲染)(?:一下)?(?:这个|我的)?(?:视频|成片|影片|文件|作品|它)?"
    "(?:[为成到]? ?[^ ,。]{1,40}[.](?:mp4|mov|webm|gif))?$"
)
# What says only how somebody feels; at the end, it may be among words to show.
_FEELING: Final = (
    "(?:lol|lmao|ha(?:ha)+h?|he(?:he)+|o+h+|wow|whoa|yay|woo+(?:hoo+)?|aw+|omg|hiya|heya|yo"
    "|哈哈+|嘿嘿+|呵呵+|嘻嘻+|哇+|耶+)"
)
_GREETING = re.compile(
    "^(?:hi|hiya|heya|howdy|hello|hey|yo|greetings|(?:good )?(?:morning|afternoon|evening)"
    f"|good (?:day|night)|how are you.*|nice to meet you){RIGHT}(?: there| again| all| nemo)?"
    "[!. ]*$"
    "|^(?:你好|您好|嗨|哈喽|早上好|晚上好|在吗|你好吗)[呀啊!。 ]*$"
)
_THANKS = re.compile(
    "^(?:thanks?(?: you)?(?: so much| very much| a lot)?|thx|cheers|great(?: job| work)?|perfect"
    "|awesome|nice(?: work| one)?|cool|ok(?:ay)?|good(?: job)?|well done|looks (?:good|great|nice"
    f"|perfect)|i (?:love|like) it|bye|goodbye|wow|{_FEELING}|yes|no|sure){RIGHT}[!. ]*$"
    "|^(?:谢谢|多谢"
    "|太棒了|很好|不错|完美|好的?|可以|真棒|喜欢|再见|拜拜|哈哈+|嗯+|行|是的?)[你您了呀啊吧!。 ]*$"
)
_HELP = re.compile(
    f"^help(?: me)?$|{LEFT}what (?:can|do) you do|{LEFT}how (?:do|does|can) (?:i|this|it|you)|"
    f"{LEFT}who are you|你(?:能|会|可以)(?:做|干|帮)|怎么(?:用|使用|操作)|你是谁|^帮助$|有什么功能"
)
_STATUS = either(
    "(?:running|run) ?time|total (?:length|duration)"
    "|what(?:'s| is| are)?(?: there)? (?:on|in) (?:the |my )?(?:timeline|video|draft|project)"
    "|how long (?:is|are)|how many (?:clips|scenes|tracks|segments|titles|subtitles)|(?:is"
    "|are) there (?:any |an? )?(?:music|titles?|subtitles?|text|sound|clips?|fades?)|(?:show"
    "|describe|list) (?:me )?(?:the |my )?(?:timeline|tracks|draft|clips|project)|what (?:do we"
    "|have we|did you)|what(?:'s| is) the (?:title|music|length|duration|resolution|size|status)"
    "|current (?:state|status|timeline)",
    "时间线上(?=[^,。]{0,4}(?:有|是|什么|哪些|几))|有多长|多长|(?:有|共|是)几段|几段$|几个(?:片段|镜头|轨道)|(?:总)?时长(?:是)?多少|一共多少秒"
    "|现在(?:是什么样|有什么|有哪些)|有哪些(?:片段|轨道|内容)|(?:查看|显示)(?:时间线|轨道)"
    "|当前状态|什么标题|标题是什么|什么音乐|有(?:没有)?(?:背景)?(?:音乐|标题|字幕)[吗么没]?$",
)
_PRICE = either(
    "how much (?:is|are|does|do|would|will|for)|how many credits|(?:is|are) (?:[a-z]+ ){1,4}free"
    "|(?:does|do|will|would) (?:[a-z]+ ){1,5}cost|what (?:does|do|would|will) (?:[a-z]+ ){1,5}cost"
    "|what(?:'s| is) the (?:price|cost)",
    "多少(?:钱|积分|点数|费用)|几个?积分|(?:要|花|收|用|扣)(?:不要|不花|不收|不用|不扣)?(?:钱|费|积分)(?:吗|么|嘛)"
    "|免费(?:吗|么|嘛|的吗)|(?:价格|费用)(?:是|多少)|怎么收费|(?:要不要|收不收|花不花|扣不扣)(?:钱|费|积分)",
)
_QUESTION = re.compile(
"^(?:what|how|why|when|where|who|whose|which|is|are|was|were|does|do|did|will|has|have|should"
"|am|tell me (?:a|about|why|how)|explain|do you)(?![a-z])|什么|怎么|怎样|为什么|为啥|多少|哪里"
"|哪个|谁|是不是|有没有|会不会|对不对|讲个|告诉我"
)  # fmt: skip
_SUGGESTS = re.compile(f"^(?:how|what) about{RIGHT}|什么(?:的|都)")


_CANCEL = re.compile("^(?:cancel(?: (?:it|this|that))?|取消)$")


_FEELS_FIRST: Final = re.compile(
    f"(?P<stop>^|[.!?。\n] *)(?:{_FEELING}(?![a-z])[,!.~。 ]+)+(?=[^ ])"
)
_FEELS_LAST: Final = re.compile(
    "[,!.~。 ]+(?:lol|lmao|ha(?:ha)+h?|he(?:he)+|哈哈+|嘿嘿+|呵呵+|嘻嘻+)(?=[,!.~。 ]*(?:$|\n))"
)


def without_feelings(message: Message) -> Message:
    """Take "haha", "ooh" and 哈哈 off the ends of a message, unless they may be to be shown."""
    text = message.text
    for match in reversed(list(_FEELS_FIRST.finditer(message.low))):
        text = text[: match.end("stop")] + text[match.end() :]
    last = _FEELS_LAST.search(text.lower())
    if last is not None and (message.quotes or not about_text(message.low)):
        text = text[: last.start()] + text[last.end() :]
    return message.part(text)


def is_cancel(message: Message) -> bool:
    """Return True for "cancel" alone, which is said of the message before it."""
    return _CANCEL.search(message.low.strip(" .!。了吧")) is not None


def read_undo(clause: Message) -> Instruction | None:
    """Read a request to take changes back."""
    low = clause.low
    if _REDO.search(low):
        return Answer("no_redo")
    if not _UNDO.search(low):
        return None
    counted = _TIMES_BACK.search(low)
    many = re.search(rf"{LEFT}twice{RIGHT}", low)
    count = int(number(counted["en"] or counted["zh"])) if counted else 2 if many else 1
    return Undo(max(1, count), every=_ALL.search(low) is not None)


def asks_price(message: Message) -> bool:
    """Return True if a message asks what something costs."""
    asks = _PRICE.search(message.low) is not None
    return asks and not message.quotes and content(message) is None


def read_small_talk(clause: Message) -> Instruction | None:
    """Read greetings, thanks, questions and a request to export."""
    low = clause.low
    for about, words in (
        ("export", _EXPORT), ("greeting", _GREETING), ("thanks", _THANKS),
        ("help", _HELP), ("status", _STATUS),
    ):  # fmt: skip
        if words.search(low):
            return Answer(about)
    asking = _QUESTION.search(low) is not None and not _SUGGESTS.search(low)
    return Answer("question") if asking else None
