"""What an instruction may do: replace a film, spend on a clip, or neither.

A wrong guess must cost nothing. So a film is only replaced, and a clip only generated, where the
message says so in plain words; all else is refused with a sentence that says which words those are.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, cast

from nemovideo.sandbox.agents.rule_agent.instructions import (
    AddScene,
    Answer,
    Clear,
    Generate,
    Instruction,
    Montage,
    Place,
    Reshoot,
    SetLength,
    fits,
)
from nemovideo.sandbox.agents.rule_agent.words.numbers import LEFT, RIGHT, either
from nemovideo.sandbox.agents.rule_agent.words.phrases import VERBS, Message
from nemovideo.sandbox.agents.rule_agent.words.time_ranges import TimeRange
from nemovideo.sandbox.agents.uploads import Upload

_REPLACES: Final = either(
    "(?:brand[- ])?new (?:[a-z0-9-]+ ){0,3}?(?:videos?|films?|movies?|ones?)"
    "|(?:a|one) different (?:[a-z0-9-]+ ){0,3}?(?:video|film|movie)"
    "|start(?:ing)? (?:over|again|afresh|fresh)|from scratch|regenerate|re-generate"
    "|generate (?:it|this|that|the (?:whole )?(?:video|film|movie)) again"
    "|replace (?:it|this|that|(?:the|my) (?:whole |entire )?(?:video|film|movie|timeline))",
    "重新(?:生成|制作|做|开始|来|剪)|重做|从头|推倒重来|重来|全新|新的?(?:一个|一段|一条)?(?:视频|影片|短片|片子)"
    "|换一?[个段条部](?:视频|影片|短片|片子)",
)
_ONLY: Final = re.compile(
    f"{LEFT}(?:only use|use only|nothing but)(?![a-z])|^(?:use|keep|show|play){RIGHT}.* only$"
    "|只[用要留]|换成只"
)
_VIDEO_OF: Final = re.compile(
    f"{LEFT}(?:videos?|films?|movies?|clips?|animations?) (?:of|about|shows|showing|with|where"
    f"|in which|featuring){RIGHT}|^(?:generate|animate){RIGHT}|生成"
    f"|的[^,。]{{0,4}}(?:视频|影片|短片|动画)"
)
_AT_AN_END: Final = either(
    "(?:at|on|onto|to) the (?:very )?(?:end|start|beginning|front)",
    "(?:结尾|片尾|最后|末尾|后面|开头)[^,。]{0,3}[加接补添放来]",
)
_NOT_MADE: Final = frozenset({"would_replace", "scene_place", "all_in_already"})
_GENERATES: Final = either("generate|animate", "生成")
_INTRODUCES: Final = re.compile(
    f"^(?:(?:[a-z' ]{{1,60}}[,:;] ?)?here(?:'?s|'re| is| are| come| comes)"
    "|th(?:is|at) is|that's|this's|these are|those are"
    f"|(?:i|we)(?:'ve| have)?(?: just)?(?: now)? (?:uploaded|attached|sent|shared|added|brought"
    f"|have|got)|(?:see )?attached|uploaded){RIGHT}"
    "|^(?:我的)?(?:素材|文件|视频|照片|图片)[^,。]{0,6}(?:上传|传|发)[^,。]{0,4}了(?:$|[:,])"
    "|^(?:这|那)(?:里|儿)?(?:些|是|有)|^(?:我|刚刚?|已经?)+(?:上传|传|发|拍|有|附)"
)
_PRESENTS: Final = re.compile(
    "^(?:just |only )?(?:a (?:few|couple of|bunch of|handful of)|some|several|two|three|four|five"
    "|six|[0-9]+)(?: more| little| quick| short| old)*"
    " (?:bits(?: and (?:bobs|pieces))?|clips|photos|pictures|pics|snaps|shots|videos|files"
    "|recordings|moments)"
    " (?:from (?!(?:the|my|our|these|those|this) (?:[a-z]+ )?(?:clips?|photos?|pictures?|files?"
    f"|videos?|images?|film|footage|start|end|beginning)){LEFT}|of (?:my|our|me|us){RIGHT}"
    f"|(?:that )?(?:i|we) (?:took|shot|filmed|made|got){RIGHT})"
)
_PRESENTS_ZH: Final = re.compile(
    "^(?:这|那)(?:几|[两三四五六])[个张段条][^,。]{0,6}?(?:都|全)?是[^,。]*[拍录存发传][^,。]*的[。!]?$"
)
_ABOUT_PEOPLE: Final = re.compile(
    f"^(?:he|she|they|we|it)(?:'s|'re|'ve|'d)?{RIGHT}|^(?:[他她]们?|我(?:们|家|爸|妈|爷|奶|女儿|儿子))"
)
_FILES: Final = either(
    "clips?|videos?|photos?|pictures?|images?|songs?|footage", "视频|片段|照片|图片|歌|素材"
)
_ORDERS: Final = re.compile(
    f"{LEFT}(?:{VERBS}|stitch|splice|string|join|merge|edit|animate|convert|assemble|begin|start|let|want|need|please|would|could|can){RIGHT}"
    "|[做剪拼用把将加放配变弄来生制插叠组搞成动要请帮让合串转给都]|接起|接上"
)
_USES: Final = re.compile(
    f"{LEFT}(?:use|using|add|put|insert|append|include|place|attach|make|turn|create|generate|render"
    "|combine|merge|join|stitch|splice|string|assemble|edit|animate|convert|begin|start|bring|let"
    f"|show|play|want|need|together){RIGHT}"
    "|剪[辑成在]|[做拼用加放配变弄来生制插叠组搞成动拿合串转]|接起|接上"
)
_AGAIN: Final = re.compile(f"{LEFT}(?:again|once more|twice|another copy|repeat){RIGHT}|再|又|重复")
_REPORTS: Final = re.compile(f"(?:i|we)(?:'ve)?{RIGHT}|uploaded|attached|我|刚|已")
_COMPLAINS: Final = re.compile(f"^(?:this|that) is (?:too|so|very|not|wrong|bad|good){RIGHT}|太")


_QUALIFIES: Final = either(
    "but|except|without|only|not|don't|skip|ignore|instead|if|unless"
    "|first(?! (?:birthday|day|steps?|time|year|holiday|christmas)(?![a-z]))"
    "|last(?! (?:week(?:end)?|month|year|night|spring|summer|autumn|fall|winter)(?![a-z]))",
    "但|除|只|不|别|跳过|如果",
)
_FORBIDS: Final = re.compile(
    "^(?:please )?(?:do not|don't|dont|never|no need to) (?:change|touch|alter|edit|cut|trim|crop"
    "|remove|delete|drop|erase|lose|shorten|extend|lengthen|split|swap|switch|move|reorder|reverse"
    "|replace|make|turn|lower|raise|mute|fade|speed|slow|rename|repeat|loop)(?![a-z])"
    "|^(?:change|touch|cut|trim|remove|delete|drop|move|replace|mute|shorten|add) nothing(?![a-z])"
    "|^(?:请)?(?:[^,。]{1,8})?(?:不要|别|不用|不必|无需)再?(?:动$|改$|碰$|变$)"
    "|^(?:请)?(?:不要|别|不用|不必|无需)再?(?:动|改|碰|变|换|剪|删|裁|切|移|挪|调|缩)"
)
_SPARES: Final = either(
    "without (?:changing|touching|altering|editing|cutting|trimming|removing|deleting|losing"
    "|moving|shortening|muting|replacing)",
)


_TAKES_BACK: Final = re.compile(
    r"(?<=\S)[,.;?!\u2014-]+ ?(?:(?:oh|ah|actually|well|hm+|um|er),? )*(?:no|nope|wait|never ?mind"
    r"|scrap that|forget (?:it|that)|(?:on )?second thoughts?)(?: (?:no|wait|sorry))*(?:[,.;!]|$)"
    "|(?<=\\S)[,。;?!] ?(?:不对|不行|算了|当我没说|等等|等一下|错了)[了吧啊]?(?:[,。;!]|$)"
)


def decided(message: Message) -> Message:
    """Return what follows the last change of mind: "remove the title. No, wait, make it red"."""
    taken_back = list(_TAKES_BACK.finditer(message.low))
    return message.part(message.text[taken_back[-1].end() :]) if taken_back else message


def forbids(clause: Message) -> bool:
    """Return True if a clause says what is not to be done: "don't cut the first clip"."""
    return _FORBIDS.search(clause.low) is not None


def spares(clause: Message) -> bool:
    """Return True if a clause says what is to be done and, in the same breath, what is not."""
    return _SPARES.search(clause.low) is not None


def introduces_uploads(clause: Message) -> bool:
    """Return True if a clause only presents files: "here are my photos", "我上传了两段视频"."""
    low = clause.low
    presents = _PRESENTS_ZH.search(low) or (_PRESENTS.search(low) and not gives_an_order(clause))
    return bool(presents or _INTRODUCES.search(low)) and not (
        _COMPLAINS.search(low) or _QUALIFIES.search(low)
    )


def describes_people(clause: Message) -> bool:
    """Return True if a clause after an introduction says who is in the files: "he turns 70"."""
    return _ABOUT_PEOPLE.search(clause.low) is not None and not gives_an_order(clause)


def lists_uploads(clause: Message) -> bool:
    """Return True if a clause after an introduction only goes on to name files, without a verb."""
    low = clause.low
    listed = bool(clause.meant()) or _FILES.search(low) is not None
    return listed and not gives_an_order(clause)


def gives_an_order(clause: Message) -> bool:
    """Return True if a clause holds a verb of doing something with files."""
    return _ORDERS.search(clause.low) is not None


def uses_files(clause: Message) -> bool:
    """Return True if a clause holds a verb of using files, and not only of changing a film."""
    return _USES.search(clause.low) is not None


def presents_uploads(clause: Message) -> bool:
    """Return True if "my clips" in an introduction are those at hand, as in "here are my clips"."""
    return not _REPORTS.match(clause.low)


def replaces_film(message: Message) -> bool:
    """Return True if a message says in plain words that the film is to be replaced."""
    return _REPLACES.search(message.low) is not None


def keep_film(
    instructions: tuple[Instruction, ...], message: Message, fresh: Sequence[Upload]
) -> tuple[Instruction, ...]:
    """Return what may be done to a film that is there.

    Args:
        instructions: what was read.
        message: the whole message.
        fresh: the uploads that are not on the timeline.
    """
    if replaces_film(message):
        return instructions
    allowed: list[Instruction] = []
    added: int | None = None
    for one in instructions:
        is_only = isinstance(one, Place) and one.where == "only"
        if isinstance(one, Clear) or (is_only and _ONLY.search(message.low)):
            return instructions
        if isinstance(one, Place) and not is_only and not _at_hand(one, message, fresh):
            one = Answer("which_upload")
        if isinstance(one, Montage):
            one = _added(one, fresh)
            added = len(allowed) if isinstance(one, Place) else None
        if isinstance(one, SetLength) and one.each and added is not None:
            # "2 seconds each" is said of what is added, and not of the film.
            place = cast("Place", allowed[added])
            allowed[added] = replace(place, span=TimeRange(length=one.length))
            continue
        if is_only:
            one = Answer("would_replace")
        if isinstance(one, Generate):
            at_an_end = _AT_AN_END.search(message.low) is not None
            one = Answer("scene_place" if at_an_end else "would_replace")
        if isinstance(one, Answer) and one.about in _NOT_MADE:
            # What follows, its music and title, belongs to the video that is not made.
            return (one,)
        allowed.append(one)
    return tuple(allowed)


def _at_hand(place: Place, message: Message, fresh: Sequence[Upload]) -> bool:
    """Return True unless "my cake photo" would be a picture that the film has already."""
    adds = (
        place.again and place.where != "replace" and not message.named() and place.kind != "audio"
    )
    return not adds or bool(_AGAIN.search(message.low)) or any(
        fits(each, place.kind) for each in fresh
    )  # fmt: skip


def _added(montage: Montage, fresh: Sequence[Upload]) -> Instruction:
    """Add the uploads of a montage that the film has not got; a film of the rest is there."""
    fitting = [each.filename for each in fresh if fits(each, montage.kind)]
    files = tuple(name for name in fitting if not montage.files or name in montage.files)
    if montage.total is not None:  # A video of a given length is a new one.
        return Answer("would_replace")
    if not files:
        return Answer("all_in_already")
    return Place(files, every=True, span=TimeRange(length=montage.each))


def keep_files(
    instructions: tuple[Instruction, ...], message: Message, assets: Sequence[Upload]
) -> tuple[Instruction, ...]:
    """Lay out the files that a message calls by a word of their names, in the order they come.

    Where it leaves some of them out, or where the order is not the one they are mentioned in,
    nothing is done.
    """
    meant = message.meant()
    laying = [
        one for one in instructions
        if isinstance(one, Montage) or (isinstance(one, Place) and one.kind != "audio")
    ]  # fmt: skip
    if not meant or not laying or message.named():
        return instructions
    first = laying[0]
    all_of_them = [each.filename for each in assets if fits(each, first.kind)]
    left_out = (
        not set(meant) <= set(first.files) if first.files else not set(all_of_them) <= set(meant)
    )
    if left_out or (len(meant) > 1 and (len(laying) > 1 or _out_of_order(message))):
        return (Answer("which_files", ", ".join(meant)),)
    if isinstance(first, Montage):
        if not set(first.files) <= set(meant):
            return (Answer("which_files", ", ".join(meant)),)
        ordered = replace(first, files=tuple(meant))
        return tuple(ordered if one is first else one for one in instructions)
    return instructions


def _out_of_order(message: Message) -> bool:
    """Return True if files have lengths of their own, or come in another order than mentioned."""
    starts = [position for position, _ in message.mentions()]
    pieces = [
        message.low[start:end] for start, end in zip(starts, [*starts[1:], None], strict=True)
    ]
    return (
        any(
            _OWN_LENGTH.search(piece)
            or (piece is not pieces[-1] and _LAST.search(piece))
            or (piece is not pieces[0] and _FIRST.search(piece))
            for piece in pieces
        )
        or any(_CLOSES.search(piece) for piece in pieces[:-2])
        or _RELATIVE.search(message.low) is not None
    )


_OWN_LENGTH: Final = re.compile("[0-9]+ ?s(?:ec|$)|seconds?(?![a-z])|秒")
_LAST: Final = re.compile(f"^[^,;]{{0,20}}(?:{LEFT}(?:last|at the end){RIGHT}|最后|结尾)")
_FIRST: Final = re.compile(
    f"^[^,;]{{0,20}}(?:{LEFT}(?:first|at the (?:start|beginning)){RIGHT}|开头|最前)"
)
_CLOSES: Final = either("finally|lastly|end with", "最后")
_RELATIVE: Final = either("before|after|between|in the middle", "[之中]间|之?[前后]面?(?=[,。]|$)")


def asks_plainly(clause: Message) -> bool:
    """Return True if a clause asks for a generated video though there are uploads to use."""
    return _VIDEO_OF.search(clause.low) is not None


def says_generate(clause: Message) -> bool:
    """Return True if a clause says "generate", which no file can be meant by."""
    return _GENERATES.search(clause.low) is not None


def without_guesses(instructions: tuple[Instruction, ...]) -> tuple[Instruction, ...]:
    """Ask back where a clip to generate was read beside the use of uploads."""
    uses = any(isinstance(one, Place | Montage) for one in instructions)
    pays = any(isinstance(one, Generate | AddScene | Reshoot) for one in instructions)
    return (Answer("use_or_generate"),) if uses and pays else instructions
