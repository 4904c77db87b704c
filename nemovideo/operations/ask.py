"""One box for everything: a person types, and the right thing happens."""

from __future__ import annotations

import os
import re
from collections.abc import Awaitable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, Protocol

from nemovideo.concurrency.callbacks import Callback, came_from_callback, run_callback
from nemovideo.errors import NemoVideoError, NothingToExportError
from nemovideo.events import Event, Notice
from nemovideo.language.detection import detect
from nemovideo.language.intent import Intent, Route, route
from nemovideo.language.intent_model import classify
from nemovideo.language.sentences import localize, next_steps
from nemovideo.language.service_limits import find_limit
from nemovideo.models.credits import Credits
from nemovideo.models.turn import Turn
from nemovideo.models.uploads import UploadedFile
from nemovideo.operations.reply import Reply
from nemovideo.timeline.change import Change, describe
from nemovideo.timeline.timeline import Timeline

if TYPE_CHECKING:
    from nemovideo.files.inputs import FileInput
    from nemovideo.operations.video import Video
    from nemovideo.resources.credits import CreditsResource
    from nemovideo.resources.renders import Format
    from nemovideo.timeline.timeline import Timeline


_LONG: Final[Mapping[Route, Literal["working", "exporting"]]] = {
    "message": "working",
    "export": "exporting",
}
_SOON_ANSWERED: Final = frozenset({"filler", "question", "negated"})
"""What a message may be that takes no minutes: "thanks", "can you export in 4K?"."""
_NOT_UNDERSTOOD: Final = re.compile(
    r"(?:not|n['’]t)\s+(?:\w+\s+)?(?:sure\s+(?:what|which|how|whether)|understand|follow|clear\s+to\s+me)"
    r"|(?:be|little|bit)\s+more\s+specific|\bclarify\b|\brephrase\b"
    r"|[没沒不](?:太|能|有|是很|大)?(?:理解|明白|听懂|聽懂|看懂|清楚您|清楚你|确定您|确定你)"
    r"|(?:更|再|說|说)?具[体體](?:一[点點些]|地|说明|說明|的?描述)",
    re.IGNORECASE,
)
"""By what an agent says that a request was not clear to it."""
_UNCHANGED: Final = re.compile(
    r"\b(?:changed nothing|nothing (?:has |was )?changed)\b|[没沒]有(?:做任何|做)?(?:改动|改動)",
    re.IGNORECASE,
)
"""By what an agent says that what is new on the timeline is not its doing."""
_MOST_CHANGES = 12
"""A reply is read, not searched: `reply.turn.changes` has all of them."""


class _Session(Protocol):
    """What a message may need of a project."""

    async def upload(self, *files: FileInput) -> Sequence[UploadedFile]: ...
    def send(self, text: str, *, on_event: Callback[Event] | None) -> Awaitable[Turn]: ...
    async def export(
        self,
        path: str | os.PathLike[str] | None,
        *,
        format: Format,
        on_event: Callback[Event] | None,
    ) -> Video: ...
    async def timeline(self) -> Timeline: ...


@dataclass
class IntentRouter:
    """Routes one message and carries out what it asks for."""

    project: _Session
    credits: CreditsResource
    message: str
    files: Sequence[FileInput] = field(default=(), repr=False)
    path: str | os.PathLike[str] | None = None
    format: Format = "mp4"
    language: str | None = None
    on_event: Callback[Event] | None = None

    async def run(self) -> Reply:
        self.language = self.language or detect(self.message)
        intents = route(self.message, has_files=bool(self.files))
        uploads = await self._upload() if self.files else ()
        replies: list[Reply] = []
        for number, intent in enumerate(intents):
            await self._acknowledge(intent, [] if number else intents[1:])
            try:
                replies.append(await self._do(intent, uploads))
            except NemoVideoError as error:
                if not replies or came_from_callback(error):
                    raise
                # What was done before may have been paid for: it is given all the same.
                replies.append(self._failed(intent, error, intents[number + 1 :]))
                break
        if len(replies) == 1:
            return replies[0]
        last = replies[-1]
        text = "\n\n".join(reply.text for reply in replies)
        return Reply(
            last.route,
            text,
            last.reason,
            next((reply.turn for reply in replies if reply.turn), None),
            next((reply.video for reply in replies if reply.video), None),
            next((reply.credits for reply in replies if reply.credits), None),
            last.timeline,
            uploads,
            tuple(replies),
            last.error,
        )

    async def _acknowledge(self, intent: Intent, queued: Sequence[Intent]) -> None:
        """Say before something that takes long that it begins, and what comes after it."""
        if intent.route not in _LONG or not intent.certain:
            return
        if intent.route == "message" and classify(intent.text).label in _SOON_ANSWERED:
            return
        lines = [localize(_LONG[intent.route], self.language)]
        lines += [localize("queued_after", self.language, text=later.text) for later in queued]
        await run_callback(self.on_event, Notice("\n".join(lines)))

    async def _do(self, intent: Intent, uploads: tuple[UploadedFile, ...]) -> Reply:
        if intent.route == "export" and not intent.certain:
            return Reply("export", localize("unsure_export", self.language), intent.reason)
        if intent.route == "export":
            return await self._export(intent)
        if intent.route == "credits":
            return await self._credits(intent)
        if intent.route == "state":
            return await self._state(intent)
        if intent.route == "upload":
            return self._uploaded(intent, uploads)
        return await self._send(intent, uploads)

    def _failed(self, intent: Intent, error: NemoVideoError, left: Sequence[Intent]) -> Reply:
        lines = [localize("step_failed", self.language, reason=str(error))]
        lines += [localize("not_started", self.language, text=later.text) for later in left]
        return Reply(intent.route, "\n".join(lines), intent.reason, error=error)

    async def _upload(self) -> tuple[UploadedFile, ...]:
        return tuple(await self.project.upload(*self.files))

    def _uploaded(self, intent: Intent, uploads: tuple[UploadedFile, ...]) -> Reply:
        if not uploads:
            text = self._frame(intent, localize("file_wanted", self.language))
            return Reply("upload", text, intent.reason)
        seconds = sum(file.duration or 0 for file in uploads)
        kinds = {str(file.file_type) for file in uploads}
        text = self._with_steps(self._list_uploads(uploads), "upload", seconds, kinds)
        return Reply("upload", text, intent.reason, uploads=uploads)

    def _list_uploads(self, uploads: Iterable[UploadedFile]) -> str:
        arrived = [self._name(file) for file in uploads]
        return localize("uploaded", self.language, files=arrived)

    def _name(self, file: UploadedFile) -> str:
        if not file.duration:
            return file.filename
        return localize("file_span", self.language, name=file.filename, duration=file.duration)

    async def _export(self, intent: Intent) -> Reply:
        try:
            video = await self.project.export(self.path, format=self.format, on_event=self.on_event)
        except NothingToExportError:
            return Reply("export", localize("nothing_to_export", self.language), intent.reason)
        link = video.url or ""
        if video.path is None:
            text = localize("exported_link", self.language, url=link)
        elif not link:
            text = localize("exported_file", self.language, path=str(video.path))
        else:
            text = localize("exported_file_and_link", self.language, path=str(video.path), url=link)
        timeline = video.timeline
        return Reply("export", text, intent.reason, video=video, timeline=timeline)

    async def _credits(self, intent: Intent) -> Reply:
        balance = await self.credits.retrieve()
        text = self._frame(intent, self._describe_balance(balance))
        return Reply("credits", text, intent.reason, credits=balance)

    def _describe_balance(self, balance: Credits) -> str:
        available, frozen = balance.available, balance.frozen
        if frozen:
            return localize("credits_frozen", self.language, available=available, frozen=frozen)
        return localize("credits", self.language, available=available)

    async def _state(self, intent: Intent) -> Reply:
        timeline = await self.project.timeline()
        if not timeline.tracks:
            text = localize("state_empty", self.language)
        else:
            text = self._draw(timeline)
        return Reply("state", self._frame(intent, text), intent.reason, timeline=timeline)

    def _draw(self, timeline: Timeline) -> str:
        drawn = timeline.to_text(language=self.language or "en")
        if not (self.language or "").startswith("zh"):
            drawn = f"{timeline}\n{drawn}"
        return localize("state", self.language, timeline=drawn)

    def _frame(self, intent: Intent, text: str) -> str:
        """Add what was refused before a text, and after it what to say if it was misunderstood."""
        before = [localize("negated", self.language)] if intent.negated else []
        after = [] if intent.certain else [localize("unsure", self.language)]
        return "\n\n".join([*before, text, *after])

    async def _send(self, intent: Intent, uploads: tuple[UploadedFile, ...]) -> Reply:
        turn = await self.project.send(intent.text, on_event=self.on_event)
        text = self._describe_turn(turn, intent, await self._act_on(turn))
        if uploads:
            text = f"{self._list_uploads(uploads)}\n\n{text}"
        return Reply(
            "message", text, intent.reason, turn=turn, timeline=turn.timeline, uploads=uploads
        )

    async def _act_on(self, turn: Turn) -> str:
        """Return what the agent said, with what it told to look up instead of where to look."""
        said = turn.text.strip()
        for language in ("en", "zh-CN", "zh-TW"):
            timeline_hint, balance = (
                localize(key, language) for key in ("hint_state", "hint_credits")
            )
            if timeline_hint in said and turn.timeline.tracks:
                said = (
                    said.replace(f" {timeline_hint}", "").replace(timeline_hint, "").strip()
                    + f"\n\n{self._draw(turn.timeline)}"
                )
            if balance in said:
                try:
                    said = said.replace(
                        balance, self._describe_balance(await self.credits.retrieve())
                    )
                except NemoVideoError as error:
                    if came_from_callback(error):
                        raise
                    # It stays how to ask for it: the turn has been paid for.
        return said

    def _describe_turn(self, turn: Turn, intent: Intent, said: str) -> str:
        """Return what the agent said and what changed: never nothing."""
        changes = list_changes(turn.changes, self.language)
        foreign = bool(changes) and _UNCHANGED.search(said) is not None
        lines = [localize("reconnected", self.language)] if turn.source == "state" else []
        if said:
            lines.append(said)
        if changes:
            heading = localize("changed_before" if foreign else "changed", self.language)
            lines += [
                *([""] if said else []),
                *([heading] if foreign or not said else []),
                *changes,
            ]
        elif not said:
            lines.append(localize("nothing_changed", self.language))
        if not changes and (not said or _NOT_UNDERSTOOD.search(said)):
            lines.append(localize("be_specific", self.language))
        stage = None if foreign else stage_of(turn.changes, turn.timeline)
        if stage is not None:
            lines += ["", localize(stage, self.language)]
        limit = find_limit(intent.text)
        if limit is not None:
            lines += ["", localize(limit, self.language)]
        text = "\n".join(lines)
        if not changes or foreign:
            return text
        new = any(each.kind == "added" and each.track_kind == "video" for each in turn.changes)
        film = turn.timeline
        kinds = {track.kind for track in film.tracks if track.segments}
        return self._with_steps(text, "generation" if new else "edit", film.end_ms / 1000, kinds)

    def _with_steps(
        self,
        text: str,
        after: Literal["generation", "edit", "upload"],
        seconds: float,
        kinds: Collection[str],
    ) -> str:
        proposed = next_steps(after, self.language, seconds=seconds, kinds=kinds)
        if not proposed:
            return text
        steps = "\n".join(f"- {step}" for step in proposed)
        return f"{text}\n\n{localize('next_steps', self.language)}\n{steps}"


def spoken_parts(said: str) -> list[str]:
    """Return what an agent said as it stands in a reply: without the hints that are acted on."""
    hints = [
        re.escape(localize(key, language))
        for key in ("hint_state", "hint_credits")
        for language in ("en", "zh-CN", "zh-TW")
    ]
    return [part.strip() for part in re.split("|".join(hints), said) if part.strip()]


def list_changes(changes: Iterable[Change], language: str | None) -> list[str]:
    """Return the changes as the lines of a list: the first of them, and how many there are more."""
    lines = describe(changes, language or "en")
    more = len(lines) - _MOST_CHANGES
    if more > 1:
        lines[_MOST_CHANGES:] = [localize("more_changes", language, count=more)]
    return [f"- {line}" for line in lines]


def stage_of(
    changes: Iterable[Change], timeline: Timeline
) -> Literal["clip_ready", "video_ready"] | None:
    """Return which of its two stages a generation has reached (wire-contract section 5).

    Args:
        changes: what a turn changed; None comes of one that generated no new video.
        timeline: what came of it. A clip that joins others is finished by nothing else.
    """
    added = [change for change in changes if change.kind == "added"]
    clips = [change.after for change in added if change.track_kind == "video"]
    shown = sum(len(track.segments) for track in timeline.tracks if track.kind == "video")
    if len(clips) < shown or not any(clip is not None and clip.prompt for clip in clips):
        return None
    finished = any(change.track_kind in ("audio", "text") for change in added)
    return "video_ready" if finished else "clip_ready"
