"""What asks for nothing by itself: a complaint that names what is meant next, an interjection."""

from __future__ import annotations

import re
from typing import Final, Literal, TypeAlias

from nemovideo.sandbox.agents.rule_agent.reading.clip_selector import CLIP, find_clips
from nemovideo.sandbox.agents.rule_agent.reading.sound import MUSIC
from nemovideo.sandbox.agents.rule_agent.reading.title_text import about_text, role_of
from nemovideo.sandbox.agents.rule_agent.words.numbers import LEFT, RIGHT
from nemovideo.sandbox.agents.rule_agent.words.phrases import QUOTE, VERBS, Message

Topic: TypeAlias = Literal["music", "title", "subtitle"]

_COMPLAINS: Final = re.compile(
    rf"{LEFT}(?:(?:don't|do not|didn't) (?:\S+ )?(?:like|love|fit)|doesn't (?:\S+ )?fit|hate"
    r"|not (?:\S+ )?(?:happy|sure|right)|too [a-z]+|boring|awful|terrible|annoying|wrong|bad|ugly)"
    f"{RIGHT}|^(?:about|as for|regarding){RIGHT}|不[太怎么很]*(?:喜欢|满意|合适|好听|好看|对|行)"
    "|太[^,。]{1,4}了|讨厌|难听|难看|无聊|^关于|^至于"
)
_ASIDE: Final = re.compile(
    "^(?:sorry|oops|whoops|hmm+|no+|nope|wait|hold on|never ?mind|forget (?:it|that)|actually|ah"
    f"|oh(?: no)?){RIGHT}(?: (?:no|sorry|wait))?$|^(?:不对|不行|不好|[不别]要?这样|这样不[好行对]"
    "|算了|当我没说|等等|等一下|哎呀?|抱歉|不好意思|错了|嗯+|啊)[了啊呀]*$"
    "|^先?[给让]你们?先?(?:看看|看一下|看一看|瞧瞧|过目)[吧哈啦]?$"
)
# "The title is too dark, make it red": an order after a complaint is about what it complains of.
_OF: Final = re.compile(
    "(?P<start>^|[,。;!?\n]) ?(?:但是?|可是?|我?觉得|感觉|现在)?(?P<zh>[^,。:;!?\n]{1,16}?)"
    "(?:(?:有点|实在|还是|也)*太[^,。]{1,4}?了?|有点[长短快慢吵闹拖大小]了?)[,。;!] ?"
    "(?:能不能|请|再|就|给我|帮我)*"
    "(?:[把将](?:它|这个))?(?P<zdo>[^,。;!?\n]+)"
    "|(?P<begin>^|[,.;!?\n]) ?(?:but |and |i think |i find )?"
    "(?P<en>(?:the|that|this|my) [^,.:;!?\n]{1,40}?)"
    "(?: is|'s| are| looks?| sounds?| was| feels?) (?:[a-z]+ )??too [a-z]+[,.;!] ?"
    "(?:so |and |please )*(?P<do>[^,.;!?\n]+?)"
    f"(?=$|[,.;!?\n]| (?:and|then|also) (?:{VERBS}){RIGHT})"
)
_NO_OBJECT: Final = re.compile("(?:它|这|有点|还是|也|实在|真是?)+")
_IT: Final = re.compile(f"{LEFT}(?:it|that|this|them)(?: one)?{RIGHT}")
_VERB: Final = re.compile(f"(?:{VERBS}){RIGHT}")
_ADDS: Final = re.compile("加|添|写|做|生成|在|给|把|将|显示|再|来")


def with_object(message: Message) -> Message:
    """Give an order that names no object the one of the complaint before it.

    Example:
        >>> with_object(Message("the second clip is too long, make it shorter")).text
        'make the second clip shorter'
    """
    for match in _OF.finditer(message.low):
        start, thing, order = ("start", "zh", "zdo") if match["zh"] else ("begin", "en", "do")
        text = message.text
        named, request = (text[slice(*match.span(name))] for name in (thing, order))
        if _NO_OBJECT.fullmatch(named) or _ADDS.match(named) or _names(message.part(request)):
            continue
        if thing == "zh":
            request = f"{named} {request}"
        elif (it := _IT.search(match[order])) is not None:
            request = request[: it.start()] + named + request[it.end() :]
        else:
            request = (
                f"{request} off {named}" if _VERB.match(match[order]) else f"{named} {request}"
            )
        lead = match.end(start)
        return message.part(f"{text[:lead]}{' ' if lead else ''}{request}{text[match.end() :]}")
    return message


def _names(order: Message) -> bool:
    low = order.low
    return bool(about_text(low) or MUSIC.search(low) or CLIP.search(low) or find_clips(order).given)


# "Mute the kiln, it was so noisy in there" says why, and nothing more.
_REASON: Final = re.compile(
    f"(?<=[a-z0-9{QUOTE[1:-1]}])(?:, ?|,? (?:because|since|cause|cuz) )"
    "(?:it|that|this|they|that one|it all)(?:'s| is| was| were| are| looks?| sounds?| feels?| felt)"
    "(?: just| way| really| a bit| far| kind of)? (?:so|too|very|really|pretty|quite|rather) [a-z]+"
    "(?: in there| there| here| for me| anyway| now)?(?=[ .!]*$)"
    "|(?<=[^,。;])[,，] ?(?:因为|毕竟)?(?:它|那里|里面|这段|那段|那儿)?(?:实在|真的|有点|觉得)*"
    "(?:[太好]|有点)(?:[吵闹长短快慢暗亮乱大小]|无聊|拖沓|啰嗦|嘈杂|刺耳|难听|单调)了?(?=[。! ]*$)"
)


def without_reason(message: Message) -> Message:
    """Take the reason off the end of an order."""
    reason = None if about_text(message.low) and not message.quotes else _REASON.search(message.low)
    before = message.part(message.text[: reason.start()]) if reason else message
    return message if complains(before) else before


def read_topic(clause: Message) -> Topic | None:
    """Read what a complaint is about: "I don't like the music"; None when it is none."""
    low = clause.low
    if not _COMPLAINS.search(low):
        return None
    return "music" if MUSIC.search(low) else role_of(low) if about_text(low) else None


_DISMISSES: Final = re.compile(
    "(?:(?:ok(?:ay)?|no|well|算了|好吧?),? ?)?"
    "(?:[这那](?:个|段|版|条|部|支|些)?(?:视频|影片|片子|短片)?"
    "(?:我?(?:都|就)?不(?:要|喜欢|行|好|满意)|算)了?吧?"
    "|(?:全部?|都|整个?)*推倒(?:重来|重做)?了?吧?"
    "|(?:scrap|forget|drop|scratch|ditch) (?:about )?(?:all (?:of )?)?(?:it|this|that)"
    "(?: all| one)?"
    "|i (?:don't|do not) (?:want|like) (?:it|this|that)(?: one)?(?: any ?more)?)"
    "(?:[,.;:!。]| and(?: then)?| then)+ ?(?=.)"
)


def without_dismissal(message: Message) -> Message:
    """Take off what says of a film only that it is not wanted: "scrap it, …", 这个不要了."""
    dismissed = _DISMISSES.match(message.low)
    return message if dismissed is None else message.part(message.text[dismissed.end() :])


_TOO: Final = re.compile(
    "(?: is|'s| are| was| were| looks?| seems?| feels?)(?: a bit| a little| way| much| far| just)?"
    f" too (?!(?:loud|quiet|soft){RIGHT})[a-z]+"
    "|(?:太|过于|有点)[^,。;:吵响轻]{1,3}了?(?:吧|啊)?$"
)


def is_too_much(clause: Message) -> bool:
    """Return True if a clause says how something is and should not be: "is too small"."""
    return _TOO.search(clause.low) is not None


def complains(clause: Message) -> bool:
    """Return True if a clause gives the reason for another: "it's too long, cut it to 5 s"."""
    return _COMPLAINS.search(clause.low) is not None


def is_aside(clause: Message) -> bool:
    """Return True if a clause only sighs or takes breath: "oops", "不对"."""
    return _ASIDE.search(clause.low) is not None
