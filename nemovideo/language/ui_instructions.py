"""Tells by a trained model whether a clause of the agent is an instruction for its screen."""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise
from typing import Final, Literal, NamedTuple, TypeAlias

from nemovideo.language.chinese_variants import TO_SIMPLIFIED
from nemovideo.language.linear_model import (
    LinearModel,
    letter_ngrams,
    read_data,
    split_words,
    to_buckets,
    word_ngrams,
)

ClauseKind: TypeAlias = Literal[
    "plain",  # text to keep
    "lead",  # the way into an instruction: "to export it", "if you're happy"
    "more",  # goes on with the instruction before it: "and choose MP4"
    "export",
    "state",
    "credits",
    "upload",
    "send",
    "page",
]
"""What a clause is. From `export` on it is an instruction, named by what the SDK has for it; for
`page`, as in "keep this tab open", there is nothing."""

Position: TypeAlias = Literal["start", "resumed", "plain", "lead", "instruction"]
"""What is before a clause: nothing; in the sentence before, an instruction; or in its own sentence
text to keep, the way into an instruction, or an instruction."""

KINDS: Final[tuple[ClauseKind, ...]] = (
    *("plain", "lead", "more", "export", "state", "credits", "upload", "send", "page"),
)
BUCKETS: Final = 1 << 16
MARGIN: Final = 4.0
"""How far an instruction must lead, so that no content is taken for one."""
_SURE: Final = 35.0
"""How far content must lead to be kept behind an instruction, whatever its form."""
_LEAST: Final[dict[Position, float]] = {"instruction": 0.0, "lead": 1.0}
"""The same where an instruction is what to expect."""
_MODEL: Final = LinearModel("ui_model.bin", KINDS)

_MASKS: Final = (
    (re.compile(r"https?://\S+"), "url"),
    # One word in quotation marks may be the name of a button.
    (re.compile(r"[\"“「『'`]([\w ]{1,12})[\"”」』'`](?!\w)"), r"“\1"),
    (
        re.compile(
            r"`[^`]*`|\"[^\"]*\"|“[^”]*”|「[^」]*」|『[^』]*』|《[^》]*》|(?<!\w)'[^']+'(?!\w)"
        ),
        "“”",
    ),
    (re.compile(r"\d+"), "0"),
    (re.compile(r"(?<=\S)(?:\s+[-=]?>\s+|\s*->\s*|\s*[→›»➜➔▸⇒]\s*)(?=\S)"), " → "),
    (re.compile(r"[^\w?'“”:&%+⌘→]+"), " "),
)


_PAST: Final = (
    r"(?:(?!need|embed|suggest|recommend)[a-z]{2,}ed|cut|put|kept|gave|took|drew|made|set|chose|held"
    r"|slid|wrote|left|built|found|split|swept|hid|shot|sped|brought)\b"
)
_CERTAIN: Final = re.compile(
    rf"(?:(?:i|we)(?:'ve| have| {_PAST})|scene|shot|done)\b"
    r"|已(?!准|[经經]?(?:出[现現]|[显顯]示|列在|排在))|我[已帮]",
    re.IGNORECASE,
)
_WENT_ON: Final = re.compile(
    rf"\W*(?:(?:and|then|but)\s+)*{_PAST}(?!\s+(?:in|on|under|at|by|via|from|through|with)\b)",
    re.IGNORECASE,
)
"""What the agent says that it has done, and how that goes on: "I cut the end, dropped a shot"."""

_SPEECH: Final = re.compile(
    r"(?:[说說喊问問道叫念唱答写寫]|\b(?:says?|said|asks?|whispers?|shouts?|reads?|answers?|cries|calls))$"
)
"""What is before the words of someone in the film."""

_WENT_BY: Final = re.compile(r"\^ (?:(?:and|then|but) )*(?:[GLxW]s|L) (?!in|on|at|under|by)\w")
"""The shape of what someone in the film does next: "she types it, deletes it"."""

_WAY_IN: Final = re.compile(
    r"\W*(?:if|should|once|when|whenever|to|want|for|at|on|in|under|above|below|from|upon|after|before|by"
    r"|with|while)\b[^\d]{1,60}"
    r"|\W*(?:如果|若|要是|假如|想|要(?!不要|我)|嫌|[觉覺]得|[后後]悔|不[满滿]意)[^\d]{1,14}|[^\d]{1,12}(?:的[话話]|[完束成好](?:[之以])?[后後])"
    r"|\W*(?:you (?:can|could|may|might|must|should|need to)|add|change|make|create|replace|set)\s"
    r"[^\d]{1,80}"
    r"|\W*[把将將][^\d]{1,14}",
    re.IGNORECASE,
)
"""What leads to an instruction if one follows, whatever the model says: else it is shown."""

_FRAGMENT: Final = re.compile(
    r"\^ (?!G)(?:(?:[WPSFKGx]|an?|of|in|on|at|by|to|the|with|from|along|down|up|called|named) )"
    r"{1,8}\$"
)
"""The shape of a few words without a verb."""
_GESTURE: Final = re.compile(r"\^ (?:(?:x|S|上|下) ){0,3}G (?:(?:the|your|an?|[WPKS]) ){0,4}\$")
"""The shape of a gesture and nothing else."""
_DEPENDENT: Final = re.compile(
    r"\W*(?:so|to|if|when|while|where|which|because|until|before|in order|for|as)\b"
    r"|\W*(?:and\s+)?you(?:'ll|r)?\s|\W*(?:and|or)\s+(?!(?:the|it|this|that|there|an?|your"
    r"|say|type|write|tell|ask|let|name|send|describe|enjoy|have|good|happy|thank)\b)"
    r"|\W*(?:以便|[这這][样樣]|好[让讓]|方便|[从從]而|[来來])",
    re.IGNORECASE,
)
"""How a clause begins that is nothing without the one before it."""
_NAMED: Final[dict[ClauseKind, re.Pattern[str]]] = {
    "export": re.compile(
        "export|download|render|save|share|publish|mp4|file|ready|done|finish|complete|copy"
        "|导出|汇出|下载|存|成片|分享|发布|渲染|文件|档案|好了|完成|手机"
    ),
    "credits": re.compile(
        "credit|balance|plan|billing|account|wallet|top|upgrade|subscri|pay|receipt|avatar|profile"
        "|coin|crown|buy|积分|点数|余额|馀额|充值|加值|储值|账|帐|会员|头像|套餐|升级|钱"
    ),
    "state": re.compile(
        "see|watch|preview|play|look|view|check|compare|hear|listen|find|show|appear|scroll|zoom|open"
        "|screen|toggle|hover|看|览|听|播放|效果|对比|放大|进度|时间|显示"
    ),
    "upload": re.compile(
        "upload|file|import|attach|add|photo|picture|footage|clip|media|drop|drag|song|logo|interview"
        "|上传|导入|汇入|素材|文件|档案|照片|添加|加入|图|拖|选"
    ),
}
"""What is named where the answer is about it; otherwise it is about an edit."""
_SUBJECTLESS: Final = re.compile(
    r"\^ (?:(?:x|G|L|W)s|L|does|has|is|keeps) (?:the|an?|it|them|that|more|up|x)\b"
)
"""The shape of a clause whose subject went with the clause before it: "keeps the old one"."""
_OWN: Final = re.compile(
    r"(?<![A-Za-z])\d|\b(?:i|we|i'[a-z]+|me|my)\b|[“”\"「」我您]|了$", re.IGNORECASE
)
"""What makes a clause behind an instruction likely to have something to say of its own."""


_LEAD: Final = re.compile(
    r"\W*(?:(?:quick |pro )?(?:tip|hint|note)|steps? ?\w{0,5}|next steps?"
    r"|(?:小|温馨)?(?:提示|贴士)|第[一二三四五\d]步|步[骤驟]\s?\d|下一步)\W*",
    re.IGNORECASE,
)
"""What leads to an instruction for certain, if one follows: otherwise it is shown."""


def is_certainly_plain(beginning: str) -> bool:
    """Tell whether a clause can be shown that is still arriving, by its first words.

    Example:
        >>> is_certainly_plain("I've added"), is_certainly_plain("You can")
        (True, False)
    """
    return bool(_CERTAIN.match(beginning.replace("’", "'")))


def normalize(text: str) -> str:
    """Write a text as the model reads it: simplified, lower case, quotations and numbers masked."""
    text = text.translate(TO_SIMPLIFIED).lower().replace("’", "'").replace("：", ":")
    for pattern, mask in _MASKS:
        text = pattern.sub(mask, text)
    return text.strip()


class Context(NamedTuple):
    """What is before a clause; `topic` is how its paragraph begins, or what its list is about."""

    position: Position = "start"
    topic: str = ""
    sentence: str = ""


@cache
def _lexicon() -> tuple[dict[str, str], re.Pattern[str]]:
    """Return the class of each known word, and how a text is cut into them."""
    classes: dict[str, str] = {}
    lines = read_data("ui_words.txt").decode().splitlines()
    for name, words in (line.split("\t") for line in lines):
        for word in words.split("|"):
            classes[word] = word if name == "=" else name
    chinese = sorted((word for word in classes if not word.isascii()), key=len, reverse=True)
    return classes, re.compile(rf"[a-z][a-z']*|0|[?“:→⌘]|{'|'.join(chinese)}|[\u3400-\u9fff]")


_ENDINGS: Final = (("s", ""), ("es", ""), ("ing", ""), ("ing", "e"), ("ed", ""), ("d", ""))


def shape(clean: str) -> list[str]:
    """Return a normalized text as classes: what is unknown has only its ending, or none.

    Example:
        >>> " ".join(shape("a xylem slider in the drawer zorbs"))
        '^ a x W in the P xs $'
    """
    classes, pattern = _lexicon()
    found = ["^"]
    for word in pattern.findall(clean):
        latin = word.isascii()
        name = classes.get(word) or (_inflected(word, classes) if latin else "x")
        if latin or name != "x" or found[-1] != "x":
            found.append(name)
    return [*found, "$"]


def _inflected(word: str, classes: dict[str, str]) -> str:
    if not word.isalpha() and "'" not in word:
        return word
    ends = [
        (ending, word.removesuffix(ending) + base)
        for ending, base in _ENDINGS
        if word.endswith(ending)
    ]
    for ending, stem in ends:
        if known := classes.get(stem) or classes.get(stem[:-1]):
            return known + ending[0]
    return f"x{ends[-1][0][0]}" if ends else "xly" if word.endswith("ly") else "x"


def features(clause: str, context: Context) -> list[int]:
    """Return the buckets of a clause."""
    clean = normalize(clause)
    words, classes = split_words(clean), shape(clean)
    names = [*word_ngrams(clean), "bias", f"o {context.position} {words[1]}"]
    names += [f"1 {name}" for name in classes]
    names += [f"2 {one} {two}" for one, two in pairwise(classes)]
    for one, two, three in zip(classes, classes[1:], classes[2:], strict=False):
        names += [f"3 {one} {two} {three}", f"4 {one} {three}"]
    names += [f"5 {context.position} {' '.join(classes[1:3])}"]
    kinds = sorted({name for name in classes if name[0] in "GWPKSFHLAN"})
    names += [f"6 {one} {two}" for at, one in enumerate(kinds) for two in kinds[at + 1 :]]
    names += [f"t {word}" for word in split_words(normalize(context.topic[:40]))[:6]]
    names += [f"h {word}" for word in split_words(normalize(context.sentence[:40]))[:6]]
    return to_buckets(letter_ngrams(clean), names, BUCKETS)


def classify_clause(clause: str, context: Context = Context()) -> ClauseKind:  # noqa: B008
    """Tell what a clause is, from its text without the separator behind it.

    Example:
        >>> classify_clause("you can click the Export button")
        'export'
    """
    if "http" in clause or "](" in clause:
        return "plain"
    if _LEAD.fullmatch(clause):
        return "lead"
    said = context.sentence.replace("’", "'")
    if clause[0] in '“「『"' and _SPEECH.search(said):
        return "plain"
    if _CERTAIN.match(said) and _WENT_ON.match(clause):
        return "plain"
    if said and context.position == "plain" and _WENT_BY.match(" ".join(shape(normalize(clause)))):
        return "plain"
    buckets = features(clause, context)
    scores = _MODEL.score(buckets)
    best: ClauseKind = next(iter(scores))
    if best == "more" and context.position not in ("instruction", "resumed"):
        # There is no instruction before it that it could go on with.
        best = next(filter(lambda kind: kind not in ("more", "lead"), scores))
    least = _LEAST.get(context.position, MARGIN) * len(buckets) ** 0.5
    if best != "lead" and scores[best] - scores["plain"] < least:
        best = "plain"
    if best == "plain":
        second = max(score for kind, score in scores.items() if kind != "plain")
        is_sure = scores[best] - second > _SURE * len(buckets) ** 0.5
        return (
            best if is_sure and context.position == "instruction" else _depending(clause, context)
        )
    needed = _NAMED.get(best)
    where = f"{context.topic} {clause}" if best == "export" else clause
    return best if needed is None or needed.search(normalize(where)) else "send"


def _depending(clause: str, context: Context) -> ClauseKind:
    """Tell whether a clause without an instruction of its own goes with one beside it."""
    classes = shape(normalize(clause))
    line = " ".join(classes)
    of_screen = not {"W", "P", "K"}.isdisjoint(classes)
    is_fragment = bool(_FRAGMENT.fullmatch(line))
    if context.position == "instruction":
        # "Press “Retry” in the corner": what is quoted is the name of a button.
        gesture = "S" in classes and bool(re.match(r"\^ (?:[x再] )?G", line))
        loose = is_fragment or of_screen or gesture or bool(_DEPENDENT.match(clause))
        headless = not context.sentence and bool(_SUBJECTLESS.match(line))
        own = re.sub('[“”"「」]', "", clause) if gesture else clause
        return "more" if (loose or headless) and not _OWN.search(own) else "plain"
    # A lead is shown unless what it leads to is taken out.
    before = _WAY_IN.fullmatch(clause) or (is_fragment and of_screen) or _GESTURE.fullmatch(line)
    return "lead" if before and not _OWN.search(clause) else "plain"
