"""Turns the agent's screen talk into what the SDK can do, while the text is still arriving.

The agent believes that its reader looks at an editor: "click the Export button in the top right
corner". Such clauses go, and the first of each kind is answered by a sentence that says what to do
instead ("You can export the video at any time."). Everything else comes through byte for byte. The
text is read word by word, so that how it was cut into chunks makes no difference.
"""

from __future__ import annotations

import re
from typing import Final, cast

from nemovideo.language import ui_tokens
from nemovideo.language.apology_filter import ApologyFilter
from nemovideo.language.catalogue import HintKey
from nemovideo.language.detection import detect
from nemovideo.language.sentences import localize
from nemovideo.language.ui_instructions import (
    ClauseKind,
    Context,
    Position,
    classify_clause,
    is_certainly_plain,
    normalize,
    shape,
)
from nemovideo.language.ui_tokens import ABBREVIATIONS, CONNECTORS, EMOJI, STOPS, TokenKind

_HINTED: Final = ("export", "state", "credits", "upload", "send")
"""The kinds that the catalogue has a sentence for, `hint_export` or `chat_hint_export`."""
_CLOSING: Final = {'"': '"', "“": "”", "‘": "’", "「": "」", "『": "』", "《": "》", "`": "`"}
_OPENING: Final = ("(", "（")
_ASIDE: Final = re.compile(
    r"(?:which|who|whose|where|that|found|located|\w+[ai]ble)\b|也就是|[^，]*的那[个個段条條张張]$",
    re.IGNORECASE,
)
"""A clause behind which its sentence can go on: ", which you can drag, is red"."""
_PREDICATE: Final = re.compile(r"(?:is|are|was|has|appears|shows|sits|can\s+be)\b")
"""How a clause begins whose subject is in the clause before it."""
_SUBJECT: Final = re.compile(
    r"(?P<subject>(?:(?:the|your|my|our|both|all|clip|scene|shot|it|they)\b|[\"“])[^,;:]{0,60}?)\s+"
    r"(?:is|are|was|were|has|can|will|appears|shows|sits)\b"
    r"|(?P<headed>第[^，在]{1,12}?|[“「《][^”」》]+[”」》]|[^，在的]{0,4}(?:标题|標題|字幕|片[头頭尾]|旁白|音[乐樂]|片段))"
    r"(?=在|[显顯]示|[会會]|可以|已)"
    r"|.*(?:看到|看[见見]|找到)(?P<seen>[^，]*[」”》])$"
    r"|.*\b(?:see|find|reach)\s+(?P<found>[^,]*[\"”])$",
    re.IGNORECASE,
)
"""What a clause says something of."""
_HEADLESS: Final = re.compile(
    r"(?:(?:now|still|also)\s+)?(?:is|are|was|has|have|lasts?|runs?|keeps?|starts?|begins?|ends?|holds?"
    r"|stays?|plays?|fades?|weighs?|takes?|uses?|comes?|contains?|includes?|costs?|reads?)\b"
    r"|[现現]在|从|從|[时時]?[长長](?=\d)|一?共|停留|持[续續]|[开開]始|(?P<it>它|it\s+(?=\w+s\b))",
    re.IGNORECASE,
)
"""How a clause begins that has no subject of its own, or a pronoun for it."""
_SUBORDINATE: Final = re.compile(
    r"\W*(?:since|because|as|now\s+that|given\s+that|although|though)\b|因[为為]|由[于於]|既然",
    re.IGNORECASE,
)
"""How a clause begins that is no sentence alone."""
_LOOKAHEAD: Final = 24
"""How many characters after a colon or a connector decide whether it is one."""
_LONGEST_CLAUSE: Final = 400
"""No instruction is longer, so no more is held back."""


class UIInstructionFilter:
    """A filter for the agent's text as it streams in.

    Args:
        chat: Name the commands of the chat in what stands in for screen talk.

    `raw` is everything as it came. `hints` are the sentences that were put in, each once, in the
    language of the text around them; they are part of the text already.

    Example:
        >>> wording = UIInstructionFilter()
        >>> wording.feed("Your video is ready! Click the Exp"), wording.feed("ort button."), \
            wording.finish()
        ('Your video is ready!', '', ' You can export the video at any time.')
    """

    def __init__(self, *, chat: bool = False) -> None:
        self.raw: str = ""
        self.hints: tuple[str, ...] = ()
        self._prefix = "chat_hint_" if chat else "hint_"
        self._hinted: set[ClauseKind] = set()
        self._recent = ""  # The text up to here, whose language a hint takes.
        self._buffer = ""  # Arrived, and not yet cut into words.
        self._out: list[str] = []
        self._gap = ""  # Separators behind what was shown; their fate hangs on the next clause.
        self._marker = ""
        self._item = ""  # A number inside a line: "1) …; 2) …".
        self._count = 0
        self._step: ClauseKind = "plain"  # What the item before was.
        self._prior = ""  # The character before the word at hand, and how many brackets are open.
        self._depth = 0
        self._lead = ""  # The way into an instruction, and its gap before it.
        self._lead_gap = ""
        self._clause = ""
        self._plain = False  # The clause at hand is text to keep.
        self._quote = ""
        self._fenced = False
        self._last = ""  # The last character shown.
        self._line_start = True
        self._line_shown = False
        self._line_struck = False
        self._previous: ClauseKind = "plain"  # What the clause before was, if an instruction.
        self._latest: ClauseKind = "plain"  # The same, also where a sentence has ended since.
        self._has_text = False  # Text to keep is in the sentence at hand.
        self._paragraph = ""  # The beginning of the line, and of the sentence at hand.
        self._sentence = ""
        self._heading = ""  # The line above a list.
        self._aside = False  # What was taken out stood within a sentence that may go on.
        self._resuming = False  # The sentence goes on behind an instruction that was taken out.
        self._bracketed = False  # What was taken out stood in brackets.
        self._subject: str | None = None  # What the sentence says more of: "" if it is shown.
        self._owed: ClauseKind = "plain"  # What the hint behind the sentence at hand is to be.
        self._dangling = False  # Nothing was shown since an instruction was taken out.
        self._apologies = ApologyFilter()

    def feed(self, chunk: str) -> str:
        """Take in a piece of text, and return what can be shown now."""
        self.raw += chunk
        self._buffer += chunk
        self._read(final=False)
        return self._apologies.feed(self._shown())

    def pause(self) -> str:
        """Return what can be shown at the end of a sentence, though nothing has followed it yet."""
        self._read(final=True)
        return self._apologies.feed(self._shown())

    def finish(self) -> str:
        """Return the rest, without a trailing "I encountered a temporary issue"."""
        self._read(final=True)
        self._close("")
        self._flush_lead()
        if self._gap + self._marker + self._item and not self._dangling:
            self._show(self._marker + self._item, gap=self._gap)
        self._gap = self._marker = self._item = ""
        if self._latest != "plain" and not self._last:
            self._put(self._hint("send"))
        else:
            if (self._aside or self._dangling) and not self.hints and self._owed == "plain":
                self._owed = "send"  # No text followed what was taken out of the sentence.
            self._give_owed()
        return self._apologies.feed(self._shown()) + self._apologies.finish()

    def _shown(self) -> str:
        text = "".join(self._out)
        self._out.clear()
        return text

    # --- cutting into words -------------------------------------------------------------------

    def _read(self, *, final: bool) -> None:
        place = 0
        while place < len(self._buffer):
            if self._line_start and not self._fenced:
                marker = ui_tokens.marker().match(self._buffer, place)
                if not final and ui_tokens.marker_to_come().match(self._buffer, place):
                    break
                self._line_start = False
                if marker:
                    self._marker, place = marker[0], marker.end()
                    continue
                if self._buffer[place] != "\n":
                    self._heading = ""
            # The pattern ends in "any character", so it always matches.
            match = cast("re.Match[str]", ui_tokens.token().match(self._buffer, place))
            if not final and self._may_grow(match):
                break
            kind, text = cast("TokenKind", match.lastgroup), match[0]
            if kind == "item" and not self._begins_item(text):
                kind, text = "text", text[0]
            elif kind == "ender" and text.endswith("*") and not self._is_emphasized():
                text = text.rstrip("*")
            elif kind == "abbreviation" or (kind == "connector" and self._is_pair(match.end())):
                kind = "text"
            self._take(kind, text)
            self._note_place(text)
            place += len(text)
        self._buffer = self._buffer[place:]

    def _may_grow(self, match: re.Match[str]) -> bool:
        left = len(self._buffer) - match.end()
        if ui_tokens.item_to_come().match(self._buffer, match.start()):
            return True
        rest = self._buffer[match.start() : match.start() + 8].lower()
        if len(rest) < 8 and any(short.startswith(rest) for short in ABBREVIATIONS):
            return True
        if match[0] in ("http", "https"):
            return "://".startswith(self._buffer[match.end() :])
        if match[0][0] in ":：" or match[0] in CONNECTORS:
            return len(self._buffer[match.end() :].lstrip()) < _LOOKAHEAD
        if match[0][0] in "或并並然再":
            return left < 2
        if match.lastgroup in ("newline", "space", "fence"):
            return False
        if match[0] == "`":
            return left < 2 and not self._buffer[match.end() :].strip("`")
        if match.lastgroup == "text" and len(match[0]) == 1 and not match[0].isascii():
            return False
        return left == 0

    def _begins_item(self, text: str) -> bool:
        """Whether a number counts steps here, rather than things."""
        if self._depth or self._quote or self._fenced:
            return False
        if "." in text and int(text[0]) != self._count + 1:
            return False  # "It lasts: 8. …"
        parted = self._prior in STOPS or self._prior in ",，、"
        return parted or (self._prior == " " and "." not in text)

    def _is_pair(self, end: int) -> bool:
        """Whether a connector is between two words: "size and colour", "select and drag"."""
        words = self._clause.split()
        if self._plain or not words or not self._clause.isascii():
            return False
        rest = self._buffer[end:].lstrip()[: _LOOKAHEAD // 2]
        if re.match(r"[\w-]+ *[.!?,;)]", rest) or (words[-1].istitle() and rest[:1].isupper()):
            return True
        return len(words) < 5 and not re.match(
            r"(?:I|we|you|it|there|tell|say|then|can|may|is|are|will)\b", rest
        )

    def _is_emphasized(self) -> bool:
        """Whether asterisks are open in the line, so that those behind a sentence close it."""
        line = self._recent.rpartition("\n")[2]
        return len(re.findall(r"[*]+", line)) % 2 == 1

    def _note_place(self, text: str) -> None:
        if text.strip(" \t"):
            self._prior = text.rstrip(" \t*_")[-1:]
        elif self._prior not in STOPS:
            self._prior = " "
        opened = sum(map(text.count, "(（")) - sum(map(text.count, ")）"))
        self._depth = 0 if "\n" in text else max(0, self._depth + opened)

    def _take(self, kind: TokenKind, text: str) -> None:
        self._recent = (self._recent + text)[-_LONGEST_CLAUSE:]
        if kind == "fence" or self._fenced:
            self._take_code(kind, text)
        elif kind == "newline":
            self._end_line()
        elif (
            self._quote and kind != "space" and not self._ends_quote(kind, text)
        ) or self._is_inside():
            self._add(text)
        elif kind == "ender" and not self._clause and not self._plain and text[0] not in STOPS:
            self._add(text)  # An emoji at the beginning.
        elif kind == "ender":
            self._close(text)
            self._give_owed()
            self._begin_sentence()
        elif kind == "item":
            self._begin_item(text)
        elif kind in ("comma", "connector") and self._is_bracketed():
            self._add(text)
        elif text in (")", "）") and self._is_bracketed():
            self._add(text)
            self._close("")
        elif kind == "comma" or (text in _OPENING and self._stands_apart()):
            self._end_clause(text)
        elif kind == "space":
            self._take_space(text)
        elif kind == "connector" and (self._plain or self._clause):
            self._end_clause("")
            self._add(text)
        else:
            self._quote = _CLOSING.get(text, "")
            self._add(text)

    def _take_code(self, kind: TokenKind, text: str) -> None:
        if not self._fenced:
            self._close("")
        if kind == "fence":
            self._fenced = not self._fenced
        self._quote = ""
        self._keep(text)
        self._line_start = kind == "newline"

    def _ends_quote(self, kind: TokenKind, text: str) -> bool:
        """Whether a sentence ends with the quotation that is open."""
        if self._quote not in text:
            return False
        self._quote = ""
        return kind == "ender"

    def _take_space(self, text: str) -> None:
        if self._clause:
            self._clause += text
        elif self._marker and not self._lead:
            self._marker += text
        elif self._lead or not (
            (self._dangling and (self._gap or not self._last))
            or (self._previous != "plain" and self._gap.endswith(" "))
        ):
            self._gap += text

    def _is_inside(self) -> bool:
        """Whether a bracket is open that was opened within the clause at hand."""
        opened = self._clause.count("(") + self._clause.count("（")
        return opened > self._clause.count(")") + self._clause.count("）")

    def _is_bracketed(self) -> bool:
        """Whether the clause at hand is in open brackets, which are judged as a whole."""
        is_open = re.search(r"[(（]", self._gap) and not re.search(r"[)）]", self._clause)
        return bool(is_open and self._clause)

    def _stands_apart(self) -> bool:
        """Whether what is before a bracket is text to keep, so that the bracket is judged alone."""
        if self._clause and self._classify(self._clause.rstrip()) == "plain":
            self._keep_clause()
        return not self._clause

    # --- clauses ------------------------------------------------------------------------------

    def _add(self, text: str) -> None:
        if self._plain:
            self._keep(text)
            return
        self._clause += text
        if len(self._clause) > _LONGEST_CLAUSE or is_certainly_plain(self._clause):
            self._keep_clause()

    def _keep_clause(self) -> None:
        clause, self._clause = self._clause, ""
        trimmed = clause.rstrip()
        self._plain, self._has_text, self._aside, self._bracketed = True, True, False, False
        self._step = self._latest = "plain"
        self._paragraph += trimmed
        self._sentence += trimmed
        self._keep(self._resumed(trimmed))
        self._gap = clause[len(trimmed) :]

    def _resumed(self, text: str) -> str:
        """Begin a sentence anew where its first half was taken out."""
        if not self._resuming:
            return text
        self._resuming = False
        rest = re.sub(r"^(?:(?:and|or|then|so|but)\s+|或者|或|并且|并|然后|再)+", "", text)
        subject, self._subject = self._subject, None
        if subject is not None and (found := _HEADLESS.match(rest)):
            rest = rest[found.end("it") if found["it"] else 0 :]
            return f"{subject}{' ' * (rest.isascii() and bool(subject))}{rest}"
        return rest if rest.startswith("http") else rest[:1].upper() + rest[1:]

    def _end_clause(self, separator: str) -> None:
        self._close("")
        self._plain = False
        if self._previous != "plain" and separator not in _OPENING and not self._bracketed:
            return
        if self._item or (self._marker and not self._lead):
            self._keep(separator)
        else:
            self._gap += separator

    def _close(self, ender: str) -> None:
        """Decide on the clause at hand, which ends here, and show the ender if it is kept."""
        if self._plain or not self._clause:
            if ender and (self._plain or self._previous == "plain"):
                self._keep(ender)
            if self._plain:
                self._previous = "plain"
            return
        trimmed = self._clause.rstrip()
        stance = self._classify(trimmed)
        parted = self._is_bracketed() and not re.search(r"[)）]", ender)
        if parted or stance == "plain" or (stance == "lead" and ender):
            self._keep_clause()
            self._previous = "plain"
            if ender:
                self._keep(ender)
        elif stance == "lead":
            self._hold_lead(trimmed)
        else:
            self._strike(trimmed, stance, ender)

    def _classify(self, clause: str) -> ClauseKind:
        context = Context(
            self._position(),
            self._heading or self._paragraph,
            self._sentence if self._has_text else "",
        )
        kind = self._judge(clause, context)
        if kind != "more":
            return kind
        going_on = self._latest if self._previous == "plain" else self._previous
        return "lead" if self._lead and going_on == "plain" else going_on

    def _judge(self, clause: str, context: Context) -> ClauseKind:
        return classify_clause(clause, context)

    def _position(self) -> Position:
        if self._previous != "plain":
            return "instruction"
        if self._lead:
            return "lead"
        if self._has_text:
            return "plain"
        return "start" if self._latest == "plain" else "resumed"

    def _hold_lead(self, clause: str) -> None:
        if not self._lead:
            self._lead_gap, self._lead = self._gap, clause
            self._marker += self._item
        else:
            self._lead += self._gap + self._item + clause
        self._item = ""
        self._paragraph += clause
        self._gap, self._clause = self._clause[len(clause) :], ""

    def _flush_lead(self) -> None:
        if self._lead:
            self._show(self._marker + self._resumed(self._lead), gap=self._lead_gap)
            self._lead = self._lead_gap = self._marker = ""
            self._has_text = True

    def _strike(self, clause: str, stance: ClauseKind, ender: str) -> None:
        """Take an instruction out, and localize once what to do instead."""
        is_named = re.match(r"(?:the|your|my|this|that)\b", self._lead, re.IGNORECASE)
        if (
            is_named
            and _ASIDE.match(clause)
            and {"W", "K"}.isdisjoint(shape(normalize(self._lead)))
        ):
            self._flush_lead()  # "The storyboard, which is on the left, has 8 frames."
        gap = re.sub(r"[(（]", "", self._lead_gap if self._lead else self._gap)
        chinese = bool(re.search(r"[\u3400-\u9fff]", clause))
        trailing = self._clause[len(clause) :]
        marks = "".join(re.findall(r"[*_]+", gap)) + "**" * ((clause + ender).count("**") % 2)
        whole = self._lead or clause
        has_subject = self._has_text and bool(_PREDICATE.match(whole))
        bracketed = bool(re.search("[(（]", self._lead_gap if self._lead else self._gap))
        self._bracketed = self._has_text and bracketed
        aside = self._aside or (
            self._has_text and (has_subject or bracketed or bool(_ASIDE.match(whole)))
        )
        self._aside = aside and not ender.strip(")）*") and "\n" not in gap
        if named := _SUBJECT.match(whole):
            subject = next(filter(None, named.groups()), "")
            if {"W", "P", "K"}.isdisjoint(shape(normalize(subject))):
                self._subject = subject
        self._lead = self._lead_gap = self._clause = ""
        self._line_struck = True
        self._previous = self._latest = self._step = stance
        self._paragraph += clause
        is_new = stance in _HINTED and stance not in self._hinted
        if self._aside:
            self._gap, self._item = self._gap if has_subject else trailing, ""
            if has_subject:
                self._resuming, self._subject = True, ""
            self._owed = stance if is_new else self._owed
            return
        self._resuming = self._dangling = True
        said = re.split(r"[.!?;。！？；\n]", self._recent.rpartition(clause)[0])[-1]
        joins = is_new and bool(_SUBORDINATE.match(said)) and len(re.findall("[,，]", said)) == 1
        # A heading keeps its colon; else what is before it is a sentence.
        colon = (
            is_new
            and bool(re.search("[:：]", gap))
            and bool(self._item or self._marker or "*" in gap)
        )
        if not self._ends_sentence() and "\n" not in gap and not colon:
            self._put(marks + (("，" if chinese else ",") if joins else "。" if chinese else "."))
            gap = "" if chinese else " "
        self._gap = gap
        if is_new:
            hint = self._hint(stance, clause)
            hint = hint[:1].lower() + hint[1:] if joins else hint
            self._show(self._marker + self._item + hint, gap=gap)
            self._marker, self._gap, self._dangling = "", trailing, False
        self._item = ""

    def _give_owed(self) -> None:
        """Put the hint for what was taken out of a sentence behind it."""
        kind, self._owed = self._owed, "plain"
        if kind != "plain" and kind not in self._hinted:
            hint = self._hint(kind)
            english = hint.isascii()
            end = "" if self._ends_sentence() else "." if english else "。"
            self._put(end + " " * english + hint)

    def _hint(self, kind: ClauseKind, clause: str = "") -> str:
        # "按 Ctrl+Z 就能撤销" has more Latin letters than others.
        chinese = re.search(r"[\u3400-\u9fff]{2}", clause)
        sample = re.sub("[A-Za-z]+", "", self._recent) if chinese else self._recent
        hint = localize(cast("HintKey", self._prefix + kind), detect(sample))
        self.hints += (hint,)
        self._hinted.add(kind)
        return hint

    def _ends_sentence(self) -> bool:
        return self._last in STOPS or bool(re.fullmatch(EMOJI, self._last))

    def _begin_item(self, text: str) -> None:
        """Begin a step of an instruction that counts its steps within a line."""
        self._close("")
        if self._item:
            self._keep("")
        self._begin_sentence()
        # What follows a colon is a list of its own: "you'll see the shots: 1. pier, 2. rain".
        self._step = "plain" if self._prior in (":", "：") else self._step
        self._item, self._previous = text, self._step
        self._count += 1

    # --- lines and sentences ------------------------------------------------------------------

    def _begin_sentence(self) -> None:
        self._plain = self._has_text = self._aside = self._resuming = self._bracketed = False
        self._subject = None
        self._previous, self._sentence = "plain", ""

    def _end_line(self) -> None:
        self._close("")
        self._flush_lead()
        self._give_owed()
        self._begin_sentence()
        self._quote = ""
        if self._prior in ":：":
            self._heading = self._paragraph
        self._paragraph = ""
        empty = self._line_struck and not self._line_shown
        if not empty:
            self._gap += self._marker + self._item
        self._marker = self._item = ""
        self._step, self._count = "plain", 0
        if not empty and not (self._dangling and self._gap.endswith("\n\n")):
            self._gap += "\n"
        self._line_start, self._line_struck, self._line_shown = True, False, False

    # --- showing ------------------------------------------------------------------------------

    def _keep(self, text: str) -> None:
        """Show text of the agent's, with everything that was waiting for it."""
        self._flush_lead()
        self._show(self._marker + self._item + text, gap=self._gap)
        self._gap = self._marker = self._item = ""
        self._dangling = False

    def _show(self, text: str, *, gap: str) -> None:
        self._put(gap + text)
        self._line_shown = True

    def _put(self, text: str) -> None:
        if text:
            self._out.append(text)
            self._last = text.rstrip(' \t*_"”’)\ufe0f')[-1:] or self._last


def rewrite_ui_talk(text: str, *, chat: bool = False) -> str:
    """Turn a whole answer's screen talk into what the SDK can do.

    Args:
        text: The agent's answer.
        chat: As for `UIInstructionFilter`.

    Example:
        >>> rewrite_ui_talk("The title is red. Click the Export button to download it.")
        'The title is red. You can export the video at any time.'
    """
    wording = UIInstructionFilter(chat=chat)
    return wording.feed(text) + wording.finish()
