"""What a person means by a message: a free command, or something to make or change.

A message is cut into clauses, a trained model tells what each is about, and rules decide what that
may start. Only a command starts anything: a question about one is sent to the agent unless the
balance or the state answers it, and what is not to be done is not done. Where the model is not
sure that an export is wanted, the intent is not `certain`, and nothing is to be started for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache, partial
from itertools import pairwise
from typing import Final, Literal, TypeAlias

from nemovideo.language.clauses import Clause, Joint, cut
from nemovideo.language.intent_model import Label, classify, normalize
from nemovideo.language.temporal import EDIT_VERBS, PRIOR, Tie, find_ties

Route: TypeAlias = Literal["export", "credits", "state", "upload", "message"]
"""Where a message goes; only "message" goes over the stream and may cost credits."""


@dataclass(frozen=True, slots=True)
class Intent:
    """One thing that a person wants.

    `route` is where it goes, `reason` explains that in a sentence, `text` is the part of the
    message that it came from. `negated` is True where it asks for something not to be done.
    `certain` is False where this is only likely: then say what was understood, and start nothing.
    """

    route: Route
    reason: str
    text: str = field(repr=False)
    negated: bool = False
    certain: bool = True


_KEYWORDS: Final[dict[str, Label]] = {
    **dict.fromkeys(
        ("export", "download", "send me the video", "导出", "下载", "render", "渲染"), "export"
    ),
    **dict.fromkeys(("credits", "balance", "积分", "余额", "点数"), "credits"),
    **dict.fromkeys(
        ("status", "show tracks", "tracks", "timeline", "状态", "进度", "轨道", "时间线"), "state"
    ),
    **dict.fromkeys(("upload", "上传"), "upload"),
}
"""The product description's own words, alone, and their nearest kin: certain by rule."""

_REASONS: Final[dict[Label, str]] = {
    "export": "It asks for the finished file.",
    "credits": "It asks about credits.",
    "state": "It asks how things stand.",
    "upload": "It is about bringing a file in.",
    "content": "It asks for something to make, change or answer.",
    "question": "It is a question about a command, and not the command.",
    "negated": "It asks for something not to be done: nothing is started, the state is shown.",
    "filler": "It names no command.",
    "introduces": "It says what the files are.",
}
_COMMANDS: Final = frozenset({"export", "credits", "state", "upload"})
_SURE: Final = 10.0
"""By how much an export must lead to be started, and any command to be taken out of a sentence."""
_LIKELY: Final = 5.0
"""By how much a command must lead not to be sent as a message."""
_LONGEST: Final = 240
"""A clause of more characters is no command."""

_EDITING: Final = re.compile(
    r"[\W\d_]*(?:(?:please|pls|can|could|would|you|now|also|and|then|just|first|ok|okay|um|uh|let's|i|"
    r"want|need|like|to|kindly|maybe|hey)\b\W*|[请請先再也帮幫我给給麻烦煩一下想要能可以你嗯那个個然接着著最后後但不過过在这這此之前除]+)*"
    rf"(?:(?:{'|'.join(EDIT_VERBS)}|try|start|begin|do)\b"
    r"|[把将將加换換改删刪剪调調做用去配减減缩縮提降生制製切拼合添插移旋裁撤翻让讓写寫]"
    r"|[\u3400-\u9fff]{1,6}?(?:[换換]成|改|加|[调調]|去掉|[删刪剪]|[变變放]大|[缩縮]))",
    re.IGNORECASE,
)
"""How an instruction to make or change something begins."""

_TEACHING: Final = re.compile(
    r"\b(?:how[- ]to|tutorial|guide|explainer|teach\w*)\b"
    r"|教程|教学|教學|教大家|讲解|講解|步骤|步驟",
    re.IGNORECASE,
)
"""What makes the rest of a message the subject of a video."""

_QUOTING: Final = re.compile(
    r"(?:\b(?:says?|saying|reads?|reading|titled|called|named|about|words?"
    r"|(?:captions?|text)(?!\s+(?:in|for|to|at|on|over|under|and|with|from)\b|\s*,?\s*$))\b"
    r"|写着|念道|主题是|[写寫说說念叫讲講]|关于|關於)(?P<words>[^,，]*)$",
    re.IGNORECASE,
)
"""What makes the rest of a sentence the words of a title, a voice or a subject."""

_NO: Final = re.compile(
    r"\W*(?:(?:but\s+)?not\s+(?:just\s+|right\s+)?(?:yet|now|today|tonight|tomorrow)|no+|nope|nah|never\s*mind|cancel(?:\s+that)?|stop|wait|hold\s+on|scratch\s+that"
    r"|不+|不要|不用|别|別|算了|等等|先等等|取消|不是|还没|先不|先不要)[!！。.吧了]*\W*",
    re.IGNORECASE,
)
"""An answer of its own that takes back what was said before it."""

_CONDITION: Final = re.compile(
    r"\W*(?:(?:only|but|and)\s+)*(?:if|suppose|imagine|what\s+if|would|should|how\s+much|does|is\s+it\s+possible|do\s+i)\b"
    r"(?!\s+(?:you|it\s+(?:be|suit))\b)|\W*(?:如果|假如|要是|假设|假設|万一|萬一)(?!可以|方便|没|沒)|.*(?:多少|几个|幾個|要不要)",
    re.IGNORECASE,
)
"""How a question or a condition begins, of which what follows is a part."""

_EXPORT_ORDER: Final = re.compile(
    r"\W*(?:(?:and|then|please|now|just|also|finally)\W+)*(?:export|download|render)\b"
    r"|\W*(?:再|就|直接|最[后後]|[请請]|[还還]要|也|[帮幫給给]我)*(?:[导導匯汇]出|下[载載]|渲染)",
    re.IGNORECASE,
)
"""How an order to export begins, of which the model has to be less sure."""

_EDIT_ORDER: Final = re.compile(
    r"\W*(?:(?:and|then|please|also|can|could|would|you|kindly|now|just|first|maybe)\s+)*"
    rf"(?P<verb>{'|'.join(EDIT_VERBS)})\s+\w",
    re.IGNORECASE,
)
_CARRYING: Final = frozenset(
    {"put", "bring", "turn", "make", "place", "build", "generate", "create"}
)
"""An edit that is no courtesy, however short: "cut it"."""

_NO_REFUSAL: Final = re.compile(
    r"\b(?:(?:do\s*n[o'’]*t|never)\s+forget\s+to|not\s+only)\b"
    r"|(?:[别別]|不要)忘[了记記]+|一[边邊](?=[导導汇匯下渲查告]|一)",
    re.IGNORECASE,
)
"""What refuses nothing: "don't forget to", "not only"."""

_ASKED: Final = re.compile(r"(?:[吗嗎呢]|[?？])\W*$")
"""How a question ends."""

_WAITING: Final = re.compile(
    r"\W*(?:(?:and|but|so|then)\s+)*(?:if|when|once|after|as\s+soon\s+as|until|unless)\s+"
    r"(?:i|we|he|she|they|my|our|the\s+(?:boss|client|team|customer|director))\b"
    r"|\W*(?:only\s+(?:if|when|once)|unless|provided|as\s+long\s+as)\b"
    r"|\W*等(?:到)?(?:我(?!一下)|老[板闆师師]|客[户戶]|[领領][导導]|同事|他|她|大家|甲方|家人|老婆|老公|[爸妈媽])",
    re.IGNORECASE,
)
"""How a clause begins that waits for a person, so that nothing is to be started yet."""

_NEXT: Final = re.compile(
    r"\s*(?:after|at)\s+which(?:\s+point)?\s+|\s*(?:再|就|直接|最后|最後|顺便|順便|然后|然後|那[个個]|呃|嗯)+",
    re.IGNORECASE,
)
"""What only says that a clause comes after the one before."""

_AFTERWARDS: Final = re.compile(
    r"\s+(?:after(?:wards?)?|at\s+the\s+end|as\s+well|too|first|second|third|last|next|(?:when|once|as\s+soon\s+as|after)\s+"
    r"(?:you(?:['’](?:re|ve)|\s+are|\s+have)?|(?:it|that|all|everything)(?:['’]s|\s+is|\s+that['’]s)?)\s+"
    r"(?:all\s+|been\s+)?(?:done|finish(?:ed)?|ready|through|complete|in\s+place)"
    r"(?:\s+with\s+(?:it|that|this|all\s+that))?"
    r"|(?:when(?:ever)?|once|as\s+soon\s+as|if)\s+(?:you\s+(?:have|get|find|can|could|are\s+free)|it\s+suits)"
    r"[\w\s]{0,20})\s*[.!?]*\s*$",
    re.IGNORECASE,
)
"""How a request ends that only says that it comes after another."""

_REPORTING: Final = re.compile(
    r"\W*(?:[请請]|麻[烦煩]|[帮幫]我|再|就|也|[顺順]便|直接)*(?:告[诉訴]|[报報]|查|看|[显顯]示|列|[给給]我看|[说說]|[跟和][我])"
    r"(?!.*(?:吗|嗎|[？?]))|\W*[把将將][^，,]{1,6}(?:告[诉訴]|[报報]|[发發][给給])"
)
"""How a clause begins that asks to be told something, and does not ask whether."""

_IF: Final = re.compile(
    r"\W*(?:(?:if|suppose|supposing|imagine|what\s+if|assuming|say|were)\s+(?:i|we)\b"
    r"|(?:如果|假如|要是|假设|假設|万一|萬一|倘若)(?!可以|方便|没|沒))",
    re.IGNORECASE,
)
"""How a hypothetical begins."""

_VERB: Final = re.compile(
    r"export|render|download|save|send|give|get|show|tell|check|list|see|look|what|how|ship|share|"
    r"upload|deliver|hand|gimme|want|need|like|daochu"
    r"|导|汇出|下载|渲染|输出|保存|存|发|给|出片|看|查|告诉|多少|几|哪|什么|上传|传|要"
)
"""What makes a command more than a noun in a list."""


_Judge: TypeAlias = Callable[[str], tuple[Label, float]]


_NO_ORDER: Final[dict[Label, re.Pattern[str]]] = {
    "negated": re.compile(
        r"\b(?:do\s*n['’]?o?t|never|not\s+yet|cancel|stop|abort|hold\s+off|no\s+need)\b"
        r"|\b(?:at\s+some\s+point|some\s?day|one\s+day|eventually)\b|改天|改日|过几天|過幾天|将来|將來"
        r"|\b(?:not|no)\s+(?:to\s+)?(?:export|download|render|sav|send)"
        r"|(?<!特)[别別](?![的人])|不要(?!水印|字幕|音乐)|不用(?!改|动|動)|先不|暂不|暫不|不想|不必|不需要(?!改)"
        r"|取消|停止|终止|中断|(?:没|沒|不)到.{2,4}的[时時]",
        re.IGNORECASE,
    ),
    "question": re.compile(
        r"^\W*(?:(?:so|and|but|um|uh|hey|ok|okay|well)\b\W*)*(?:how(?!\s+about)|why|when\s+(?:will|do|can|"
        r"should|is)|where(?!['’]?s?\s+(?:is\s+)?my)|does|did|has|was|should|will(?!\s+you)|is(?!\s+there)|"
        r"are|am|what\s+(?:if|happens)|(?:if|when|once|after|suppose|until)\s+(?:i|we|he|she|they|my|our)\b)|\b(?:i|we|he|she|they)\s+(?:may|might|could)\b"
        r"|\bwere\s+(?:i|we|you)\s+to\b|^\W*when(?:ever)?\s+you\s+(?:export|download|render|save)\b|\bi(?:['’]d|\s+would)\s+(?:probably|maybe|perhaps|likely|possibly|have)\b"
        r"|[导導匯汇][出]?.{0,3}[还還](?:能|可以|[会會]|要)|下[载載].{0,3}[还還](?:能|可以|[会會]|要)"
        r"|可能|也许|也許|说不定|說不定|怎么|怎麼|怎样|怎樣|如何|为什么|為什麼|为啥|咋(?!样)|多久|多少|要钱|要錢|收费|收費|会不会|是否|几[次种]|幾[次種]"
        r"|[该該](?:不[该該])?[导導匯下渲]|[A-Za-z\d]\s*[还還]是\s*[A-Za-z\d]"
        r"|^\W*(?:如果|要是|假如|假设|万一|萬一)(?!可以|方便|没|沒)|等.{2,6}(?:完|好了).{0,3}我(?:准备|準備|打算|想|会|會)",
        re.IGNORECASE,
    ),
    "content": re.compile(
        r"\b(?:i|we|he|she|they)(?:['’]ve|\s+have)?\s+(?:already\s+|just\s+)?"
        r"(?:exported|downloaded|saved|rendered)\b|\balready\s+(?:exported|downloaded|saved|rendered)\b"
        r"|(?:导出|導出|匯出|下载|下載|渲染|保存).*(?:没有|沒有|没声|不见|不見|不对|不對|打不开|但|可是|发现|發現|却)",
        re.IGNORECASE,
    ),
}
"""What makes a clause about an export anything but an order, whatever the model says."""

_NAMED: Final = re.compile(r"export|download|render|\bsave|导出|汇出|下载|渲染|保存|储存|输出")
"""An export by its name."""

_EXPORTING: Final = re.compile(
    r"exp|ort|load|down|\bdl\b|rend|save|send|ship|share|deliver|give|gimme|get|grab|hand|file|mp4|mov|link|"
    r"video|clip|film|copy|final|print|publish|daochu|xiazai|导|下|渲|存|发|给|文件|链接|片|出|算图|货"
)
"""What an export is asked for by; without any of it the model has to be surer."""


def _is_no_order(text: str) -> bool:
    return any(_NO_ORDER[kind].search(text) for kind in ("negated", "question"))


@dataclass(slots=True)
class _Part:
    joint: Joint
    start: int
    end: int
    label: Label
    margin: float
    joined: bool = False


def route(message: str, *, has_files: bool = False) -> tuple[Intent, ...]:
    """Tell what a message asks for, in order; never empty.

    Args:
        message: What the person typed, in English, Chinese or both.
        has_files: Whether files come with it. Files with an instruction are a message (their
            upload comes first by itself), files alone or with an introduction are an upload.

    Returns:
        One intent, or several where the message holds several.

    Example:
        >>> [intent.route for intent in route("add music and then export")]
        ['message', 'export']
    """
    text = _unquoted(message)
    text = _NO_REFUSAL.sub(
        lambda found: (" " if found[0].isascii() else "，") * len(found[0]), text
    )
    judge = cache(partial(_judge, has_files=has_files))
    parts: list[_Part] = []
    reached = 0
    for tie in find_ties(text):
        if tied := _tie(text, tie, judge):
            parts += _parse(text, reached, tie.start, judge) + tied
            reached = tie.end
    parts += _parse(text, reached, len(text), judge)
    _take_back(text, parts)
    _put_first(text, parts)
    return tuple(_intents(message, _gather(parts), has_files=has_files))


def _unquoted(message: str) -> str:
    """Blank the marks around a message that is one quotation: as a whole it is no mention."""
    text = message.strip()
    if len(text) > 2 and text[0] + text[-1] in ('""', "''", "``", "“”", "「」"):
        start = message.index(text)
        return " " * (start + 1) + text[1:-1] + " " * (len(message) - start - len(text) + 1)
    return message


def _judge(text: str, *, has_files: bool) -> tuple[Label, float]:
    if len(text) > _LONGEST:
        return "content", _LONGEST
    keyword = _KEYWORDS.get(normalize(text).strip("?!'“”:&% "))
    if keyword is not None:
        return keyword, _LONGEST
    label: Label
    label, margin, second = classify(text, has_files=has_files)
    if label == "export":
        for kind, pattern in _NO_ORDER.items():
            if pattern.search(text):
                label = kind
                break
    if label == "upload" and _IF.match(text):
        label = "question"
    if label == "negated" and not _NO_ORDER[label].search(text):
        # "Why won't it download" refuses nothing.
        label = "question" if _NO_ORDER["question"].search(text) else label
    # One word that looks like a command's is as often another word: "edits" is not "credits".
    bare = text.strip()
    least = _SURE if " " not in bare and (bare.isascii() or len(bare) < 3) else _LIKELY
    if label in _COMMANDS and margin < least and second not in _COMMANDS:
        return second, least - margin
    if label in ("filler", "export") and (edit := _EDIT_ORDER.match(text)):
        # "Put it on my phone" is an export.
        is_export = edit["verb"].lower() in _CARRYING or _EXPORTING.search(normalize(text))
        if label == "filler" or margin < _SURE or not is_export:
            label = "content"
    if label == "introduces" and not has_files:
        label = "upload" if margin >= _SURE else "content"
    return label, margin


def _parse(text: str, start: int, end: int, judge: _Judge) -> list[_Part]:
    text = " " * start + text[start:end]
    clauses = [clause._replace(start=max(start, clause.start)) for clause in cut(text)]
    return _join(text, _read(text, clauses, judge), judge)


def _tie(text: str, tie: Tie, judge: _Judge) -> list[_Part]:
    """Return a main clause and its clause of time as requests, in order; none if one is not."""
    main = _parse(text, *tie.main, judge)
    labels = {part.label for part in main} - {"filler"}
    own, said = text[slice(*tie.main)], text[tie.said : tie.clause[1]]
    if not labels or labels - {*_COMMANDS, "content"} or _NO_ORDER["negated"].search(own):
        return []
    leads = tie.clause < tie.main
    part = _Part("start", tie.start, tie.end, "content", _LONGEST)
    if tie.names == "edit":
        if re.match("[把将將加換换改删刪剪调調去配]", said) or _EDIT_ORDER.match(said):
            part.start, part.end = tie.said, tie.clause[1]
        is_request = bool(labels & _COMMANDS)
    elif tie.names == "export":
        asked = judge(re.sub(r"^\w+(?=\s|$)", "export", said) if said.isascii() else said)
        part = _Part("start", *tie.clause, "export", _LONGEST if tie.is_asked else 0)
        is_order = "content" not in labels or (_EDITING.match(own) and not _TEACHING.search(own))
        is_request = asked[0] == "export" and bool(is_order) and not _QUOTING.search(own)
        is_request = is_request and (tie.is_asked or leads) and "export" not in labels
    else:
        label, margin = judge(said)
        part = _Part("start", *tie.clause, label, margin)
        is_request = label in ("credits", "state") and margin >= _SURE
    if not is_request:
        return []
    return [part, *main] if tie.first else [*main, part]


def _read(text: str, clauses: list[Clause], judge: _Judge) -> list[_Part]:
    parts: list[_Part] = []
    for clause in clauses:
        own = text[clause.start : clause.end]
        if clause.joint in ("comma", "then"):
            own = _NEXT.sub("", own)
        label, margin = judge(own)
        bare, bare_margin = judge(_AFTERWARDS.sub("", own))
        if bare in _COMMANDS and bare_margin >= max(_SURE, margin) and label != "negated":
            label, margin = bare, bare_margin
        parts.append(_Part(*clause, label, margin))
    return parts


def _join(text: str, clauses: list[_Part], judge: _Judge) -> list[_Part]:
    """Put together again what belongs together."""
    parts: list[_Part] = []
    sentence = 0
    for clause in clauses:
        if clause.joint in ("start", "stop"):
            sentence = len(parts)
        if parts and not _parts_from(text, parts, sentence, clause, judge):
            _extend(text, parts[-1], clause, judge)
        else:
            parts.append(clause)
    return parts


def _parts_from(text: str, parts: list[_Part], sentence: int, clause: _Part, judge: _Judge) -> bool:
    """Whether a clause is a request of its own, beside what stands before it."""
    last = parts[-1]
    if clause.joint == "after" and (last.label != "content" or clause.label not in _COMMANDS):
        # "After the export it was dark" is no order to export.
        both = last.label in _COMMANDS and clause.label in _COMMANDS
        is_report = _REPORTING.match(text[clause.start : clause.end])
        return both and bool(is_report or judge(text[last.start : clause.end])[0] in _COMMANDS)
    own = text[clause.start : clause.end]
    teaches = any(
        each.label == "content" and _TEACHING.search(text[each.start : each.end]) for each in parts
    )
    if clause.joint == "stop":
        return not (teaches and clause.label in _COMMANDS)
    before = text[last.start : last.end]
    if _WAITING.match(before):
        return False
    if last.label == "question" or (_CONDITION.match(before) and last.label != "filler"):
        return last.label in _COMMANDS and clause.label in _COMMANDS and clause.margin >= _SURE
    if clause.joint in ("space", "weak"):
        whole, margin = judge(text[last.start : clause.end])
        both = last.label in _COMMANDS and last.margin >= _SURE and clause.label in _COMMANDS
        if whole in ("negated", "question") and margin >= _LIKELY and not both:
            return False
        if clause.label == "export" and _is_no_order(text[last.start : clause.end]):
            return False  # "I may" before "just download".
        asks = clause.label == "content" and whole in ("credits", "state")
        if whole == last.label and (whole == clause.label or (asks and _ASKED.search(own))):
            return False
        if (
            whole == clause.label
            and last.label == "state"
            and "就" in text[last.end : clause.start]
        ):
            return False  # What is before it is no question: once it is ready, export it.
        if clause.joint == "space" and last.label != "content":
            return False
    least = _LIKELY if _EXPORT_ORDER.match(own) or _REPORTING.match(own) else _SURE
    if clause.label in _COMMANDS and clause.margin >= least:
        if last.label != "content":
            return True
        quoting = _QUOTING.search(text[parts[sentence].start : last.end])
        if quoting and (
            clause.joint not in ("after", "then") or judge(quoting["words"])[0] in _COMMANDS
        ):
            return False
        if teaches:
            return False
        pieces = re.split("[,，、]", before)
        while len(pieces) > 1 and judge(pieces[-1])[0] == "filler":
            pieces.pop()  # "Cut it, and once that is in, render it".
        return clause.joint in ("after", "then") or bool(
            _VERB.search(normalize(own)) and _EDITING.match(pieces[-1])
        )
    if last.label in _COMMANDS and clause.label in ("content", "question"):
        firm = clause.joint == "then" or clause.label == "question"
        return last.margin >= _SURE and (firm or bool(_EDITING.match(own)))
    return clause.joint not in ("space", "weak") and last.label in (*_COMMANDS, "filler", "negated")


def _extend(text: str, part: _Part, clause: _Part, judge: _Judge) -> None:
    part.end = clause.end
    if clause.joint in ("space", "weak") and not part.joined:
        part.label, part.margin = judge(text[part.start : part.end])
        return
    part.joined = True
    if "negated" in (part.label, clause.label):
        whole, margin = judge(text[part.start : part.end])
        if whole == "negated" and margin >= _SURE:
            part.label, part.margin = whole, margin
            return
    labels = {part.label, clause.label} - {"filler"}
    if "content" in labels:
        part.label, part.margin = "content", _LONGEST
    elif "question" in labels:
        part.label, part.margin = "question", _LONGEST
    else:
        part.label, part.margin = judge(text[part.start : part.end])


def _take_back(text: str, parts: list[_Part]) -> None:
    """Let a "no" of its own undo the export or the upload before it."""
    for before, after in pairwise(parts):
        if before.label in ("export", "upload") and _NO.fullmatch(text[after.start : after.end]):
            before.label = after.label = "negated"


def _put_first(text: str, parts: list[_Part]) -> None:
    """Move before an export what is to come before it, and was said behind it."""
    exports = [part for part in parts if part.label == "export"]
    if len(exports) > 1 and not exports[-1].margin and exports[0].margin:
        # "Export it. Before the export, cut it": asked for first, done last.
        exports[-1].margin = exports[0].margin
        parts.remove(exports[0])
    for at, (before, after) in enumerate(pairwise(parts[:])):
        is_wanted = after.label == "content" or after.label in _COMMANDS
        if before.label == "export" and is_wanted and PRIOR.match(text[before.end : after.end]):
            parts[at : at + 2] = after, before


def _gather(parts: list[_Part]) -> list[_Part]:
    """Join neighbours of one route; courtesies stay with the content beside them."""
    gathered: list[_Part] = []
    lead: _Part | None = None
    for part in parts:
        last = gathered[-1] if gathered else None
        label = part.label
        if label in ("filler", "negated", "introduces"):
            if last is not None and last.label == "content":
                last.end = part.end
            elif lead is None or label == "negated" != lead.label:
                start = part.start if lead is None else lead.start
                lead = replace(part, start=start)
            continue
        label = "content" if label == "question" else label
        if last is not None and last.label == label:
            last.start, last.end = min(last.start, part.start), max(last.end, part.end)
            last.margin = max(last.margin, part.margin)
        else:
            start = lead.start if lead is not None and label == "content" else part.start
            gathered.append(replace(part, label=label, start=start))
            if label == "content":
                lead = None
    if lead is not None:
        gathered.append(lead)
    return gathered


def _intents(message: str, parts: list[_Part], *, has_files: bool) -> Iterator[Intent]:
    """Turn parts into intents: of courtesies and refusals only one is left, where all is that."""
    wanted = [part for part in parts if part.label in (*_COMMANDS, "content")]
    if has_files:
        wanted = [part for part in wanted if part.label != "upload"]
        if not any(part.label == "content" for part in wanted):
            yield Intent("upload", _REASONS["introduces"], message.strip())
    elif not wanted:
        negated = any(part.label == "negated" for part in parts)
        label: Label = "negated" if negated else "filler"
        yield Intent("state" if negated else "message", _REASONS[label], message.strip(), negated)
    # Nothing is started where all that is asked for, besides, is to look at something.
    refused = any(part.label == "negated" for part in parts) and not has_files
    refused = refused and all(part.label in ("credits", "state") for part in wanted)
    for number, part in enumerate(wanted):
        text = message[part.start : part.end].strip()
        certain = part.label == "content" or part.margin >= _least(part.label, text)
        negated = refused and number == 0
        yield Intent(_route_of(part.label), _REASONS[part.label], text, negated, certain)


def _least(label: Label, text: str) -> float:
    if label != "export":
        return _SURE
    clean = normalize(text)
    if _NAMED.search(clean):
        return _LIKELY
    return _SURE if _EXPORTING.search(clean) else 3 * _SURE


def _route_of(label: Label) -> Route:
    match label:
        case "export" | "credits" | "state" | "upload":
            return label
        case _:
            return "message"
