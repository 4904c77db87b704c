"""Checks of arguments: an invalid one is refused by name, before anything is sent."""

from __future__ import annotations

import math
import os
import re
import unicodedata
from collections.abc import Mapping
from numbers import Real
from typing import Any, Final, cast

from nemovideo.errors import InvalidInputError

_LANGUAGE_TAG: Final = re.compile("[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")


def check_number(value: object, parameter: str, *, endless: bool = False) -> None:
    # Compared, not converted: numbers of other libraries are valid, and NaN is not.
    is_number = not isinstance(value, bool) and isinstance(value, Real)
    most: Any = math.inf
    if is_number and 0 <= cast("Any", value) <= most and (endless or value != most):
        return
    raise _refused(parameter, value, "a number from 0" if endless else "a finite number from 0")


def check_count(value: object, parameter: str) -> None:
    """Refuse a value that is not a whole number from 0."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise _refused(parameter, value, "a whole number from 0")


def check_range(value: object, parameter: str, least: int, most: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise _refused(parameter, value, f"a whole number from {least} to {most}")


def check_flag(value: object, parameter: str) -> None:
    """Refuse a value that is neither True nor False: `"no"` would be true."""
    if not isinstance(value, bool):
        raise _refused(parameter, value, "True", "False")


def check_callback(value: object, parameter: str) -> None:
    if value is not None and not callable(value):
        raise _refused(parameter, value, "a function", "None")


def check_string(value: object, parameter: str) -> None:
    """Refuse a value that is neither a string nor None."""
    if value is not None and not isinstance(value, str):
        raise _refused(parameter, value, "a text", "None")


def check_language(value: object) -> None:
    check_string(value, "language")
    if isinstance(value, str) and not _LANGUAGE_TAG.fullmatch(value):
        raise InvalidInputError(
            "language is no language tag.",
            parameter="language",
            accepted=('"en"', '"zh-CN"', '"ja"', "another tag of two or three letters", "None"),
            hint='Write "en" for English, "zh-CN" for Chinese; without it, the text decides.',
        )


def check_path(value: object, parameter: str) -> None:
    if value is not None and not isinstance(value, (str, os.PathLike)):
        raise _refused(parameter, value, "a path", "None")


def check_kind(value: object, parameter: str, kind: type | tuple[type, ...], accepted: str) -> None:
    if not isinstance(value, kind):
        raise _refused(parameter, value, accepted)


def check_string_mapping(value: object, parameter: str) -> None:
    given: object = value
    pairs = cast("Mapping[object, object]", given).items() if isinstance(value, Mapping) else None
    if pairs is None or not all(isinstance(each, str) for pair in pairs for each in pair):
        raise _refused(parameter, given, "a mapping of texts to texts")


def check_id(value: object, parameter: str) -> str:
    """Return an id; refuse what cannot be one, as it goes into the path of a request."""
    if isinstance(value, str) and value.strip(".") and value.isprintable():
        return value
    raise InvalidInputError(
        f"{parameter} is empty or not an id.",
        parameter=parameter,
        accepted=("an id as the service returned it",),
        hint=f"Pass the {parameter} that an earlier call returned.",
    )


LONGEST_KEY: Final = 200


def check_key(value: object, parameter: str = "key") -> str:
    """Return a key: a text of 1 to 200 characters without control characters."""
    if not isinstance(value, str):
        raise _refused(parameter, value, f"a text of 1 to {LONGEST_KEY} characters")
    if not value:
        problem = "is empty"
    elif len(value) > LONGEST_KEY:
        problem = f"has {len(value)} characters"
    elif any(unicodedata.category(character) in ("Cc", "Cs") for character in value):
        problem = "has control characters"
    else:
        return value
    raise InvalidInputError(
        f"{parameter} {problem}.",
        parameter=parameter,
        accepted=(f"a text of 1 to {LONGEST_KEY} characters, without control characters",),
        hint='Name the piece of work, as in key="row-17".',
    )


def _refused(parameter: str, value: object, *accepted: str) -> InvalidInputError:
    # A string may hold anything; a number is shown.
    shown = repr(value) if isinstance(value, (int, float)) else f"of type {type(value).__name__}"
    return InvalidInputError(
        f"{parameter} is {shown}.",
        parameter=parameter,
        accepted=accepted,
        hint=f"Give {' or '.join(accepted)}.",
    )
