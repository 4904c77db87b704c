"""Files in object stores and on other machines, through fsspec.

All here blocks, so a caller with an event loop runs it in a thread. fsspec has a loop of its own
in a thread of its own for what is async in it.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Generator
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO, Final

from nemovideo.errors import DownloadError, InvalidInputError
from nemovideo.files.safe_names import safe_name, temp_name
from nemovideo.files.save_targets import without_credentials
from nemovideo.security.printable_text import shorten
from nemovideo.security.redaction import redact

_PART_BYTES: Final = 8 * 2**20
"""Of a multipart upload: S3 takes 10,000 parts of at least 5 MiB."""

_CONDITIONAL: Final = frozenset({"s3", "s3a", "gs", "gcs"})
"""Where an object appears when its upload is completed, and only if there is none by then."""

_LONGEST_REASON: Final = 300

_file_systems: dict[tuple[Any, frozenset[tuple[str, str]]], Any] = {}
_ACCEPTED = ("a path", "a URL that fsspec can write to, such as s3://bucket/name.mp4")


class StoredFile:
    """A file that is to be at a URL.

    Args:
        url: of the file, or of a folder.
        default_name: the name of the file in a folder.

    Raises:
        InvalidInputError: the URL is none that can be written to.

    Example:
        ```python
        target = StoredFile("s3://films/", "render_1.mp4")
        target.check()
        target.upload(file, lambda: None)
        print(target.url)
        ```
    """

    def __init__(self, url: str, default_name: str) -> None:
        self.url: str = without_credentials(url)
        """Of the file, without credentials."""
        self._fs, self._path = self._open_file_system(url)
        with self._refusals("cannot be reached"):
            is_folder = (
                url.endswith("/")
                or (self._is_conditional and "/" not in self._path)
                or self._is_folder()
            )
        if is_folder:
            name = safe_name(default_name)
            self._path = f"{self._path.rstrip('/')}/{name}"
            self.url = f"{self.url.rstrip('/')}/{name}"

    def is_taken(self) -> bool:
        """Return True if something is there, as far as may be known."""
        with self._refusals("cannot be reached"):
            return self._exists()

    def read(self) -> bytes:
        """Return what is there; nothing where there is no file."""
        with self._refusals("cannot be read"):
            return bytes(self._fs.cat_file(self._path)) if self._exists() else b""

    def replace(self, content: bytes) -> None:
        """Write a small file there, in the place of what was there before."""
        with self._refusals("cannot be written"):
            self._fs.pipe_file(self._path, content)

    def check(self) -> None:
        """Refuse a place that is taken, before anything is paid for."""
        with self._refusals("cannot be reached"):
            if self._is_conditional:
                with contextlib.suppress(PermissionError):  # who may only write may not look
                    self._fs.info(self._path.partition("/")[0])
            if self._exists():
                raise _refused(f"{self.url} is there already.", "Choose another name.")

    def upload(self, file: BinaryIO, check_cancelled: Callable[[], None]) -> None:
        """Write a file there as a whole, and only if nothing is there.

        The same content, which an interrupted run brought there, is the file itself.

        Args:
            check_cancelled: raises what ends the upload, and is called between its parts.

        Raises:
            DownloadError: another file is there, or the store refused.
        """
        try:
            if self._exists():
                raise FileExistsError
            if self._is_conditional:
                self._upload_conditionally(file, check_cancelled)
            else:
                self._upload_and_move(file, check_cancelled)
        except Exception as error:
            # An answer that was lost on its way is no failure.
            if not self._has_content_of(file):
                raise self._failure(error) from error

    @property
    def _is_conditional(self) -> bool:
        protocol: str | tuple[str, ...] = self._fs.protocol
        return not _CONDITIONAL.isdisjoint((protocol, *protocol))

    def _open_file_system(self, url: str) -> tuple[Any, str]:
        try:
            core = import_module("fsspec.core")
        except ModuleNotFoundError:
            raise _refused(
                f"{self.url} is a URL, which takes fsspec.", 'pip install "nemovideo[storage]"'
            ) from None
        if url.lower().startswith(("http://", "https://")):
            raise _refused(f"{self.url} is a page's URL, to which no file can be written.")
        with self._refusals("cannot be used"):
            # None that fsspec shares: it remembers listings, and has others' files in its
            # transactions.
            fs, path = core.url_to_fs(url, skip_instance_cache=True, use_listings_cache=False)
        if not path.strip("/"):
            raise _refused(f"{self.url} names no bucket or folder.")
        # One that was used stays: collected in a program's event loop, it closes its connections
        # there, which are of another loop. Other credentials in the environment are another one.
        return _file_systems.setdefault((fs, frozenset(os.environ.items())), fs), path

    @contextlib.contextmanager
    def _refusals(self, what: str) -> Generator[None, None, None]:
        try:
            yield
        except InvalidInputError:
            raise
        except ImportError as error:
            raise _refused(
                f"{self.url} {what}: {_reason(error)}", "Install what it names."
            ) from error
        except Exception as error:  # each store has errors of its own
            _file_systems.clear()  # whoever mends the credentials in a file may try again
            raise _refused(
                f"{self.url} {what}: {_reason(error)}",
                "Check the URL, and the credentials that the store's own library reads.",
            ) from error

    def _exists(self) -> bool:
        try:
            return bool(self._fs.exists(self._path))
        except PermissionError:
            return False

    def _is_folder(self) -> bool:
        try:
            return bool(self._fs.isdir(self._path))
        except PermissionError:
            return False

    def _upload_conditionally(self, file: BinaryIO, check_cancelled: Callable[[], None]) -> None:
        out: Any = self._fs.open(self._path, "xb", block_size=_PART_BYTES, autocommit=False)
        try:
            with out:
                _copy(file, out, check_cancelled)
            out.commit()
        except BaseException:
            out.discard()
            raise

    def _upload_and_move(self, file: BinaryIO, check_cancelled: Callable[[], None]) -> None:
        folder, slash, name = self._path.rpartition("/")
        part = f"{folder}{slash}{temp_name(Path(name)).name}"
        try:
            with self._fs.open(part, "wb") as out:
                _copy(file, out, check_cancelled)
            if self._exists():
                raise FileExistsError
            self._move(part)
        except BaseException:
            with contextlib.suppress(Exception):
                self._fs.rm_file(part)
            raise

    def _move(self, part: str) -> None:
        general: Any = import_module("fsspec").AbstractFileSystem
        system: Any = self._fs
        own = system.__class__
        if own.mv is general.mv:
            # Which would take brackets in a name for a pattern.
            self._fs.cp_file(part, self._path)
            self._fs.rm_file(part)
        else:
            self._fs.mv(part, self._path)

    def _has_content_of(self, file: BinaryIO) -> bool:
        with contextlib.suppress(Exception):
            size = file.seek(0, 2)
            file.seek(0)
            if self._fs.info(self._path)["size"] == size:
                with self._fs.open(self._path, "rb") as there:
                    return _is_equal(file, there)
        return False

    def _failure(self, error: Exception) -> DownloadError:
        taken = isinstance(error, FileExistsError)
        if not taken:
            _file_systems.clear()
        what = "Another file is there." if taken else _reason(error)
        return DownloadError(
            f"The video could not be written to {self.url}: {what}",
            path=self.url,
            hint="The render is kept by the service, and costs nothing again: "
            + ("choose another name." if taken else "check the store, and save it again."),
        )


def _copy(file: BinaryIO, out: Any, check_cancelled: Callable[[], None]) -> None:
    file.seek(0)
    while data := file.read(_PART_BYTES):
        check_cancelled()
        out.write(data)
    check_cancelled()


def _is_equal(one: BinaryIO, other: Any) -> bool:
    while data := one.read(_PART_BYTES):
        if other.read(len(data)) != data:
            return False
    return True


def _reason(error: Exception) -> str:
    text = redact(" ".join(str(error).split())) or type(error).__name__
    return shorten(text, _LONGEST_REASON).rstrip(".") + "."


def _refused(message: str, hint: str = "Choose another place.") -> InvalidInputError:
    return InvalidInputError(message, parameter="path", accepted=_ACCEPTED, hint=hint)
