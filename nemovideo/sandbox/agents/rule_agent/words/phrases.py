"""A message made ready for reading: quotations and file names set aside, clauses separated."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Final, Literal, TypeAlias

from nemovideo.sandbox.agents.rule_agent.words.numbers import LEFT, RIGHT
from nemovideo.sandbox.agents.rule_agent.words.spelling import respell

Language: TypeAlias = Literal["en", "zh"]

# Marks from Unicode's private use area stand for what must not be read as instructions.
QUOTE: Final = "[\ue000-\ue0ff]"
FILE: Final = "[\ue200-\ue2ff]"
_PRIVATE: Final = re.compile("[\ue000-\uf8ff]")
_MAX_MARKS: Final = 255
_QUOTATION: Final = re.compile(
    '"([^"\n]{1,400})"|“([^”\n]{1,400})”|「([^」\n]{1,400})」|『([^』\n]{1,400})』'
    "|《([^》\n]{1,400})》|‘([^’\n]{1,400})’"
    r"|(?<![\w])'([^'\n]{1,400}(?:'[a-z][^'\n]{0,400})?)'(?![\w])"
)
# What follows is to be read on the screen, even where it is the name of a file.
_WRITTEN: Final = re.compile(
    r"(?:says?|saying|reads?|reading|titled?|subtitle|caption|text|words?|called|标题|字幕|文字|写着?|叫)"
    r"[\s:,：，]*$",
    re.IGNORECASE,
)
_CJK: Final = re.compile("[㐀-鿿]")
_LATIN: Final = re.compile("[A-Za-z]{2,}")
# No word repeats a sign so often, and patterns that look ahead pay for every repetition.
_LONGEST_RUN: Final = 40
_RUN: Final = re.compile(rf"(.)\1{{{_LONGEST_RUN},}}")
LIMIT: Final = 2_000


@dataclass(frozen=True)
class Message:
    """A message, or a part of one.

    Args:
        text: the words, with marks for quotations and file names.
        quotes: what the quotation marks stand for.
        files: the file names that the file marks stand for.
        language: the language to answer in.
        aliases: patterns of the words that clips are called by, each with the name of its clip.
    """

    text: str
    quotes: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    language: Language = "en"
    aliases: tuple[tuple[str, str], ...] = ()

    @cached_property
    def low(self) -> str:
        """The words in lower case, every character where it was."""
        return lower(self.text)

    def quoted(self, text: str | None = None) -> list[str]:
        """List the quotations in `text`, or in the whole."""
        marks = re.findall(QUOTE, self.text if text is None else text)
        return [self.quotes[ord(mark) - 0xE000] for mark in marks]

    def named(self) -> list[str]:
        """List the uploaded files that the words name, in the order they come."""
        return [self.files[ord(mark) - 0xE200] for mark in re.findall(FILE, self.text)]

    def mentions(self) -> list[tuple[int, str]]:
        """List the clips that are called by a word of their name: (position, name) of each.

        "The tram" is lisbon_tram.mp4, and "a tram" is one that is not there yet.
        """
        low = self.low
        found = [
            (match.start(), name)
            for word, name in self.aliases
            for match in re.finditer(word, low)
            if not _INDEFINITE.search(low[: match.start()])
        ]
        return sorted(found)

    def meant_by(self, start: int, end: int) -> str | None:
        """Return the clip that the words from `start` to `end` call; None if they call none."""
        word = self.low[start:end]
        return next((name for alias, name in self.aliases if re.fullmatch(alias, word)), None)

    def meant(self) -> list[str]:
        """List the clips that are called by a word of their name, in the order they come."""
        return list(dict.fromkeys(name for _, name in self.mentions()))

    def part(self, text: str) -> Message:
        """Return other words with the same quotations and files behind the marks."""
        return Message(text, self.quotes, self.files, self.language, self.aliases)

    def plain(self, text: str | None = None, *, quote: str = "{}") -> str:
        """Put quotations and file names back into `text`, or into the whole."""
        source = self.text if text is None else text
        source = re.sub(QUOTE, lambda m: quote.format(self.quotes[ord(m[0]) - 0xE000]), source)
        return re.sub(FILE, lambda m: self.files[ord(m[0]) - 0xE200], source)


def lower(text: str) -> str:
    """Lower the case of each character without changing how many there are."""
    low = text.lower()
    if len(low) == len(text):
        return low
    return "".join(low if len(low := sign.lower()) == 1 else sign for sign in text)


_SPACED: Final = re.compile(r"(?<=[\u3400-\u9fff]) (?=\d)|(?<=[\d%]) (?=[\u3400-\u9fff])")
"""What some put between Chinese and numbers: "剪到 6 秒"."""


def tokenize(
    message: str,
    files: Sequence[str] = (),
    language: str | None = None,
    clips: Sequence[str] = (),
    songs: Mapping[str, bool] | None = None,
) -> Message:
    """Make a message ready for reading.

    Args:
        message: what the user typed; only the first 2 000 characters are read.
        files: names of the session's uploads, to be recognised in the message.
        language: what to answer in when the message shows no language itself.
        clips: names of the clips that may be called by a word of their name.
        songs: names of the songs that may be called so, each with whether it is the only one
            that "the song" can be.
    """
    text = unicodedata.normalize("NFKC", message[:LIMIT])
    text = re.sub(r"[^\S\n]+", " ", _PRIVATE.sub("", text)).strip()
    text = _RUN.sub(lambda match: match[0][:_LONGEST_RUN], text)
    text, named = _set_files_aside(text, files)
    quotes: list[str] = []

    def mark(match: re.Match[str]) -> str:
        if len(quotes) >= _MAX_MARKS:
            return match[0]
        content = next(group for group in match.groups() if group is not None)
        if re.fullmatch(f" ?{FILE} ?", content) and not _WRITTEN.search(text[: match.start()]):
            return content
        quotes.append(_as_typed(_restore(content, named).strip(), message[:LIMIT]))
        return chr(0xE000 + len(quotes) - 1)

    text = respell(_SPACED.sub("", _QUOTATION.sub(mark, text)))
    spoken = detect(text, language)
    if songs and (quotes or not _TEXT_NOUN.search(text)) and not _PROMPT.search(text):
        text = _with_songs(text, songs, clips, named, spoken)
    return Message(text, tuple(quotes), named, spoken, _aliases(clips))


def _with_songs(
    text: str,
    songs: Mapping[str, bool],
    clips: Sequence[str],
    files: Sequence[str],
    language: Language,
) -> str:
    """Put "the song", or the song's own file, in the place of words of its name: "the ukulele"."""
    words = [(word, name) for word, name in _aliases([*songs, *clips]) if name in songs]
    for name, is_the_song in songs.items():
        own = "|".join(word for word, each in words if each == name)
        if not own or _SPEECH.search(lower(name)):
            continue
        called = "这首歌" if language == "zh" else "the song"
        if not is_the_song:
            called = f" {chr(0xE200 + files.index(name))} "
        names = f"(?:{own})(?: (?:{own}))*"
        noun = f"(?: (?:song|tune|track|music|beat|audio){RIGHT}| ?(?:曲子?|歌曲?|音乐))"
        # "Make it summer" is no word about summer.mp3, and neither is "a ukulele tune".
        bare = f"{names}{noun}{'?' if language == 'zh' else ''}"
        pattern = re.compile(f"{LEFT}(?:the|my|this|that) {names}{noun}?|{bare}", re.IGNORECASE)
        for match in reversed(list(pattern.finditer(text))):
            if not _INDEFINITE.search(lower(text[: match.start()])):
                text = text[: match.start()] + called + text[match.end() :]
    return text


def _aliases(clips: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """List the words that tell one clip from all others, each with the name of its clip."""
    words = [
        (word, name)
        for name in dict.fromkeys(clips)
        for word in set(_NAME_WORD.findall(lower(_EXTENSION.sub("", name))))
        if not _COMMON.fullmatch(word)
    ]
    counted = Counter(word for word, _ in words)
    found: list[tuple[str, str]] = []
    for word, name in sorted(words):
        if counted[word] == 1:
            # A prompt holds words of all kinds; a file is named after what it shows.
            lead = LEFT if _EXTENSION.search(name) else "(?<=the )"
            found.append((f"{lead}{word}{RIGHT}" if word.isascii() else word, name))
    return tuple(found)


def _as_typed(quote: str, message: str) -> str:
    """Return a quotation with the punctuation that was typed: it is shown in the picture."""
    normal = [unicodedata.normalize("NFKC", sign) for sign in message]
    at = "".join(normal).find(quote)
    if at < 0:  # its spaces were made one
        return quote
    ends = list(accumulate(map(len, normal)))
    return message[bisect_right(ends, at) : bisect_left(ends, at + len(quote)) + 1]


def _restore(text: str, files: Sequence[str]) -> str:
    return re.sub(FILE, lambda m: files[ord(m[0]) - 0xE200], text)


def _set_files_aside(text: str, files: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    known = tuple(sorted({unicodedata.normalize("NFKC", name) for name in files if name}))
    originals = {unicodedata.normalize("NFKC", name): name for name in files}
    shown = known[:_MAX_MARKS]
    if not shown:
        return text, ()
    longest_first = sorted(range(len(shown)), key=lambda i: -len(shown[i]))
    pattern = "|".join(re.escape(shown[i]) for i in longest_first)
    index = {lower(name): i for i, name in enumerate(shown)}
    whole = re.compile(rf"(?<![A-Za-z0-9_])(?:{pattern})(?![A-Za-z0-9_])", re.IGNORECASE)
    marked = whole.sub(lambda m: chr(0xE200 + index.get(lower(m[0]), 0)), text)
    return marked, tuple(originals[name] for name in shown)


def detect(text: str, language: str | None = None) -> Language:
    """Tell the language of a text by its letters; `language` decides when there are none."""
    chinese, latin = len(_CJK.findall(text)), len(_LATIN.findall(text))
    if chinese or latin:
        return "zh" if chinese >= latin else "en"
    return "zh" if (language or "").lower().startswith("zh") else "en"


_POLITE: Final = re.compile(
    "^(?:(?:(?:hi|hey|hello)(?: there| again| all)?|ok|okay|great|nice|cool|perfect"
    "|good(?! (?:morning|afternoon|evening|day|night))|thanks|thank you|awesome|now|well|so"
    "|and|then|also|next|finally|first|actually|but|please|can you|could you|would you|will you"
    "|i want you to|i want to|i'd like you to|i'd like to|i would like to|i'd like|i would like"
    "|i'd prefer|i would prefer|i want|i need you to|i need to|i need|we need|let's|let us|just"
    "|kindly|maybe|help me|after that|instead|i mean"
    "|start(?:ing)? (?:over|again|fresh|from scratch)(?: with)?)(?![a-z'])[,:!~]* ?)+"
)
_POLITE_ZH: Final = re.compile(
    "^(?:重新(?=生成|制作|创建|做)|你好|您好|嗨|好的|好|很好|不错|谢谢|那么|那|现在|请你?|麻烦你?|帮我|帮忙|帮|给我|替我"
    "|能不能|能否|可不可以|可以|能|我想要?|我要|我希望|我需要|需要|希望|想要|想|然后|接着|再(?!见)"
    "|接下来|另外|还有|最后再|首先|先|并且|并|同时|也|来(?=加|把|做|生|剪)|就|[,!。]| )+(?=.)"
)
_TAIL_ZH: Final = re.compile("(?:好吗|行吗|可以吗|吧|吗|呢|谢谢|一下)?[?!。~ ]*$")


def polite(low: str) -> int:
    """Count the characters of courtesy before the point of a lower-case clause."""
    match = _POLITE.match(low) or _POLITE_ZH.match(low)
    return match.end() if match and match.end() < len(low) else 0


VERBS: Final = (
    "add|put|insert|append|place|overlay|include|use|remove|delete|drop|cut|trim|shorten|crop"
    "|extend"
    "|lengthen|split|divide|swap|switch|move|reorder|reverse|rearrange|change|replace|set|make|turn"
    "|lower"
    "|raise|increase|decrease|reduce|boost|mute|unmute|silence|fade|crossfade|cross-fade|dissolve"
    "|speed up"
    "|slow down|slow (?:it|the)|speed (?:it|the)|play (?:it|the)|undo|revert|rename"
    "|call (?:it|this|that)|give|apply|keep|zoom"
    "|pan|show|generate|create|render|get rid of"
    "|take (?:it |that |this |them )?(?:out|away|off)|erase|end with|start with"
    "|finish with"
    "|cross-dissolve|bring|attach|combine|repeat|loop"
)
# Speech is no song, and a prompt or words to show hold no name of one.
_SPEECH: Final = re.compile("voice|narrat|record|speech|dialog|sfx|effect|旁白|配音|录音|音效")
_PROMPT: Final = re.compile(
    f"(?:videos?|films?|movies?|clips?) (?:of|about|showing){RIGHT}|{LEFT}generate{RIGHT}|生成",
    re.IGNORECASE,
)
_TEXT_NOUN: Final = re.compile(
    f"{LEFT}(?:sub)?titles?{RIGHT}|{LEFT}(?:captions?|texts?|words){RIGHT}|标题|字幕|文字|写",
    re.IGNORECASE,
)
# What a file may be called, and what a message says of any clip.
_EXTENSION: Final = re.compile(r"\.[A-Za-z0-9]{2,4}$")
_NAME_WORD: Final = re.compile("[a-z]{3,}|[㐀-鿿]{2,}")
_COMMON: Final = re.compile(
    f"{VERBS}|img|dsc|dscf|mov|vid|pxl|gopro|final|copy|edit|edited|draft|version|export|raw|test"
    "|video|videos|clip|clips|film|movie|scene|shot|part|photo|photos|picture|image|pic|file|footage"
    "|audio|sound|music|song|title|titles|caption|subtitle|text|words|credits|logo|intro|outro"
    "|opening|ending|start|begin|beginning|end|first|second|third|last|next|new|old|one|two|three"
    "|the|and|for|with|from|into|over|under|after|before|between|through|around|during|about|that"
    "|this|its|his|her|their|our|fast|slow|loud|quiet|short|long|big|small|top|bottom|left|right"
    "|middle|whole|full|all|background|screen|time|seconds?|minutes?|volume|speed|length|black"
    "|white|red|green|blue|yellow|called|视频|照片|图片|片段|素材|录像|音乐|片头|片尾|标题|字幕"
)
_INDEFINITE: Final = re.compile(
    f"{LEFT}(?:an?|another|some|new) (?:[a-z]+ )?$|[一另新][只个条匹头群位座片朵辆艘架颗段张幅首]?$"
)
_SPLIT_EN: Final = re.compile(
    r"(?:[.!?;]+(?=\s|$)|\n)+\s*|\s*(?:,\s*(?:and then|then|and also|and|also|but|plus"
    r"|after that|finally|next)?|\s(?:and then|then|and also|and|also|but|plus|after that|finally)"
    rf"|(?<=[.;])\s*and)\s+(?:please |also )?(?=(?:{VERBS}|start over|start again)(?![a-z]))"
    r"|\s*,?\s+(?:and )?then,?\s+(?=\S)"
)
_VERB_ZH: Final = (
    "加|添|把|将|给|调|换|改|删|去|剪|裁|放|配|设|用|淡|静|慢|快|倒|插|移|拆|切|取消|不要|变|缩|延"
)
_SPLIT_ZH: Final = re.compile(
    r"[,。;!?\n]+\s*|(?<=.)(?:然后再?|接着再?|随后|并且|同时|另外|此外|之后再|最后再)"
    f"|(?<=.)(?:[并也]|再(?![^,。]{{0,4}}[次遍]))(?={_VERB_ZH})"
)


def split(message: Message) -> list[tuple[int, int]]:
    """Cut a message into clauses: (start, end) of each in its text, empty ones left out."""
    pattern = _SPLIT_ZH if message.language == "zh" else _SPLIT_EN
    spans: list[tuple[int, int]] = []
    cursor = 0
    for match in pattern.finditer(message.low):
        if match.end() > match.start():
            spans.append((cursor, match.start()))
            cursor = match.end()
    spans.append((cursor, len(message.text)))
    words = (message.low[start:end].strip() for start, end in spans)
    return [span for span, word in zip(spans, words, strict=True) if word not in ("", "and")]


def trimmed(clause: Message) -> Message:
    """Take the courtesy off both ends of a clause."""
    text = clause.text.strip()
    text = text[polite(lower(text)) :]
    if clause.language == "zh":
        text = _TAIL_ZH.sub("", text) or text
    return clause.part(text.strip(" ,.;:!?。") or text)
