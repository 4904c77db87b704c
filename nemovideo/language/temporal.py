"""Finds clauses of time, which tell in which order things are to be done: "once you've cut it"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from nemovideo.language.clauses import mask_quoted

EDIT_VERBS: Final = (
    *("add", "make", "cut", "trim", "change", "remove", "delete", "put", "set", "turn", "generate"),
    *("create", "replace", "use", "apply", "insert", "mute", "speed", "slow", "crop", "rotate"),
    *("shorten", "fade", "move", "fix", "swap", "drop", "raise", "lower", "increase", "decrease"),
    *("reduce", "rename", "merge", "split", "edit", "adjust", "write", "animate", "extend"),
    *("brighten", "overlay", "blur", "zoom", "loop", "mix", "tone", "translate", "undo", "redo"),
    *(
        "rework",
        "film",
        "draw",
        "dim",
        "tint",
        "darken",
        "sharpen",
        "lengthen",
        "tighten",
        "soften",
    ),
    *("dub", "subtitle", "caption", "recolor", "recolour", "flip", "mirror", "reverse", "stretch"),
    *(
        "shift",
        "place",
        "color",
        "colour",
        "clean",
        "mask",
        "warm",
        "smooth",
        "stabilize",
        "bring",
        "build",
    ),
)
"""What is done to a film."""

_EDITED: Final = (
    rf"(?:(?:{'|'.join(verb.removesuffix('e') for verb in EDIT_VERBS)})"
    r"(?:e|(?:e|[a-z]e)?d|[a-z]?ing)?"
    r"|made|took|taken|taking|drew|drawn|wrote|written|sped|gotten\s+rid|got\s+rid|getting\s+rid"
    r"|dubbed|tidied|finished\s+\w+ing|brought|tweaked|corrected|updated|softened|darkened|sorted"
    r"|recolou?red|subtitled|captioned|cleaned|switched|stabilized|toned|turned)\b"
)
_EXPORTED: Final = (
    r"(?:(?:export|render|download)(?:s|ed|ing)?|sav(?:e|ed|ing)\s+(?:it|the|my|this))\b"
)
_SUBJECT: Final = (
    r"(?P<you>you(?:['’](?:ve|re|ll)|\s+(?:have|are|do|can))?\s+"
    r"(?:(?:all|finally|also|both|just|actually|first|go\s+and|manage\s+to|finish(?:ed)?|done)\s+)*)?"
    r"(?:(?:the|my|that|those|all|both)\s+[^,;.!?]{2,40}?\s(?:is|are|(?:has|have)\s+been|gets?|got)\s+"
    rf"(?={_EDITED}))?(?:(?:the|my)\s+(?={_EXPORTED}))?"
)
_PARTS: Final = (
    r"(?:the|my|all|both|those)\s+(?:\w+\s+){0,3}?(?:titles?|captions?|subtitles?|music|songs?|logo|intro|"
    r"ending|outro|voice(?:over)?|colou?rs?|sounds?|clips?|scenes?|shots?|sky|text|font|transitions?|"
    r"watermark)\s+(?:is|are|has|have|gets?|looks?|sounds?|comes?)\s+"
    r"(?!(?:all\s+)?(?:done|ready|finished|complete|up|final|good|fine|ok|okay|right|there)\b)"
)
_SAID: Final = (
    rf"(?P<said>(?P<export>{_EXPORTED})|(?P<edit>{_EDITED}|{_PARTS})|(?=(?:check|show|tell|list)\w*\s))"
    r"(?:(?!\s+and\s+(?:then|tell|let|show|also|give|check|export|download|after)\b)[^,;.!?\n]){0,160}"
)
_AFTER: Final = (
    r"(?P<after>once|(?:right\s+|straight\s+)?after(?:\s+having)?|having(?:\s+first)?|as\s+soon\s+as|when"
    r"|the\s+(?:moment|second|minute))"
)
_BEFORE: Final = r"(?:before|prior\s+to|ahead\s+of)"
_TIES: Final = (
    re.compile(
        r"(?<![^,;.!?\n])\s*(?:(?:please|only|just|so|u[hm]+|ok|okay|hey|and|right|well|then|now)\s+){0,6}"
        rf"(?!(?:once|after|as\s+soon|before|prior|when|the\s+moment)\b)"
        r"(?P<main>[^,;.!?\n]{1,160}?),?\s+(?P<clause>(?:but\s+)?(?:only\s+|just\s+)?"
        rf"(?:{_AFTER}|{_BEFORE})\s+{_SUBJECT}{_SAID})",
        re.IGNORECASE,
    ),
    re.compile(
        rf"(?P<clause>(?:(?<![^,;.!?\n\s])|\band\s+)(?:{_AFTER}|{_BEFORE})\s+{_SUBJECT}{_SAID})"
        r"(?:,\s*(?:then\s+)?|\s+(?:u[hm]+\s+)?(?=(?:tell|show|let|check|make|please|can|could)\b))(?P<main>[^;.!?\n]{1,300}\??)",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?<![^，,。；;！？!?\n\s])(?P<clause>(?:在|等)?(?P<you>(?:你|您|[帮幫給给]我)*)"
        r"(?P<said>(?P<export>[导導汇匯][出]|下[载載]|渲染|保存|[输輸]出|出片|存|export|download|render)[^，,。；;！？\n]{0,8}?))"
        r"(?:之前|以前|前|的[时時]候(?=[顺順也把]))[，,]?(?P<main>(?:[请請]|麻[烦煩]|先|[帮幫]|把|[将將]|[给給]|告[诉訴]|看|查|[报報]|再|[顺順])"
        r"[^。；;！!\n]{1,200})"
    ),
    re.compile(
        r"(?<![^，,。；;！？!?\n\s])(?P<clause>(?P<after>等)(?P<you>你|您)?(?!我|[他她]|客|老|[领領]|大家|同事)"
        r"(?P<said>(?P<edit>(?![^，,。；;！？\n]{0,40}(?:生成|[处處]理|渲染))(?=[^，,。；;！？\n]{0,40}(?:[把将將]|字幕|[标標][题題]"
        r"|音[乐樂]|配[乐樂音]|水印|浮水印|片[头頭尾]|旁白|logo|[颜顏]色|封面|[转轉][场場]|背景))"
        r"[^，,。；;！？\n]{2,40}?))[好完上]?了?(?:[之以]?[后後])?)"
        r"[，,]?(?=就|再|[请請帮幫]|直接)(?P<main>[^。；;！!\n]{1,200})"
    ),
)
_ASKS: Final = re.compile(
    r"\W*(?:(?:so|and|then|now|ok|please)\W+)*(?:how|why|where|when|which|who|what|is|are|do|does|did|"
    r"has|have|should|shall|may|might|must|were|was|if|unless|suppose|imagine|i|i['’]\w+|we|let\s+(?:me|us)(?!\s+know)|"
    r"(?:can|could|will|would)\s+(?!you\b))\b"
    r"|\W*(?:先)?(?:[让讓]我|我)|.*(?:吗|嗎|[会會]不[会會]|呢[？?]?$|怎[么麼]|如何)"
    r"|.*\b(?:would|will)\s+(?:be|have|cost)\b",
    re.IGNORECASE,
)
"""How a main clause begins, or sounds, that is a question or what the person does."""
_COURTESY: Final = re.compile(
    r"(?:so|u[hm]+|ok|okay|hey|and|right|well|then|now|please)\W*", re.IGNORECASE
)
_VAGUE: Final = re.compile(r"\b(?:any|anything|ever|if|unless|maybe)\b", re.IGNORECASE)

PRIOR: Final = re.compile(
    r"\W*(?:(?:but|only|just|oh|and)\W+)+(?:please\s+)?(?:first\b|before\s+(?:that|you\s+do|doing\s+so)\b)"
    r"|.*\b(?:before(?:\s+(?:that|you\s+do(?:\s+(?:so|that|it))?|then|doing\s+so))|beforehand)\W*$"
    r"|\W*(?:不[过過]|但是?|可是?|只是|[对對]了)?[，,]?(?:[请請]|麻[烦煩])?(?:在?[这這那此]?之前)?(?:[请請]|麻[烦煩]|[给給帮幫]我)?先|不?[过過]?但?在?[这這那此]之前",
    re.IGNORECASE,
)
"""What says that a request comes before the one that stands before it."""


class Tie(NamedTuple):
    """A clause of time and the clause that it belongs to, from `start` to `end`.

    What it says begins at `said`, and comes `first` or after the main clause. `names` says what
    it is about, and `is_asked` whether it is told to the reader.
    """

    start: int
    end: int
    clause: tuple[int, int]
    said: int
    main: tuple[int, int]
    first: bool
    names: str
    is_asked: bool


def find_ties(message: str) -> Iterator[Tie]:
    """Yield the clauses of time whose main clause is no question, none within another."""
    masked = mask_quoted(message)
    reached = 0
    found = (match for pattern in _TIES for match in pattern.finditer(masked))
    for match in sorted(found, key=lambda each: each.start()):
        groups = match.groupdict()
        vague = _VAGUE.search(match["clause"]) or _ASKS.match(match["main"])
        # "When you export it" says nothing of what is wanted.
        idle = match["clause"].lower().startswith("when") and groups.get("export")
        idle = idle or _COURTESY.fullmatch(match["main"])
        if match.start() < reached or vague or idle:
            continue
        names = next((name for name in ("export", "edit") if groups.get(name)), "query")
        yield Tie(
            *match.span(),
            match.span("clause"),
            match.start("said"),
            match.span("main"),
            bool(groups.get("after")),
            names,
            bool(match["you"]),
        )
        reached = match.end()
