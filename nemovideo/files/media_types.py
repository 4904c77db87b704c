"""What kind of file it is: by its name, and by its first bytes. Pure."""

from __future__ import annotations

from pathlib import PurePath

HEAD_BYTES = 16
"""How much of a file `sniff_container` looks at."""

_MIME = {
    "mp4": "video/mp4",
    "mov": "video/quicktime",
    "avi": "video/x-msvideo",
    "webm": "video/webm",
    "mkv": "video/x-matroska",
    "jpg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "webp": "image/webp",
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
    "m4a": "audio/mp4",
    "aac": "audio/aac",
}
"""By ending: those of `errors.SUPPORTED_FORMATS`."""

# Kinds that share a container are told apart by their names: cameras write "qt" brands into
# .mp4 files and the other way round, and every reader copes.
_FAMILY = {
    **dict.fromkeys(("mp4", "mov", "m4a"), "iso"),
    **dict.fromkeys(("webm", "mkv"), "matroska"),
    **dict.fromkeys(("mp3", "aac"), "mpeg audio"),
}

_MAGIC = (
    (b"\x1a\x45\xdf\xa3", "matroska"),
    (b"\xff\xd8\xff", "jpg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"ID3", "mpeg audio"),
    (b"ADIF", "mpeg audio"),
)
_DOCUMENTS = (b"%PDF", b"PK\x03\x04", b"<!", b"<html", b"<?xml", b"\x7fELF", b"MZ")
_RIFF = {b"AVI ": "avi", b"WAVE": "wav", b"WEBP": "webp"}
_ISO_BOXES = {b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"}


def supported_extension(name: str) -> str | None:
    """Return the supported ending of a file name, or None."""
    ending = PurePath(name).suffix.lower().removeprefix(".")
    ending = "jpg" if ending == "jpeg" else ending
    return ending if ending in _MIME else None


def mime_type(ending: str) -> str:
    return _MIME[ending]


def matches_extension(ending: str, head: bytes) -> bool:
    """Return True if a file that begins with `head` may have a name that ends so.

    Only what is known to be something else is refused: the service knows more codecs than this.
    """
    family = sniff_container(head)
    if family is None:
        return not head.lower().startswith(tuple(each.lower() for each in _DOCUMENTS))
    return family == _FAMILY.get(ending, ending)


def sniff_container(head: bytes) -> str | None:
    """Return what the first `HEAD_BYTES` of a file say that it is, or None."""
    for magic, family in _MAGIC:
        if head.startswith(magic):
            return family
    if head[:4] in {b"RIFF", b"RF64"}:
        return _RIFF.get(head[8:12])
    if head[4:8] in _ISO_BOXES:
        return "iso"
    return "mpeg audio" if _is_mpeg_frame(head) else None


def _is_mpeg_frame(head: bytes) -> bool:
    # Eleven set bits; then a version and a layer. Version 1 is reserved.
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    return head[1] & 0x18 != 0x08
