"""Formats sizes, times and amounts."""

from __future__ import annotations

from datetime import datetime


def size(count: float) -> str:
    """Return bytes as `812 B`, `3.2 MB`, `500 MB`; 1 MB is 2**20 bytes, as in the upload limit."""
    if count < 1024:
        return f"{count:.0f} B"
    amount, unit = count / 1024, "KB"
    for larger in ("MB", "GB", "TB"):
        # 1023.5 would be written as 1024 of the smaller unit.
        if amount < 1023.5:
            break
        amount, unit = amount / 1024, larger
    return f"{amount:.0f} {unit}" if amount >= 100 else f"{amount:.1f} {unit}".replace(".0 ", " ")


def clock(seconds: float) -> str:
    """Return elapsed time: `0:07`, `12:40`, `1:02:03`."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def span(seconds: float) -> str:
    """Return a duration: `2.5 s`, `10 s`, `2 min 30 s`, `3 h 5 min`, `6 days`."""
    if 0 < seconds < 9.95 and round(seconds, 1) != round(seconds):
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole >= 2 * 86400:
        return f"{whole // 86400} days"
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        rest = 0
    parts = ((hours, "h"), (minutes, "min"), (rest, "s"))
    return " ".join(f"{number} {unit}" for number, unit in parts if number) or "0 s"


def amount(number: float) -> str:
    """Return a number without trailing zeros: `100`, `12.5`."""
    return f"{number:,.2f}".rstrip("0").rstrip(".")


def count(number: float, noun: str) -> str:
    """Return `1 credit`, `2 credits`."""
    return f"{amount(number)} {noun}" if number == 1 else f"{amount(number)} {noun}s"


def ago(time: datetime, now: datetime) -> str:
    """Return a time relative to `now`: `just now`, `3 min ago`, `5 h ago`, else its date."""
    seconds = (now - time).total_seconds()
    if seconds < 60:
        return "just now"
    if seconds < 3600:
        return f"{int(seconds // 60)} min ago"
    if seconds < 86400:
        return f"{int(seconds // 3600)} h ago"
    return f"{time.astimezone():%Y-%m-%d %H:%M}"
