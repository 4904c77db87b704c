"""A message becomes instructions: clause after clause, each asked of every reader in turn."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from nemovideo.sandbox.agents.rule_agent.instructions import (
    AddScene,
    AddText,
    Answer,
    ChangeText,
    ClipSelector,
    Cut,
    Delete,
    Fade,
    Fit,
    Generate,
    Instruction,
    Montage,
    Move,
    Mute,
    ParseResult,
    Place,
    Repeat,
    Reshoot,
    Restyle,
    Reverse,
    SetLength,
    SetMusic,
    SetVolume,
    Speed,
    Split,
    Swap,
    Transition,
    Undo,
)
from nemovideo.sandbox.agents.rule_agent.reading import (
    accounting,
    complaints,
    cut,
    effects,
    limits,
    order,
    pointing,
    repeat,
    safety,
    small_talk,
    sound,
    text,
    uploads,
)
from nemovideo.sandbox.agents.rule_agent.reading import sound_and_text as sound_and_text
from nemovideo.sandbox.agents.rule_agent.reading.generate import (
    asks,
    extras,
    is_placeholder,
    read_generate,
    read_reshoot,
    read_scene,
    unhandled,
)
from nemovideo.sandbox.agents.rule_agent.reading.picture import read_shot
from nemovideo.sandbox.agents.rule_agent.words.numbers import DURATION, LEFT, RIGHT, either
from nemovideo.sandbox.agents.rule_agent.words.phrases import VERBS, Message, split, trimmed
from nemovideo.sandbox.agents.uploads import Upload

_THEN: Final = re.compile(
    f"(?:{LEFT}(?:then|next|after that|afterwards|finally|followed by){RIGHT}|然后|接着|随后|之后"
    "|最后)[ ,，再是]*$"
)
_AND_THEN: Final = re.compile(
    f"(?:and )?(?:then|next|after that|afterwards|finally|followed by){RIGHT}|然后|接着|随后|之后"
)
_STOP: Final = re.compile(r"[.;!?。\n]")
_KEEP_REST: Final = re.compile(
"^(?:but )?(?:keep|leave) (?:the rest|everything(?: else)?|it|all|the (?:music|title|video"
"|subtitle|timing|rest|other|songs?|sound|captions?)[a-z ]*)(?: as (?:it )?is| the same"
"| unchanged| alone)?$|^(?:其他"
"|其它|其余|别的)[^,。]{0,6}(?:不变|保持|不动|别动)"
)  # fmt: skip
_ORDER: Final = re.compile(
    f"^(?:{VERBS})(?![a-z])|https?:|[^,。]*(?:去掉|删除|删掉|调低|调高|调到|静音|撤销|改成|换成"
    "|剪掉|剪到|拆分)|^(?:加|添加|把|将|剪|裁|删|去|调|换|改|移|交换|放|配上|静音)|^(?:in|for"
    f"|during|at) the {LEFT}[^,.]{{0,30}},? (?:add|put|show|insert|place){RIGHT}|^(?:在|从|第|开头"
    "|结尾|最后)[^,。]{0,14}(?:加|添加|插入|配|放|显示)[上入]?[^,。]{0,8}(?:标题|字幕|文字|音乐"
    "|配乐|转场)"
)


@dataclass(frozen=True)
class ParseContext:
    """What a message may lean on.

    Args:
        empty: the timeline holds no picture yet.
        text_last: the last change was to a text, so "it" is that text.
        assets: the uploads of the session.
        fresh: those of them that are not on the timeline.
        clips: how many clips the timeline has.
        photos: True if those are all photos.
        changed: the message before this one made or edited something.
    """

    empty: bool = True
    text_last: bool = False
    assets: Sequence[Upload] = ()
    fresh: Sequence[Upload] = ()
    clips: int = 0
    photos: bool = False
    changed: bool = False


def parse_message(message: Message, context: ParseContext) -> ParseResult:
    """Read what a message asks for, given where the session stands."""
    meant = safety.decided(small_talk.without_feelings(message))
    if message.text and not meant.text.strip():
        return ParseResult((_NOTHING_ASKED,))
    if safety.replaces_film(meant):
        meant = complaints.without_dismissal(meant)
    if not context.empty:
        meant = complaints.with_object(complaints.without_reason(meant))
    elif sequence := uploads.read_sequence(meant, context.assets):
        return ParseResult((Montage(files=sequence),))
    return _Reader(meant, context).read()


class _Reader:
    """Goes through the clauses of one message, remembering what the last one spoke of."""

    def __init__(self, message: Message, context: ParseContext) -> None:
        self.message = message
        self.context = context
        self.instructions: list[Instruction] = []
        self.unparsed: list[str] = []
        self.focus = context.text_last
        self.music = False
        self.topic: complaints.Topic | None = None
        self.introduced: tuple[str, ...] = ()
        self.spoken_of: str | None = None
        shown = {each.filename for each in context.assets if each.file_type != "audio"}
        self.named = [name for name in message.named() if name in shown]

    def read(self) -> ParseResult:
        if small_talk.is_cancel(self.message) and not self.context.changed:
            return ParseResult((_NOTHING_ASKED,))
        if small_talk.asks_price(self.message):
            return ParseResult((Answer("price"),))
        if self.context.empty and is_placeholder(self.message):
            return ParseResult(self._any_video())
        clauses = spans = split(self.message)
        while spans:
            spans = spans[self._longest(spans) :]
        parsed = tuple(self.instructions)
        acting = tuple(
            one for one in parsed if not isinstance(one, Answer) or one.about not in _PLEASANTRIES
        )
        if _SMALL_TALK in parsed[1:] and all(_shows(one) for one in acting):
            acting = (_SMALL_TALK,)  # A file is laid out, and then nothing is asked for.
        if any(isinstance(one, Undo) for one in acting[1:]):
            return ParseResult((Answer("undo_alone"),))
        if Answer("status") in acting:
            acting = tuple(one for one in acting if one != Answer("question"))
        acting = safety.without_guesses(acting)
        laid_out = (
            safety.keep_files(acting, self.message, self.context.assets)
            if self.context.empty
            else acting
        )
        if laid_out != acting:
            acting = laid_out
            mentions = (self.message.part(part).meant() for part in self.unparsed)
            self.unparsed = [
                part for part, names in zip(self.unparsed, mentions, strict=True) if not names
            ]
        if not self.context.empty:
            acting = safety.keep_film(acting, self.message, self.context.fresh)
        if len(acting) > 1:
            acting = tuple(one for one in acting if not _notes(one)) or acting[:1]
        nothing = (_NOTHING_ASKED,) if clauses and not self.unparsed else ()
        return ParseResult(acting or parsed[:1] or nothing, tuple(self.unparsed))

    def _any_video(self) -> tuple[Instruction, ...]:
        """Return a video of the uploads, or of the words themselves."""
        visual = [each.filename for each in self.context.assets if each.file_type != "audio"]
        if visual:
            return (uploads.build_montage(self.message, tuple(visual)),)
        shot = read_shot(self.message)
        return (_ASK_FOR_DETAILS if shot is None else Generate((shot,)),)

    def _longest(self, spans: list[tuple[int, int]]) -> int:
        """Read the first clause, with those after it that only continue it; return how many."""
        first = self._joined(spans[:1])
        goes_on = self.instructions and _notes(self.instructions[-1])
        about_files = safety.lists_uploads(first) or (
            safety.describes_people(first) and not complaints.complains(first)
        )
        if goes_on and not self.unparsed and about_files:
            return 1
        if self.context.assets and safety.introduces_uploads(first):
            if safety.presents_uploads(first):
                pointed = self._pointed(first)
                self.introduced = pointed.visual + pointed.audio
            self.instructions.append(Answer("uploads_noted", self._at_hand(first)))
            return 1
        if safety.forbids(first):
            return 1
        if safety.spares(first):
            self.unparsed.append(first.plain())
            return 1
        found = self._read(first, spans[:1])
        self._focus_on(found)
        if not found:
            self.topic = complaints.read_topic(self._joined(spans[:1]))
            self.focus = self.focus and self.topic is None
        making = any(
            isinstance(one, Generate | Montage) or one == _ASK_FOR_DETAILS for one in found
        )
        size = 1
        while size < len(spans) and not self._stands_alone(spans[size], making=making):
            size += 1
        if size > 1:
            joined = self._read(self._joined(spans[:size]), spans[:size])
            if found and not joined:
                size = 1
            joined = joined or found
            # A file that was named in a sentence is no matter of the next.
            done = joined == found or any(_shows(one) for one in found)
            if size > 1 and done and self._sentence_between(spans[0], spans[1]):
                size, joined = 1, found
            found = joined
        clause = self._joined(spans[:size])
        reason = complaints.complains(clause) and size < len(spans)
        if not (found or reason or _KEEP_REST.search(clause.low) or complaints.is_aside(clause)):
            self.unparsed.append(clause.plain())
        if rest := self._unread(clause, found, spans[:1]):
            self.unparsed.append(rest)
        found = self._resolved(clause, found)
        self.instructions.extend(found)
        self._focus_on(found)
        return size

    def _resolved(self, clause: Message, found: tuple[Instruction, ...]) -> tuple[Instruction, ...]:
        """Let "it" be the clip that the sentence before spoke of, or that was just added."""
        meant = clause.meant()
        said, self.spoken_of = self.spoken_of, meant[0] if len(meant) == 1 else None
        before = self.instructions[-1] if self.instructions else None
        if isinstance(before, Transition | Fade | AddText) and _LENGTH_ALONE.fullmatch(clause.low):
            self.unparsed.append(clause.plain())  # It may be about what was just added.
            return ()
        if not meant and (pointed := _pointed_at(before)) is not None:
            return self._of_the_same(clause, found, pointed)
        if _THING.search(clause.low) is None:
            return found
        lasting = any(isinstance(one, SetLength) and _is_open(one) for one in found)
        if (
            isinstance(before, AddText | ChangeText)
            and lasting
            and not _SHORTENS.search(clause.low)
        ):
            self.unparsed.append(clause.plain())
            return ()
        if isinstance(before, AddScene):
            added = ClipSelector((-1,) if before.at is None else (before.at,))
            return tuple(
                replace(one, selector=added)
                if isinstance(one, AddText) and not one.selector.given
                else one
                for one in found
            )
        if said is None or meant:
            return found
        self.spoken_of = said
        return tuple(
            replace(one, selector=ClipSelector(files=(said,)))
            if isinstance(one, Cut | SetLength | Speed | Split) and not one.selector.given
            else one
            for one in found
        )

    def _of_the_same(
        self, clause: Message, found: tuple[Instruction, ...], pointed: ClipSelector
    ) -> tuple[Instruction, ...]:
        """Let "it" be the clip of the order before; without a word for it, it may be the film."""
        low = clause.low
        if _ON_IT.search(low) and any(isinstance(one, AddText) for one in found):
            if not pointed.given:
                self.unparsed.append(clause.plain())
                return ()
            return tuple(
                replace(one, selector=pointed)
                if isinstance(one, AddText) and not one.selector.given
                else one
                for one in found
            )
        leaves_open = [one for one in found if isinstance(one, _ON_CLIPS) and _is_open(one)]
        if not leaves_open or _FILM.search(low):
            return found
        thing = _THING.search(low) is not None
        if thing and not pointed.given:
            self.unparsed.append(clause.plain())
            return ()
        if thing:
            return tuple(_about(one, pointed) if one in leaves_open else one for one in found)
        is_fade = all(isinstance(one, Fade | Fit | Restyle) for one in leaves_open)
        if not is_fade or (clause.language == "zh" and not _AT_AN_END.search(low)):
            self.unparsed.append(clause.plain())
            return ()
        return found

    def _at_hand(self, clause: Message) -> str:
        """Return the names of the files that an introduction speaks of."""
        names = clause.named() or [each.filename for each in self.context.fresh]
        return ", ".join(names or [each.filename for each in self.context.assets])

    def _unread(
        self, clause: Message, found: tuple[Instruction, ...], spans: list[tuple[int, int]]
    ) -> str:
        """Return the words of a clause that none of its instructions came from."""
        if not found or all(isinstance(one, Answer) for one in found):
            return ""
        if any(isinstance(one, Generate | AddScene | Reshoot) for one in found):
            return unhandled(clause, found)
        shown = [each.file_type for each in self.context.assets if each.file_type != "audio"]
        clips = len(self.named) or self.context.clips or len(shown)
        photos = self.context.photos if self.context.clips else set(shown) == {"image"}
        return accounting.unread(
            clause, found, lambda part: self._read(part, spans), clips, photos=photos
        )

    def _focus_on(self, found: tuple[Instruction, ...]) -> None:
        if found:
            self.topic = None
            self.focus = isinstance(found[-1], AddText | ChangeText)
            self.music = isinstance(found[-1], SetMusic | SetVolume)

    def _stands_alone(self, span: tuple[int, int], *, making: bool) -> bool:
        """Return True if a clause is an instruction and not the end of the one before."""
        clause = self._joined([span])
        if _KEEP_REST.search(clause.low) or safety.introduces_uploads(clause):
            return True
        found = self._edit(clause, then=self._follows(span))
        describes = found and isinstance(found[0], AddScene | Restyle | Answer)
        return bool(found) and (found[0] == _EXPORT or not (making and describes))

    def _sentence_between(self, one: tuple[int, int], next_one: tuple[int, int]) -> bool:
        return _STOP.search(self.message.text[one[1] : next_one[0]]) is not None

    def _follows(self, span: tuple[int, int]) -> bool:
        low = self.message.low
        return (
            _THEN.search(low[: span[0]]) or _AND_THEN.match(low[span[0] :].lstrip())
        ) is not None

    def _joined(self, spans: list[tuple[int, int]]) -> Message:
        return trimmed(self.message.part(self.message.text[spans[0][0] : spans[-1][1]]))

    def _read(self, clause: Message, spans: list[tuple[int, int]]) -> tuple[Instruction, ...]:
        pair = sound_and_text.sound_and_text(clause)
        if pair is not None:
            one, other = self._edit(pair[0]), self._edit(pair[1])
            return one + other if one and other else self._read_one(clause, spans)
        return self._read_one(clause, spans)

    def _read_one(self, clause: Message, spans: list[tuple[int, int]]) -> tuple[Instruction, ...]:
        then = self._follows(spans[0])
        made = self._make(clause, then=then)
        if made is None or isinstance(made, Answer):
            return self._use(clause, made, then=then) or (
                self._edit(clause, then=then) if made is None else (made,)
            )
        if isinstance(made, Generate) and (used := self._use(clause, made, then=then)):
            return used
        return (made, *self._extras_of(clause, made))

    def _extras_of(self, clause: Message, made: Instruction) -> Sequence[Instruction]:
        """List what a request for a video wants besides its pictures."""
        extra = [one for edit in extras(clause) for one in self._extra(edit)]
        if not isinstance(made, Montage):
            # A new video has a title of its own.
            return [one for one in extra if one != AddText("title")]
        extra = [one for one in extra if not isinstance(one, Transition) and not _shows(one)]
        pointed = self._pointed(clause)
        composed = made.sound or any(isinstance(one, SetMusic) and one.sound for one in extra)
        if not pointed.audio or any(isinstance(one, Place) for one in extra):
            return extra
        if composed and not pointed.as_sound:
            return extra
        extra = [one for one in extra if not isinstance(one, SetMusic)]
        return [*extra, Place(pointed.audio, "audio", music=True)]

    def _extra(self, clause: Message) -> tuple[Instruction, ...]:
        found = self._edit(clause)
        rest = (
            accounting.unread(clause, found, self._edit, 1, photos=True)
            if found
            else clause.plain()
        )
        return (Answer("unclear_part", rest),) if rest else found

    def _use(
        self, clause: Message, made: Instruction | None, *, then: bool
    ) -> tuple[Instruction, ...]:
        """Read a clause about uploads as a montage, before a video without them is generated."""
        if made is None and not self._nothing_there:
            return self._add(clause, then=then)
        pointed = self._pointed(clause)
        visual = pointed.visual or self._meant(clause, made)
        edits = () if made is not None else self._edit(clause, then=then)
        asked = isinstance(made, Generate) or (made is None and not edits)
        if asked and not visual and pointing.mentions_pictures(clause):
            return (Answer("no_uploads"),)
        # One place for one upload says all; of several, or of a song, it would leave some out.
        partly = bool(pointed.audio) or (len(visual) > 1 and not clause.named())
        # "Add music to my clips" edits a film, which several clips are not before they are joined.
        shown = sum(each.file_type != "audio" for each in self.context.assets)
        uses = safety.uses_files(clause) if shown == 1 else uploads.joins(clause)
        if (
            not visual
            or not (uses or asks(clause))
            or not all(_is_weak(one) or (partly and isinstance(one, Place)) for one in edits)
        ):
            return ()
        montage = uploads.build_montage(clause, visual)
        styles = [one for one in edits if isinstance(one, Restyle)]
        return (montage, *self._extras_of(clause, montage), *styles)

    def _add(self, clause: Message, *, then: bool) -> tuple[Instruction, ...]:
        """Read a clause about uploads that are not on the timeline yet, to add them."""
        named, fresh = self.named, self.context.fresh
        visual = pointing.find_uploads(clause, fresh, nothing_else=bool(named), named=named).visual
        edits = self._edit(clause, then=then)
        if not all(isinstance(one, Answer | AddScene) and _is_weak(one) for one in edits):
            return ()
        added = uploads.add_meant(clause, visual) if visual else None
        return () if added is None else (added,)

    @property
    def _nothing_there(self) -> bool:
        return self.context.empty and all(_notes(one) for one in self.instructions)

    def _pointed(self, clause: Message) -> pointing.UploadReference:
        known = self.context
        assets = known.assets if self._nothing_there else known.fresh or known.assets
        if self.introduced:
            shown = [each for each in assets if each.filename in self.introduced]
            assets = shown + [each for each in assets if each.file_type == "audio"]
        named = self.named
        nothing_else = self._nothing_there or bool(named)
        return pointing.find_uploads(clause, assets, nothing_else=nothing_else, named=named)

    def _meant(self, clause: Message, made: Instruction | None) -> tuple[str, ...]:
        """With uploads at hand, a video of nothing in particular is a video of them."""
        asked = isinstance(made, Generate) and asks(clause)
        mine = asked and _MINE.search(clause.low) is not None
        named = self.named
        if not (self._nothing_there or named) or not (mine or made == _ASK_FOR_DETAILS):
            return ()
        shown = [asset.filename for asset in self.context.assets if asset.file_type != "audio"]
        return tuple([name for name in shown if name in named] or shown)

    def _make(self, clause: Message, *, then: bool = False) -> Instruction | None:
        """Read a request for a new video, from a prompt or from uploads."""
        empty = self._nothing_there
        if small_talk.read_small_talk(clause) == _EXPORT:
            return None
        asked = asks(clause)
        if not asked and complaints.read_topic(clause) is not None:
            return None
        if not asked and (small_talk.read_small_talk(clause) or small_talk.read_undo(clause)):
            return None
        montage = uploads.read_montage(clause, self.context.assets)
        if isinstance(montage, Montage) and not montage.files:
            named = tuple(self.named)
            visual = self._pointed(clause).visual if self._nothing_there or named else ()
            return replace(montage, files=visual or named)
        if montage is not None:
            return montage
        if not asked and self._is_edit(clause, empty):
            return None
        if not empty and read_scene(clause, then=then) is not None:
            return None
        made = read_generate(clause, empty=empty)
        shown = any(asset.file_type != "audio" for asset in self.context.assets)
        called = bool(clause.meant()) and not safety.says_generate(clause)
        plainly = safety.asks_plainly(clause) and not called
        if made is not None and empty and shown and not plainly:
            return Answer("use_or_generate")
        return _ASK_FOR_DETAILS if made is None and asked else made

    def _is_edit(self, clause: Message, empty: bool) -> bool:
        """Without a video, only an order to edit is an edit; the rest describes a video."""
        nothing = empty and not any(asset.file_type != "audio" for asset in self.context.assets)
        if nothing and not _ORDER.match(clause.low):
            return False
        return bool(self._edit(clause))

    def _song(self, clause: Message) -> Instruction | None:
        """Read "use the song" where a song was uploaded: that song, and none that is made."""
        asked = sound.read_sound(clause, topic=self.topic == "music")
        songs = [each for each in self.context.assets if each.file_type == "audio"]
        if not songs or not isinstance(asked, SetMusic) or asked.sound is not None:
            return None
        pointed = pointing.find_uploads(clause, songs, nothing_else=True)
        if not pointed.audio:
            return None
        return Place(pointed.audio[-1:], "audio", music=True, span=asked.span, volume=asked.volume)

    def _edit(self, clause: Message, *, then: bool = False) -> tuple[Instruction, ...]:
        """Ask the readers in turn; the first that matches wins."""
        assets = self.context.assets
        first = (
            small_talk.read_undo(clause)
            or limits.read_limit(clause)
            or small_talk.read_small_talk(clause)
            or order.read_all_but(clause)
            or effects.read_fit(clause)
            or repeat.read_repeat(clause)
            or uploads.read_place(clause, assets)
            or effects.read_effect(clause, music=self.music)
        )
        if first is not None:
            return (first,)
        disliked = complaints.is_too_much(clause)
        topic = self.topic if self.topic != "music" else None
        texts = () if disliked else text.read_text(clause, focus=self.focus, topic=topic)
        if texts:
            return texts
        if (song := self._song(clause)) is not None:
            return (song,)
        found = (
            cut.read_speed(clause)
            or sound.read_sound(clause, topic=self.topic == "music")
            or cut.read_split(clause)
            or cut.read_cut(clause)
            or order.read_order(clause)
            or read_reshoot(clause)
            or read_scene(clause, then=then)
            or (None if disliked else effects.read_visual_style(clause))
        )
        return () if found is None else (found,)


def _is_weak(instruction: Instruction) -> bool:
    """Return True if it is nothing that could be done with an upload."""
    if isinstance(instruction, Answer):
        return instruction.about in _IN_DOUBT
    return isinstance(instruction, Restyle | Reshoot | AddScene | SetMusic | Transition)


def _notes(instruction: Instruction) -> bool:
    return isinstance(instruction, Answer) and instruction.about == "uploads_noted"


def _pointed_at(before: Instruction | None) -> ClipSelector | None:
    """Return the clip that an order was about; an empty one if that is elsewhere now."""
    if isinstance(before, Move | Delete):
        return before.selector if before.selector.files else ClipSelector()
    if isinstance(before, Swap | Reverse | Repeat):
        return ClipSelector()
    if isinstance(before, (*_ON_CLIPS, AddText)) and before.selector.given:
        return before.selector if isinstance(before, _ON_CLIPS) else ClipSelector()
    return None


def _is_open(one: Instruction) -> bool:
    """Return True if an order for clips names none, and is not about music or words."""
    if not isinstance(one, _ON_CLIPS) or one.selector.given:
        return False
    if isinstance(one, Mute | SetVolume):
        return one.target in ("all", "it")
    return not isinstance(one, Fade) or one.target == "picture"


def _about(one: Instruction, clip: ClipSelector) -> Instruction:
    if isinstance(one, SetVolume):
        return replace(one, selector=clip, target="clips")
    return replace(one, selector=clip) if isinstance(one, _ON_CLIPS) else one


def _shows(instruction: Instruction) -> bool:
    return isinstance(instruction, Place) and instruction.kind != "audio"


_THING: Final = either("(?:it|that|this)(?! all)", "它|这段|上面")
_ON_CLIPS: Final = (Cut, SetLength, Speed, Split, Mute, SetVolume, Fade, Fit, Restyle)
_FILM: Final = either(
    "videos?|films?|movies?|everything|all|whole|entire|rest|both",
    "视频|影片|片子|短片|整|全部|所有|都|其他|其余",
)
# "Make it 5 seconds" may be about a title; "trim it" cannot.
_SHORTENS: Final = either("trim|cut|shorten|crop", "剪|裁|缩")
_LENGTH_ALONE: Final = re.compile(
    f"(?:{DURATION.pattern}|[ ,、]|(?:each|every|one|all|for|about|long){RIGHT}"
    "|每[个次条]?|各|都|大概|就行|左右)*"
)
_ON_IT: Final = either("(?:on|onto|over|to|under) (?:it|that|this)", "[给在为]它")
_AT_AN_END: Final = re.compile("开头|结尾|片头|片尾|最后|开始|末尾")
_MINE: Final = either("my|our", "我的|我们的|我家")
_IN_DOUBT: Final = frozenset(
    {"use_or_generate", "no_reshape", "unclear", "what_to_show", "no_uploads"}
)
_ASK_FOR_DETAILS: Final = Answer("what_to_show")
_EXPORT: Final = Answer("export")
_NOTHING_ASKED: Final = Answer("nothing_changed")
_SMALL_TALK: Final = Answer("greeting")
_POLITE: Final = (Answer("greeting"), Answer("thanks"))
_PLEASANTRIES: Final = frozenset({"greeting", "thanks"})
