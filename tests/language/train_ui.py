"""Makes `nemovideo/language/ui_model.bin` of its corpus, bit for bit the same on every machine.

A line of the corpus is a clause with alternatives in brackets, `(click|tap) Export`. Frames put the
clauses into sentences, which the filter itself cuts, so that a clause is trained as it is read.
"""

from __future__ import annotations

import hashlib
import re
import sys
import zlib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias, cast

import numpy as np
import numpy.typing as npt

from nemovideo.language import chinese_variants, linear_model, ui_filter, ui_instructions, ui_tokens
from nemovideo.language.ui_filter import UIInstructionFilter
from nemovideo.language.ui_instructions import BUCKETS, KINDS, ClauseKind, Context, features
from tests.language import perceptron
from tests.language.train import CORPUS as MESSAGES
from tests.language.train import read_corpus as read_messages

HERE = Path(__file__).parent
CORPUS = HERE / "ui_corpus"
MODEL = Path(ui_instructions.__file__).with_name("ui_model.bin")
EPOCHS = 6
ORDERS = 3
LEAD = 2
"""How far a kind must lead for each feature."""
CAREFUL = 5
"""How far content must lead what would take it out."""
VARIANTS = 20
"""At most as many of a line, and three times as many of one with a name in braces."""
FRAMES = 3
"""Sentences for each clause."""


Split: TypeAlias = Literal["train", "margin", "unseen"]
"""What a line is for: `margin` is what `MARGIN` of `ui_instructions` was chosen by."""


class Clause(NamedTuple):
    """A clause of the corpus; `base` is its line, by which the corpus is split."""

    text: str
    kind: ClauseKind
    form: str
    language: str
    base: str

    @property
    def split(self) -> Split:
        part = zlib.crc32(self.base.encode()) % 10
        return "unseen" if part == 0 else "margin" if part == 1 else "train"


class Part(NamedTuple):
    """A stretch of a sentence, and the clause that it is, if it is one."""

    text: str
    kind: ClauseKind
    clause: Clause | None = None


class Example(NamedTuple):
    """A clause as the filter reads it."""

    clause: str
    context: Context
    kind: ClauseKind
    base: Clause | None


_KINDS_OF_LABELS = {"content": "plain", "after": "plain", "follow": "more", "edit": "send"}


def chance(text: str, salt: str, count: int) -> int:
    """Return a number below `count`, the same at every run."""
    return zlib.crc32(f"{salt}|{text}".encode()) % count


@cache
def _words() -> dict[str, list[str]]:
    lines = (CORPUS / "words.txt").read_text("utf-8").splitlines()
    return {name: words.split("|") for name, words in (line.split("\t") for line in lines)}


def expand(pattern: str, salt: str) -> str:
    """Choose one of each alternatives; a name in braces stands for a line of `words.txt`."""
    number = 0
    while found := re.search(r"\{(\w+)\}", pattern):
        number += 1
        words = _words()[found[1]]
        chosen = words[chance(pattern, f"{salt} {number}", len(words))]
        pattern = pattern[: found.start()] + chosen + pattern[found.end() :]
    while "(" in pattern and "|" in pattern:
        number += 1
        found = re.search(r"\(([^()|]*(?:\|[^()|]*)+)\)", pattern)
        if found is None:
            break
        words = found[1].split("|")
        chosen = words[chance(pattern, f"{salt} {number}", len(words))]
        pattern = pattern[: found.start()] + chosen + pattern[found.end() :]
    return re.sub(r"\s+", " ", pattern).strip()


def read_corpus() -> list[Clause]:
    """Return every clause, in the order of the files."""
    clauses: list[Clause] = []
    for path in sorted(CORPUS.glob("*.tsv")):
        language = "en" if path.name.startswith("english") else "zh"
        for line in path.read_text("utf-8").splitlines():
            *labels, pattern = line.split("\t")
            label = labels[0] if labels else "content"
            form = "list" if len(labels) == 2 else "after" if label == "after" else "clause"
            if label.startswith("gerund-"):
                form, label = "gerund", label.removeprefix("gerund-")
            kind = cast("ClauseKind", _KINDS_OF_LABELS.get(label, label))
            count = VARIANTS * (3 if "{" in pattern else 1)
            texts = [expand(pattern, f"v{number}") for number in range(2 * count)]
            for text in list(dict.fromkeys(texts))[:count]:
                above = f"{expand(labels[1], text)}\n" if form == "list" else ""
                clauses.append(Clause(above + text, kind, form, language, line))
    return clauses


_STATEMENT = re.compile(
    r"(?:the|your|a|an|and|that|which|as|you|you'll|it's|it|please|don't|do not|make sure|never"
    r"|feel free|go ahead|by|settings|file|menu|project|share|account|profile|media|effects|text"
    r"|audio|edit|color|clip|view|⚙️|simply)\b",
    re.IGNORECASE,
)
_OPENERS = (
    *(
        "you can ",
        "you can also ",
        "please ",
        "just ",
        "simply ",
        "you could ",
        "you may ",
        "then ",
    ),
    *("now ", "you'll need to ", "feel free to ", "you can always ", "you can now ", "next, "),
    *(
        "go ahead and ",
        "I'd suggest you ",
        "from there, ",
        "alternatively, ",
        "also, ",
        "you should ",
    ),
    *(
        "you might want to ",
        "remember to ",
        "all you need to do is ",
        "you just have to ",
        "try to ",
        "here you can ",
        "we can ",
        "users can ",
        "you can easily ",
        "you can then ",
        "you can directly ",
    ),
)
_ZH_OPENERS = (
    *(
        "请",
        "您可以",
        "你可以",
        "可以",
        "也可以",
        "只需",
        "您只需",
        "请您",
        "现在可以",
        "然后",
        "直接",
    ),
    *(
        "再",
        "您也可以",
        "建议您",
        "记得",
        "不妨",
        "就",
        "您随时可以",
        "接着",
        "麻烦您",
        "想看的话可以",
        "我们可以",
        "用户可以",
        "这时可以",
        "还能",
        "您还可以",
    ),
)
_ENDS = (".", "!", ".", " 🎬", ".", " 😊", "…")
_ZH_ENDS = ("。", "！", "。", "～", "🎬", "。", "吧！")


class Sentences:
    """Puts clauses into sentences."""

    def __init__(self, clauses: list[Clause]) -> None:
        def of(language: str, *kinds: str, form: str = "clause") -> list[Clause]:
            return [
                each
                for each in clauses
                if each.language == language
                and each.kind in kinds
                and each.form == form
                and each.split == "train"
            ]

        self.leads = {name: of(name, "lead") for name in ("en", "zh")}
        self.more = {name: of(name, "more") for name in ("en", "zh")}
        self.after = {name: of(name, "plain", form="after") for name in ("en", "zh")}
        self.plain = {name: of(name, "plain") for name in ("en", "zh")}
        done = ("export", "state", "send", "upload")
        self.done = {name: of(name, *done) for name in ("en", "zh")}

    def build(self, clause: Clause, salt: str) -> list[Part]:
        """Return a sentence with the clause in it."""
        english = clause.language == "en"

        def pick(pool: dict[str, list[Clause]], name: str) -> Part:
            options = pool[clause.language]
            found = options[chance(clause.text, salt + name, len(options))]
            return Part(found.text, found.kind)

        def of(count: int, name: str) -> int:
            return chance(clause.text, salt + name, count)

        own = Part(clause.text, clause.kind, clause)
        ends = _ENDS if english else _ZH_ENDS
        end = Part(ends[of(len(ends), "end")], "plain")
        comma, space = (
            (Part(", ", "plain"), Part(" ", "plain"))
            if english
            else (Part("，", "plain"), Part("", "plain"))
        )
        if clause.form == "list":
            head, text = clause.text.split("\n")
            marks = ("- ", "1. ", "* ", "• ")
            mark = marks[of(4, "mark")]
            return [
                Part(f"{head}{':' if english else '：'}\n{mark}", "plain"),
                Part(text, clause.kind, clause),
                Part("\n", "plain"),
            ]
        if clause.form == "gerund":
            return [pick(self.plain, "head"), space, own, end]
        if clause.form == "after" or clause.kind == "more":
            parts = [
                pick(self.done, "head"),
                comma if of(2, "comma") or not english else space,
                own,
            ]
            if of(3, "again") == 0 and clause.kind == "more":
                parts += [comma, pick(self.more, "again")]
            return _capital([*parts, end])
        if clause.kind == "lead":
            frame = of(3, "frame")
            if frame == 0:
                return _capital([own, comma, pick(self.plain, "tail"), end])
            if frame == 1 and not english:
                return [pick(self.plain, "head"), comma, own, comma, pick(self.done, "tail"), end]
            return _capital([own, comma, pick(self.done, "tail"), end])
        if clause.kind == "plain":
            frame = of(4, "frame")
            if frame == 0:
                return _capital(
                    [
                        own,
                        comma if not english else Part(". ", "plain"),
                        pick(self.done, "tail"),
                        end,
                    ]
                )
            if frame == 1:
                return _capital(
                    [pick(self.plain, "head"), Part(". " if english else "。", "plain"), own, end]
                )
            if frame == 2 and of(3, "lead") == 0:
                return _capital([pick(self.leads, "lead"), comma, own, end])
            return _capital([own, end])
        is_statement = bool(_STATEMENT.match(clause.text)) if english else False
        openers = _OPENERS if english else _ZH_OPENERS
        opener = Part(openers[of(len(openers), "opener")], clause.kind)
        if (
            is_statement
            or of(3, "bare") == 0
            or (not english and clause.text[:1] in "请您你也(（按在")
        ):
            opener = Part("", clause.kind)
        core = [opener, own]
        frame = of(8, "frame")
        if frame in (0, 1):
            return _capital([pick(self.leads, "lead"), comma, *core, end])
        if frame == 2:
            return _capital([*core, comma, pick(self.more, "more"), end])
        if frame == 3:
            return _capital([*core, comma, pick(self.after, "after"), end])
        if frame == 4:
            link = (
                (", and ", " – ", " or ", " and ", ": ", "; ", " (")[of(7, "link")]
                if english
                else "，"
            )
            link_part = Part(link, "plain")
            close = Part(")" if "(" in link else "", "plain")
            return [pick(self.plain, "head"), link_part, *core, close, end]
        if frame == 5:
            gap = ". " if english else "。"
            return _capital([pick(self.done, "head"), Part(gap, "plain"), *core, end])
        return _capital([*core, end])


def _capital(parts: list[Part]) -> list[Part]:
    for at, part in enumerate(parts):
        if part.text:
            upper = part.text[:1].upper() + part.text[1:]
            return [*parts[:at], part._replace(text=upper), *parts[at + 1 :]]
    return parts


class _Recorder(UIInstructionFilter):
    """Notes each clause that it is asked about, and answers what the corpus says."""

    def __init__(self, parts: list[Part]) -> None:
        super().__init__()
        self.examples: list[Example] = []
        self.text = "".join(part.text for part in parts)
        self._parts = parts
        self._at = 0

    def _judge(self, clause: str, context: Context) -> ClauseKind:
        at = self.text.find(clause, self._at)
        self._at = at = self._at if at < 0 else at
        middle, place = at + len(clause) // 2, 0
        part = self._parts[0]
        for part in self._parts:
            place += len(part.text)
            if middle < place:
                break
        self._at += len(clause)
        self.examples.append(Example(clause, context, part.kind, part.clause))
        return part.kind


def read_examples(clauses: list[Clause], *splits: Split) -> Iterator[Example]:
    """Yield each clause of the corpus as the filter reads it in its sentences."""
    sentences = Sentences(clauses)
    seen: set[tuple[str, Context]] = set()
    for clause in clauses:
        if clause.split in splits:
            for number in range(FRAMES):
                recorder = _Recorder(sentences.build(clause, f"f{number}"))
                recorder.feed(recorder.text)
                recorder.finish()
                for each in recorder.examples:
                    key = each.clause, each.context
                    if key not in seen and ("train" in splits or each.base is not None):
                        seen.add(key)
                        yield each


def requests() -> Iterator[Example]:
    """Yield what people ask for, which an agent repeats: content, whatever verb it begins with."""
    for row in read_messages():
        if row.label == "content" and row.split == "train":
            yield Example(row.text, Context(), "plain", None)


def digest() -> str:
    """Return what the model is made of: the corpus, this file, the cutting and the features."""
    total = hashlib.sha256()
    modules = (chinese_variants, linear_model, perceptron, ui_filter, ui_instructions, ui_tokens)
    sources = [__file__, *(str(module.__file__) for module in modules)]
    known = MODEL.with_name("ui_words.txt")
    texts = (*sorted(CORPUS.iterdir()), *sorted(MESSAGES.glob("*.tsv")), known)
    for path in (*texts, *map(Path, sources)):
        # A checkout on Windows may have other line ends.
        total.update(path.read_bytes().replace(b"\r\n", b"\n"))
    return total.hexdigest()


def train(examples: Iterable[Example]) -> npt.NDArray[np.uint8]:
    """Return the weights, a row for each bucket, as whole numbers from 1 to 255."""
    margins = np.full((len(KINDS), len(KINDS)), LEAD)
    margins[KINDS.index("plain")] = CAREFUL
    margins[KINDS.index("plain"), KINDS.index("lead")] = LEAD  # A lead is shown in any case.
    np.fill_diagonal(margins, 0)
    data = [
        (np.array(features(each.clause, each.context)), KINDS.index(each.kind)) for each in examples
    ]
    return perceptron.train(data, margins, buckets=BUCKETS, epochs=EPOCHS, orders=ORDERS)


def main() -> int:
    """Write the model, or with `--check` only tell whether it is what the corpus makes."""
    splits: tuple[Split, ...] = ("train",) if "--margin" in sys.argv else ("train", "margin")
    weights = train([*read_examples(read_corpus(), *splits), *requests()])
    made = digest().encode() + zlib.compress(weights.tobytes(), 9)
    if "--check" in sys.argv:
        return 0 if MODEL.read_bytes() == made else 1
    MODEL.write_bytes(made)
    print(f"{len(made)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
