"""What a clause wants of the order: move, swap, reverse, delete clips, begin again."""

from __future__ import annotations

import re
from dataclasses import replace

from nemovideo.sandbox.agents.rule_agent.instructions import (
    Answer,
    Clear,
    ClipSelector,
    Delete,
    Instruction,
    Move,
    Reverse,
    Swap,
)
from nemovideo.sandbox.agents.rule_agent.reading.clip_selector import CLIP, find_clips
from nemovideo.sandbox.agents.rule_agent.words.numbers import (
    LEFT,
    RIGHT,
    durations,
    either,
    ordinals,
)
from nemovideo.sandbox.agents.rule_agent.words.phrases import Message

_SWAP = either(
    "swap|switch|exchange|interchange|trade", "交换|对调|互换|调换|换[一个下]*(?:位置|顺序)"
)
_REVERSE = re.compile(
    f"{LEFT}(?:reverse|flip|invert) (?:the )?(?:clip |clips? ?|scene |order)|{LEFT}reverse order"
    f"{RIGHT}|{LEFT}in reverse order{RIGHT}|倒序|顺序(?:倒|反)|反(?:转|过来)?顺序|颠倒"
)
_MOVE = either(
    "move|put|place|shift|bring|reorder|rearrange|drag|come|comes|go|goes", "移|挪|放|调|提|拖|排"
)
_LEADS = re.compile(
    f"^(?:(?P<first>start|begin|open)|end|finish|close)(?: (?:it|the (?:film|video)))? with{RIGHT}"
    "|^[用以拿让](?!.*转场).+?(?:(?P<zfirst>开头|开场|打头)|结尾|收尾|结束)$"
)
_FRONT = re.compile(
    f"{LEFT}(?:to|at|in) the (?:very )?(?:beginning|start|front|top)|{LEFT}(?:first|up front)$"
    "|(?:到|在)?(?:最前|开头|片头|最开始|前面$|第一(?:个|位|段)?$)"
)
_BACK = re.compile(
    f"{LEFT}(?:to|at|in) the (?:very )?(?:end|back)|{LEFT}last$|(?:到|在)?(?:最后面?|结尾|末尾|片尾"
    "|后面)$"
)
_RELATIVE_TO = re.compile(
    f"{LEFT}(?P<en>before|after|in front of|behind){RIGHT}|(?P<zh>之?[前后]面?)$"
)
_BETWEEN = re.compile(f"{LEFT}between{RIGHT}(?P<en>.*)$|(?:到|在)(?P<zh>[^,。]*)(?:之间|中间)")
_DELETE = either(
    "remove|delete|drop|cut|get rid of|take out|erase|lose|discard|throw away",
    "删|去掉|去除|移除|不要|剪掉|拿掉",
)
_CUT_TO = re.compile(f"{LEFT}cut(?![a-z])[^,.]* to{RIGHT}")
_CLEAR = either(
    "(?:clear|reset|wipe|empty|delete|remove|erase) (?:the (?:whole |entire )?(?:timeline|project"
    "|draft)|everything|it all)|start (?:over|again|from scratch|fresh)",
    "清空|全部删|删除全部|删除所有|全删|从头开始|重新开始|推倒重来|重来",
)


_ALL_BUT = re.compile(
    f"{LEFT}(?:except|but|besides|other than|apart from)(?: for)?{RIGHT}(?P<rest>.+)$"
    "|除了?(?P<zrest>[^,。]+?)(?:以外|之外|外|,|都|全)"
)
_ONLY = re.compile(
    f"{LEFT}(?:(?:keep|leave|retain) (?:only|just)|only (?:keep|leave|use|show|need|want)){RIGHT}"
    f"(?P<rest>.+)$|^(?:keep|leave|use|show){RIGHT} (?P<first>.+) only$|[只仅](?:保留|要"
    "|留)(?P<zrest>.+)$"
)


def read_order(clause: Message) -> Instruction | None:
    """Read an instruction about which clips there are and in what order."""
    low = clause.low
    if _CLEAR.search(low):
        return Clear()
    if _REVERSE.search(low):
        return Reverse()
    return _swap(clause) or _lead(clause) or _move(clause) or _delete(clause)


def _swap(clause: Message) -> Instruction | None:
    selector = find_clips(clause)
    if not _SWAP.search(clause.low):
        return None
    pair = selector.indexes or selector.files
    if selector.indexes and len(pair) == 2:
        first, second = (replace(selector, indexes=(index,)) for index in selector.indexes)
        return Swap(first, second)
    if selector.files and len(pair) == 2:
        return Swap(ClipSelector(files=selector.files[:1]), ClipSelector(files=selector.files[1:]))
    last_two = re.search(rf"{LEFT}last two{RIGHT}|(?:最后|后面?)两", clause.low)
    if last_two is not None:
        return Swap(ClipSelector((-2,)), ClipSelector((-1,)))
    everyone = re.search(rf"{LEFT}(?:both|the(?: two)?|two){RIGHT}|两", clause.low)
    return (
        Swap(ClipSelector((0,)), ClipSelector((1,)))
        if everyone and CLIP.search(clause.low)
        else None
    )


def _lead(clause: Message) -> Move | None:
    """Read "start with the last clip" and "用最后一段结尾"."""
    match = _LEADS.search(clause.low)
    selector = find_clips(clause)
    if match is None or not (selector.indexes or selector.files):
        return None
    return Move(selector, 0 if match["first"] or match["zfirst"] else -1)


# "A scene of fireworks" is to be generated, whatever is there.
_NEW_SCENE = re.compile(
    "^(?:put|place) an?(?: (?:new|short|quick|[0-9]+[ -]?s(?:ec(?:ond)?)?))* (?:scene|shot) of "
    f"(?!the{RIGHT})"
)


def _move(clause: Message) -> Instruction | None:
    if _NEW_SCENE.match(clause.low):
        return None
    low = clause.low
    if not _MOVE.search(low):
        return None
    place = _between(clause) or _relative_to(clause) or _edge(clause)
    return place if place is not None and place.selector.given else None


def _between(clause: Message) -> Move | None:
    """Read "put clip 3 between the first and the second": right after the earlier of the two."""
    match = _BETWEEN.search(clause.low)
    if match is None:
        return None
    named = "en" if match["en"] is not None else "zh"
    pair = find_clips(clause.part(clause.text[match.start(named) : match.end(named)]))
    moved = find_clips(clause.part(clause.text[: match.start()]))
    if not moved.given or len(pair.indexes) != 2:
        return None
    return Move(moved, relative_to=replace(pair, indexes=(min(pair.indexes),)), after=True)


def _relative_to(clause: Message) -> Move | None:
    low = clause.low
    match = _RELATIVE_TO.search(low)
    if match is None:
        return None
    after = (match["en"] or match["zh"]) in ("after", "behind") or "后" in match.group()
    if match["en"]:
        first, second = clause.text[: match.start()], clause.text[match.end() :]
    else:
        first, _, second = clause.text[: match.start()].partition("到" if "到" in low else "在")
    moved, relative_to = find_clips(clause.part(first)), find_clips(clause.part(second))
    return (
        Move(moved, relative_to=relative_to, after=after)
        if moved.given and relative_to.given
        else None
    )


def _edge(clause: Message) -> Move | None:
    low = clause.low
    front, back = _FRONT.search(low), _BACK.search(low)
    edge = front or back
    if edge is None:
        return _numbered(clause)
    selector = find_clips(clause.part(clause.text[: edge.start()]))
    return Move(selector, 0 if front else -1) if selector.given else None


def _numbered(clause: Message) -> Move | None:
    """Read "move clip 3 to position 1" and "把第三段移到第一段"."""
    match = re.search(
        rf"{LEFT}(?:position|place|spot|slot|number) (?P<n>[0-9]+)"
        rf"|到第(?P<zh>[0-9一二三四五六七八九])",
        clause.low,
    )
    if match is None:
        return None
    target = ordinals(f"第{match['n'] or match['zh']}段")[0][0]
    selector = find_clips(clause.part(clause.text[: match.start()]))
    return Move(selector, target) if selector.given else None


def read_all_but(clause: Message) -> Instruction | None:
    """Read "remove everything except the first clip" and "keep only clip 2"."""
    low = clause.low
    remaining = _ALL_BUT.search(low) if _DELETE.search(low) else _ONLY.search(low)
    if remaining is None:
        return None
    named = next(name for name, words in remaining.groupdict().items() if words)
    selector = find_clips(clause.part(clause.text[remaining.start(named) : remaining.end(named)]))
    if selector.given:
        return Delete(selector, others=True)
    return Answer("unclear") if _DELETE.search(low) else None


def _delete(clause: Message) -> Instruction | None:
    selector = find_clips(clause)
    if not _DELETE.search(clause.low) or not selector.given:
        return None
    # "Cut the clip to the beat" and "two seconds of the clip" mean no whole clip.
    if _CUT_TO.search(clause.low) or durations(clause.low):
        return None
    return Delete(selector)
