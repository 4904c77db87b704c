"""A fact of the fidelity page, and what a check expects of an answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from nemovideo.cli.verify.service import Answer, Differs, Service

Check: TypeAlias = Callable[[Service], Awaitable[str]]


@dataclass(frozen=True)
class Fact:
    """One fact.

    Args:
        name: What the table calls it.
        row: The row of the fidelity page that it belongs to.
        check: What tries it: returns what was found, or raises `Differs` or `NotTried`. None: it
            cannot be tried.
        reason: Why it cannot be tried.
    """

    name: str
    row: str
    check: Check | None = None
    reason: str = ""


class Facts(list[Fact]):
    """The facts of one subject, in the order of the page."""

    def fact(self, name: str, row: str = "") -> Callable[[Check], Check]:
        def register(check: Check) -> Check:
            self.append(Fact(name, row or name, check))
            return check

        return register

    def untried(self, row: str, reason: str) -> None:
        self.append(Fact(row, row, None, reason))


def expect(holds: object, found: str) -> str:
    """Return what was found."""
    if not holds:
        raise Differs(found)
    return found


def refused(answer: Answer, *codes: int) -> str:
    return expect(answer.code in codes, str(answer))


def names_of(found: Mapping[str, object], *names: str) -> str:
    missing = [name for name in names if name not in found]
    return expect(not missing, f"no {', '.join(missing)}" if missing else ", ".join(names))
