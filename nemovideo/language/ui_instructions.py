"""Recognises a clause that tells the reader to use a screen ("click the Export button").

The agent answers as if there were an editor on a screen (wire-contract section 7). A clause counts
only when it opens as an instruction and names a part of that editor; "the panda clicks a button"
and "打开的窗户" do neither.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Final, Literal, TypeAlias

from nemovideo.language.chinese_variants import TO_SIMPLIFIED

ClauseKind: TypeAlias = Literal["plain", "lead", "export", "state", "credits", "upload", "send"]
"""What a clause is: text to keep, the way into an instruction, or an instruction and what the SDK
has for it."""

_LEAD_WORDS: Final = frozenset(
    (
        *(
            "you",
            "can",
            "could",
            "may",
            "might",
            "should",
            "need",
            "have",
            "want",
            "please",
            "just",
        ),
        *("simply", "now", "then", "next", "first", "finally", "also", "and", "or", "so", "but"),
        *("alternatively", "feel", "free", "go", "ahead", "to", "if", "when", "once", "after"),
        *("you'll", "you'd", "you're", "like", "either", "the", "will", "otherwise", "easily"),
        *("which", "by"),
    )
)
_SCREEN_VERBS: Final = frozenset(
    (
        *("click", "tap", "press", "hit", "select", "choose", "pick", "double-click"),
        *("right-click", "use", "find", "see", "look", "open", "navigate", "head", "switch"),
        *("visit", "return", "check", "view", "drag", "drop", "drag-and-drop", "preview", "play"),
        *("watch", "review", "scrub", "manage", "launch", "hover", "adjust", "fine-tune", "tweak"),
        *("change", "edit", "modify", "control", "move", "mute", "trim", "reorder", "rearrange"),
        *("resize", "replace", "delete", "remove", "crop", "split", "rename", "add", "upload"),
        *("save", "download", "share", "export", "left-click", "wait", "upgrade"),
        *("clicking", "tapping", "pressing", "dragging", "opening", "selecting", "refresh"),
        *("reload", "scroll"),
    )
)
_LEAD_CLAUSE: Final = (
    r"(?:to (?:export|download|save|preview|view|see|check|watch|play|share|upload|get|hear|review"
    r"|adjust|edit|change|finish|render|fine-tune|tweak|modify|replace|delete|remove|mute|trim"
    r"|reorder|rearrange|move|resize|rename|split|top up|upgrade|listen)\b"
    r"|if nothing\b"
    r"|(?:if|when|whenever|once|after) (?:you|you're|you'd|you've|it's|it|everything|that's|ready"
    r"|done|satisfied|happy)\b)"
)
_LABEL: Final = (
    r"(?:export|download|save|upload|share|play|preview|generate|render|publish|import|apply"
    r"|settings|account|billing|credits|top up|timeline|add (?:media|text|music|title))"
)
_PART: Final = (
    r"(?:button|icon|tab|menu|panel|toolbar|sidebar|dropdown|option|editor|timeline|canvas|player"
    r"|dashboard|workspace|(?:preview|export) (?:window|page|screen)|media (?:library|bin|pool)"
    r"|settings|dialog(?:ue)?|slider|toggle|checkbox|inspector|(?:playback|volume) controls?)"
)
_MARKS: Final = r"[\"“”'‘’*_`\[\]「」]*"
_DRAG: Final = r"drag[- ]and[- ]drop|drag|drop"
_THING: Final = (
    r"(?:clip|file|video|image|photo|title|track|slider|edge|handle|playhead|segment|layer|element"
    r"|media|footage|marker|transition|asset|audio)s?\b"
)
_CLICK: Final = r"(?:double-|right-)?(?:click(?:ing)?|tap(?:ping)?)"
_KEY: Final = r"(?:space ?bar|enter key|(?:delete|backspace) key|(?:ctrl|cmd|command|shift|alt)\b)"
_ADJUST: Final = (
    r"(?:adjust|fine-tune|tweak|change|edit|modify|control|trim|mute|move|reorder|rearrange|resize"
    r"|replace|delete|remove|crop|split|rename|add|upload|save|download|share|export)"
)
_ENGLISH: Final = (
    r"(?:double|right|left)-click(?:ing)?\b",
    rf"(?:press|hit|tap|use) (?:the )?{_KEY}",
    r"hover (?:your (?:mouse|cursor) )?(?:over|on)\b",
    rf"{_CLICK} (?:on )?(?:the|its|that) (?:[\w-]+ ){{0,3}}"
    r"(?:icon|tab|menu|slider|checkbox|toggle)\b",
    rf"{_ADJUST}\b.* (?:using|with|via|in|on|through|from|by dragging) (?:the|your|its)"
    rf" {_MARKS}(?:[\w-]+{_MARKS} ){{0,3}}{_PART}\b",
    r"(?:open|go to|navigate to|head (?:over )?to|switch to|visit)(?: the| your)?"
    rf" {_MARKS}(?:(?:project|account|export|video|canvas) )?(?:settings|billing|preferences)\b",
    rf"(?:{_CLICK}|press(?:ing)?|hit)(?: on)?(?: the| your)? {_MARKS}{_LABEL}\b",
    rf"{_CLICK}(?: on)? (?:here\b|the (?:\w+ )?(?:clip|track|segment|layer|thumbnail)\b)",
    rf"(?:{_CLICK}|press) (?:on )?the button (?:below|above|on|in|at|to)\b",
    rf"{_CLICK} (?:on )?it (?:in|on) the {_PART}\b",
    rf"(?:refresh|reload|scroll)\b.* (?:the|your) (?:page|browser|{_PART})\b",
    rf"(?:dragging|opening|selecting)\b.* (?:the|your) (?:\w+ )?{_PART}\b",
    r"(?:click|tap|press|select|choose|pick|use|find|see|look for|hit)\b.* "
    rf"{_MARKS}{_LABEL}{_MARKS} {_PART}\b",
    rf"(?:click|tap|press|select|choose|pick|double-click|right-click|find|use)\b.* (?:on|in|at"
    rf"|from|of) (?:the|your) (?:(?:\w+ )?{_PART}|(?:top|bottom|upper|lower|left|right)\b)",
    rf"(?:open|go to|navigate to|head (?:over )?to|switch to|visit|return to|launch)(?: up)?"
    rf"(?: \w+){{0,4}}? (?:the|your) {_MARKS}(?:\w+{_MARKS}[- ]){{0,2}}{_MARKS}{_PART}\b",
    r"(?:view|see|check|watch|preview|play|review|scrub)\b.* (?:in|on|from|through) (?:the|your)"
    rf" (?:\w+ )?{_PART}\b",
    r"(?:check|view|see|preview|review|look at|scrub)(?: out)? (?:the|your) timeline\b",
    rf"(?:{_DRAG}) (?:it|them|this|that|files?|clips?|media)\b",
    rf"(?:{_DRAG}) (?:the|your|a|any|an) (?:[\w-]+ ){{0,2}}{_THING}",
    rf"(?:{_DRAG}|dragging) .*\b(?:to|onto|into|on|in|around|across|along) the (?:\w+ )?"
    rf"(?:{_PART}|track)\b",
    r"(?:check|view|see|visit|open|go to|manage|review|top up)\b.* (?:your|the) (?:\w+ )?"
    r"(?:account|billing|subscription|credit balance|credits)\b",
    r"(?:select|choose|pick)\b.*\b(?:1080p|720p|4k|mp4|mov|format|resolution)\b",
    rf"the {_MARKS}{_LABEL}{_MARKS} (?:button|icon|menu|panel|tab) (?:is|at|in|on|can)\b",
)

_CHINESE_LEADS: Final = (
    *("请", "您", "你", "可以", "可", "就", "只需", "只要", "只需要", "然后", "再", "接着", "或者"),
    *("或", "也", "直接", "现在", "先", "并", "并且", "随后", "最后", "需要", "还", "能", "能够"),
    *("之后", "即可", "去", "来", "到", "随时", "用鼠标", "继续", "首先", "其次"),
)
_CHINESE_VERBS: Final = (
    *(
        "点击",
        "单击",
        "双击",
        "点按",
        "点选",
        "按下",
        "轻触",
        "选择",
        "打开",
        "进入",
        "前往",
        "切换到",
    ),
    *("拖拽", "拖动", "拖放", "预览", "查看", "播放", "检查", "管理", "使用", "时间线", "时间轴"),
    *("右上角", "左上角", "右下角", "左下角", "界面", "编辑器", "页面", "面板", "工具栏", "顶部"),
    *(
        "底部",
        "刷新",
        "在时间",
        "在编辑器",
        "在界面",
        "在页面",
        "在播放器",
        "在预览",
        "在工具栏",
        "在顶部",
    ),
    *("在底部", "在右上", "在左上", "在右下", "在左下", "从工具栏", "将", "把"),
    *("通过", "按", "右键", "右击", "鼠标", "在右侧", "在左侧", "在下方", "在上方", "在媒体库"),
    *("右侧", "左侧", "在设置", "在素材库", "从媒体库", "从素材库", "选中"),
    *("下载", "保存", "渲染", "等待", "分享", "在画布", "在媒体", "在浏览器"),
)
_CHINESE_WAYS_IN: Final = (
    *(
        "如果",
        "如需",
        "若要",
        "若需",
        "要想",
        "想要",
        "要导出",
        "要下载",
        "要预览",
        "要查看",
        "想导出",
    ),
    *("想下载", "准备好", "确认", "满意", "完成后", "完成之后", "提示", "下一步", "小贴士"),
    *("需要导出", "需要下载", "需要预览", "需要查看"),
    *(
        first + verb
        for first in ("要", "想", "需要")
        for verb in ("修改", "调整", "微调", "更改", "试听")
    ),
    *("第一步", "第二步", "第三步", "第四步", "步骤"),
)
_CHINESE_LEAD_CLAUSE: Final = (
    r"需要(?:导出|下载|预览|查看).{0,6}(?:时|的话)$"
    r"|(?:如果|如需|若要|若需|要想|想要|需要|要|想)(?:您|你)?(?:还)?(?:想|要|需要)?(?:再|进一步)?"
    r"(?:导出|下载|保存|预览|查看|分享|调整|上传|渲染|微调|修改|更改|编辑|替换|删除|裁剪|移动)"
    r"|(?:您|你)?(?:准备好|确认无误|满意|完成|确认)(?:了)?(?:之后|以后|后|的话)"
    r"|如果(?:您|你)?(?:满意|准备好|没问题|确认)"
    r"|(?:如果|想|要).{0,8}的话$|如果没有?.{0,6}$"
)
_CHINESE_LABEL: Final = (
    r"(?:导出|下载|保存|上传|分享|播放|预览|生成|渲染|发布|导入|应用|设置|账户|充值|时间线"
    r"|export|download)"
)
_CHINESE_PART: Final = (
    r"(?:按钮|图标|菜单|选项卡?|标签页?|面板|工具栏|侧边栏|编辑器|画布|播放器|时间线|时间轴|界面"
    r"|控制台|工作区|素材库|媒体库|导出页面?|(?:预览|导出|设置)窗口|对话框|弹窗|滑块|滑杆|(?:项目)?设置"
    r"|[右左][上下]角)"
)
_PRESS: Final = r"(?:点击|单击|双击|点按|点选|按下|轻触|选择|选中)"
_CHINESE: Final = (
    rf"{_PRESS}.{{0,12}}?{_MARKS}{_CHINESE_LABEL}{_MARKS}\s*(?:{_CHINESE_PART}(?!的)|即可|来|以|就|$)",
    rf"(?:{_PRESS}|使用).{{0,12}}?(?:[右左][上下]角|上方|下方|顶部|底部|工具栏|面板|菜单)",
    rf"{_PRESS}.{{0,6}}?(?:时间线|时间轴|轨道)上的",
    r"选择.{0,8}?(?:1080p|720p|4k|mp4|mov|格式|分辨率)",
    rf"(?:打开|进入|前往|切换到|使用).{{0,10}}?{_MARKS}{_CHINESE_PART}(?!的)",
    r"(?:将|把).{0,30}?(?:拖拽|拖动|拖放|拖)(?:到|至|入|进)",
    r"(?:拖拽|拖动|拖放)(?!着).{0,20}?(?:到|至|入|进|时间线|时间轴|轨道|片段|素材|滑块|边缘)",
    r"在?(?:时间线|时间轴|编辑器|播放器|预览窗口|界面|画布)(?:上|中|里|内)?(?:进行)?"
    r"(?:预览|查看|播放|拖|调整|点击|选择)",
    r"(?:预览|查看|播放).{0,8}?(?:时间线|时间轴|编辑器|播放器)(?!的)",
    r"(?:查看|检查|打开|前往|进入|管理).{0,6}?(?:账户|账号|帐户|账单|订阅|计费)",
    r"(?:在|从)?(?:界面|页面|编辑器)?的?(?:[右左][上下]角|顶部|底部|工具栏).{0,6}?"
    rf"(?:(?:点击|找到|选择|有).*{_CHINESE_PART}|{_PRESS}{_MARKS}{_CHINESE_LABEL})",
    r"(?:双击|单击|点击|选中).{0,4}?(?:字幕|片段|标题|轨道|素材|文字).{0,4}?(?:即可|来|以|进行|可|就)",
    r"(?:用?鼠标)?(?:右键|右击)(?:点击|单击)?.{0,8}?(?:字幕|片段|标题|轨道|素材|文字|时间)",
    r"双击(?:即可|就|来)",
    rf"按(?:下|一下)?.{{0,6}}?{_MARKS}{_CHINESE_LABEL}{_MARKS}(?:按钮|键)",
    r"按(?:下|一下)?.{0,4}?(?:空格|回车|delete|快捷键|ctrl|shift|删除键)",
    rf"(?:通过|使用|在|从).{{0,14}}?{_CHINESE_PART}(?:中|里|内|上|来)?(?:的.{{0,8}})?"
    r"(?:即可)?(?:继续)?(?:进行)?(?:调整|微调|调节|修改|编辑|更改|查看|预览|播放|观看|选择|添加|上传)",
    r"刷新.{0,4}?(?:页面|界面|浏览器)",
)
_CREDITS: Final = (
    r"account|billing|subscription|credit|top up|账户|账号|帐户|账单|订阅|计费|积分|充值"
)
_SEND: Final = (
    r"[线轴道]上的|双击|double-click|(?:点击|选中).{0,4}(?:轨道|片段|标题|字幕|素材|文字)|"
    r"drag|drop\b|拖|delete key"
    r"|(?:select|choose|pick|click)\b (?:on )?the (?:\w+ )?(?:clip|track|title|layer|segment)\b"
)
_EXPORT: Final = (
    r"export|download|save|share|render|publish|1080p|720p|4k|mp4|mov\b|format|resolution"
    r"|导出|下载|保存|分享|渲染|发布|格式|分辨率"
)
_STATE: Final = (
    r"timeline|preview|play|open|view|see|watch|editor|track|space ?bar"
    r"|时间线|时间轴|预览|播放|打开|查看|轨道|编辑器|空格"
)
_KINDS: Final[tuple[tuple[ClauseKind, str], ...]] = (
    ("credits", _CREDITS),
    ("upload", r"upload|import|上传|导入"),
    ("send", _SEND),
    ("state", r"progress|进度|refresh|reload|scroll|刷新"),
    ("export", _EXPORT),
    ("send", r"settings|properties|设置|静音"),
    ("state", _STATE),
)


def may_be_instruction(clause: str) -> bool:
    """Tell whether a clause that is still arriving may turn out an instruction or a way into one.

    Args:
        clause: Its whole words (or Chinese characters) so far, from its beginning.

    Example:
        >>> may_be_instruction("you can"), may_be_instruction("the panda")
        (True, False)
    """
    text = _normal(clause.lstrip(" *_\"“'"))
    if not text:
        return True
    if "\u3400" <= text[0] <= "\u9fff":
        return _may_instruct_in_chinese(text)
    words = text.split()
    for place, word in enumerate(words):
        bare = word.strip("*_`\"“'")
        if word in _SCREEN_VERBS or (place and bare in _labels()):
            return True
        if bare and word not in _LEAD_WORDS:
            return bool(_lead_clause().match(text)) or bool(_aside().match(text))
    return True


def _normal(clause: str) -> str:
    return clause.translate(TO_SIMPLIFIED).lower().replace("’", "'")


@cache
def _labels() -> frozenset[str]:
    names = "export download save upload share play preview render"
    return frozenset(f"{names} settings billing account preferences project".split())


def _may_instruct_in_chinese(text: str) -> bool:
    rest = _chinese_leads().sub("", text, count=1)
    if rest.startswith(_CHINESE_VERBS) or text.startswith(_CHINESE_WAYS_IN):
        return True
    openers = (*_CHINESE_VERBS, *_CHINESE_LEADS, *_CHINESE_WAYS_IN)
    return any(word.startswith((rest, text)) for word in openers)


def classify_clause(
    clause: str, *, previous: ClauseKind = "plain", addressed: bool = False
) -> ClauseKind:
    """Tell what a complete clause is.

    Args:
        clause: Its text without the separator behind it.
        previous: What the clause before it in the sentence was, if that was an instruction.
        addressed: Whether the sentence speaks to the reader so far.

    Example:
        >>> classify_clause("you can click the Export button")
        'export'
    """
    text = _normal(clause.strip(" *_"))
    if "http" in text or "](" in text:
        return "plain"
    connected = _connector().match(text)
    body = _leads().sub("", text, count=1)
    speaks = previous != "plain" or addressed or not connected or connected.end() != _lead_end(text)
    if speaks and _instruction().match(body):
        return _kind(body)
    if previous != "plain" and _goes_on(text, connected is not None):
        return previous
    if _lead_clause().match(text) or _chinese_lead_clause().match(text) or _aside().fullmatch(text):
        return "lead"
    return "plain"


def _lead_end(text: str) -> int:
    found = _leads().match(text)
    return found.end() if found else 0


def _goes_on(text: str, connected: bool) -> bool:
    """Whether a clause hangs on the instruction before it: no subject of its own."""
    body = _connector().sub("", text, count=1)
    if _subject().match(body):
        return False
    return connected or body.split(" ", 1)[0] in _SCREEN_VERBS or bool(_next_step().match(body))


def _kind(body: str) -> ClauseKind:
    for kind, pattern in _KINDS:
        if re.search(pattern, body):
            return kind
    return "send"


@cache
def _instruction() -> re.Pattern[str]:
    return re.compile("|".join((*_ENGLISH, *_CHINESE)), re.IGNORECASE)


def _longest_first(words: Iterable[str]) -> list[str]:
    """Order alternatives so that a long one is not cut short, and the same way in every process."""
    return sorted(words, key=lambda word: (-len(word), word))


@cache
def _leads() -> re.Pattern[str]:
    # "the" opens an instruction only as part of one ("the Export button is …").
    words = [
        "go(?= ahead)" if word == "go" else word for word in _longest_first(_LEAD_WORDS - {"the"})
    ]
    english = rf"(?:(?:{'|'.join(words)})\b,?\s+)+"
    return re.compile(rf"^{english}|{_chinese_leads().pattern}", re.IGNORECASE)


@cache
def _chinese_leads() -> re.Pattern[str]:
    words = _longest_first(_CHINESE_LEADS)
    return re.compile(rf"^(?:(?:{'|'.join(words)})\s*)+")


@cache
def _connector() -> re.Pattern[str]:
    return re.compile(r"^(?:(?:and|or|then|so|but)\b\s*|或者|或|并且|并|然后|再)+")


@cache
def _subject() -> re.Pattern[str]:
    return re.compile(
        r"(?:the|your|a|an|i|i'll|i've|i'm|it|it's|we|we'll|this|that|my|everything|there|they|he|she"
        r"|you)\b|(?:just |simply |please )?(?:tell|let|ask|say|describe)\b"
        r"|[我它这那画视音标字您你]|(?:也可以|可以)?(?:直接)?(?:告诉|跟我说|对我说|说)"
    )


@cache
def _next_step() -> re.Pattern[str]:
    return re.compile(r"(?:即可)?(?:下载|保存|确认|分享|等待|渲染|选择|点击|打开|拖)(?![的了])")


@cache
def _lead_clause() -> re.Pattern[str]:
    return re.compile(rf"(?:(?:and|or|then|so|but|also|now)\s+)*{_LEAD_CLAUSE}")


@cache
def _chinese_lead_clause() -> re.Pattern[str]:
    return re.compile(_CHINESE_LEAD_CLAUSE)


@cache
def _aside() -> re.Pattern[str]:
    return re.compile(
        r"(?:tip|pro tip|next steps?|note|steps?|step \d+|first|second|third|finally|lastly)$"
        r"|(?:提示|小贴士|下一步|第[一二三四五\d]?步?|步骤[一二三四五\d]?)$"
    )
