"""Uploads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

import anyio

from nemovideo import models
from nemovideo.concurrency.callbacks import ProgressCallback, came_from_callback
from nemovideo.concurrency.imports import import_in_thread
from nemovideo.errors import (
    APIConnectionError,
    APIError,
    InvalidInputError,
    NemoVideoError,
    SessionNotFoundError,
)
from nemovideo.files.inputs import FileInput, build_upload_form, check_urls
from nemovideo.models.validate import read_model
from nemovideo.protocol.calls import Call, Replay, build_upload_files, build_upload_urls
from nemovideo.protocol.retry_policy import (
    backoff_delay,
    is_ambiguous,
    may_retry,
    server_delay,
)
from nemovideo.security.redaction import private
from nemovideo.validation.arguments import check_callback, check_id

if TYPE_CHECKING:
    from nemovideo.files.multipart import MultipartBody
    from nemovideo.models.state import SessionState
    from nemovideo.models.uploads import UploadedFile
    from nemovideo.pipeline.pipeline import Pipeline
    from nemovideo.resources.states import States

_POLLS = 7
"""How often the state is polled before an upload counts as lost: half a minute in all."""


class Uploads:
    """`client.uploads`: files for a session."""

    def __init__(self, pipeline: Pipeline, states: States) -> None:
        self._pipeline = pipeline
        self._states = states

    async def create(
        self,
        session_id: str,
        *files: FileInput,
        urls: Sequence[str] = (),
        on_progress: ProgressCallback | None = None,
    ) -> list[UploadedFile]:
        """Upload files into a session, all of them in one request (wire-contract section 4).

        They are read from disk while they are sent. An upload that broke is repeated only after
        the session's state has shown that it did not arrive: the state is read before the upload,
        so that a file is told from an older one of the same name.

        Args:
            session_id: where they go.
            files: paths, `(name, bytes)` pairs, binary file objects, `(name, file)` pairs; mp4 mov
                avi webm mkv, jpg png gif webp, mp3 wav m4a aac, at most 500 MB each.
            urls: URLs of files that the service fetches by itself.
            on_progress: called with (bytes sent, bytes in all); sync or async.

        Raises:
            InvalidInputError, UnsupportedFileError, FileTooLargeError: refused before anything is
                sent.
            SessionNotFoundError: the service does not know the session.
            APIConnectionError: the upload broke, and was repeated in vain.

        Example:
            ```python
            (clip,) = await client.uploads.create(session_id, "beach.mp4")
            print(clip.filename, clip.duration)
            ```
        """
        check_id(session_id, "session_id")
        check_callback(on_progress, "on_progress")
        urls = private(urls)
        body, addresses = await _check_files(files, urls, on_progress)
        await import_in_thread("nemovideo.models.state")
        before = await self._read_state(session_id)
        return await self.send(session_id, body, addresses, before)

    async def send(
        self,
        session_id: str,
        body: MultipartBody | None,
        urls: Sequence[str],
        before: SessionState | None,
    ) -> list[UploadedFile]:
        """Send what was checked before to `session_id`: the form (`body`) first, then the `urls`.

        Args:
            before: the session's state; None where it could not be read.
        """
        uploaded: list[UploadedFile] = []
        if body is not None:
            names = [part.name for part in body.parts]
            call = build_upload_files(session_id, body)
            uploaded += await self._send_checked(session_id, call, names, before)
        if urls:
            names = [urlsplit(url).path.rpartition("/")[2] for url in urls]
            known = None if before is None else _with_files(before, uploaded)
            call = build_upload_urls(session_id, urls)
            uploaded += await self._send_checked(session_id, call, names, known)
        return uploaded

    async def _read_state(self, session_id: str) -> SessionState | None:
        """Read what a session holds before an upload, or None where it cannot be read."""
        try:
            return await self._states.retrieve(session_id)
        except SessionNotFoundError:
            raise
        except (APIConnectionError, APIError) as error:
            if came_from_callback(error):
                raise
            return None

    async def _send_checked(
        self, session_id: str, call: Call, names: Sequence[str], before: SessionState | None
    ) -> list[UploadedFile]:
        """Send a call; before it is sent again, find out whether the files arrived."""
        found: list[UploadedFile] | None = None

        async def find_result(error: NemoVideoError) -> dict[str, object] | None:
            nonlocal found
            if is_ambiguous(error):
                found = await self._find(session_id, names, before, error)
            return None if found is None else {}

        data = await self._pipeline.call(call, find_result=find_result)
        return _files(data.get("files"), call.endpoint) if found is None else found

    async def _find(
        self,
        session_id: str,
        names: Sequence[str],
        before: SessionState | None,
        failure: NemoVideoError,
    ) -> list[UploadedFile] | None:
        """Poll the state for the files; None when they are still absent after enough polls.

        A gateway gives up sooner than the service behind it.

        Raises:
            NemoVideoError: `failure`, if nobody can tell, or if only a part arrived: sent again it
                might be there twice.
        """
        timing = self._pipeline.settings.timing
        wait, doubtful = 0.0, True
        for polls in range(1, _POLLS + 1):
            if polls > 1:  # before the first one the retry has waited
                await anyio.sleep(wait)
            wait = backoff_delay(polls + 1, timing)
            try:
                after = await self._states.poll(session_id)
            except (APIConnectionError, APIError) as error:
                if came_from_callback(error):
                    raise
                doubtful = True
                if not may_retry(error, Replay.SAFE):
                    break
                wait = max(wait, server_delay(error, timing) or 0)
                continue
            new = _new_files(before, after)
            arrived = _named(new, names)
            if before is None:
                new = arrived  # what else is there may be as old as the session
            elif len(arrived) >= len(names):
                return arrived
            changed = before is not None and after.draft != before.draft
            doubtful = bool(new) or (changed and after.draft.is_ready)
        if doubtful:
            raise failure
        return None


async def _check_files(
    files: Sequence[FileInput], urls: Sequence[str], on_progress: ProgressCallback | None
) -> tuple[MultipartBody | None, tuple[str, ...]]:
    """Check what is to be uploaded, before anything is sent."""
    addresses = check_urls(urls)
    if not files and not addresses:
        raise InvalidInputError(
            "There is nothing to upload.",
            parameter="files",
            accepted=("a path", "(name, bytes)", "a binary file", "urls=[…]"),
            hint="Name at least one file or URL.",
        )
    return (await build_upload_form(files, on_progress) if files else None), addresses


def _files(value: object, endpoint: str) -> list[UploadedFile]:
    listed = cast("list[object]", value) if isinstance(value, list) else []
    found = [cast("dict[str, object]", each) for each in listed if isinstance(each, dict)]
    return [read_model(models.UploadedFile, each, endpoint) for each in found]


def _new_files(before: SessionState | None, after: SessionState) -> list[UploadedFile]:
    """Return the files that the state has now and did not have before; all, if that is unknown."""
    found = _files(after.video_infos, "state")
    return found if before is None else found[len(_files(before.video_infos, "state")) :]


def _named(files: Sequence[UploadedFile], names: Sequence[str]) -> list[UploadedFile]:
    """Return those of the files that were sent: others may be somebody else's, sent meanwhile."""
    left = list(names)
    found: list[UploadedFile] = []
    for file in files:
        if file.filename in left:
            left.remove(file.filename)
            found.append(file)
    return found


def _with_files(state: SessionState, files: Sequence[UploadedFile]) -> SessionState:
    known = [*_files(state.video_infos, "state"), *files]
    return state.model_copy(update={"video_infos": [file.to_dict() for file in known]})
