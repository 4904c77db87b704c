"""From the data of an answer to a typed result: lenient, since the service may change."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, cast

from nemovideo.errors import ServerError

if TYPE_CHECKING:
    from pydantic import ValidationError

    from nemovideo.models.base import Model

_M = TypeVar("_M", bound="Model")


def read_model(model: type[_M], data: dict[str, object], endpoint: str) -> _M:
    """Read `data` as `model`, without the optional fields that are of another type than documented.

    Raises:
        ServerError: what the model cannot do without is missing.
    """
    # The error of pydantic is a `ValueError`; to name it, each answer would have to import it: at
    # the top of this file it would be loaded before it is needed.
    try:
        return model.model_validate(data)
    except ValueError as error:
        wrong = _fields_of(error)
    try:
        return model.model_validate({key: each for key, each in data.items() if key not in wrong})
    except ValueError as error:
        missing = sorted(_fields_of(error))
    # Not chained: pydantic's text quotes the values, and one of them may be a token. A traceback
    # with local variables would show them as well.
    del data
    raise lacking(endpoint, *missing)


def lacking(endpoint: str, *missing: str) -> ServerError:
    """Return the error for an answer without what was asked for."""
    return ServerError(
        f"The service's answer lacks {', '.join(missing) or 'what was asked for'}. ({endpoint})",
        hint="Try again; if it stays, this package is older than the service: upgrade it.",
        endpoint=endpoint,
    )


def _fields_of(error: ValueError) -> set[str]:
    return {str(each["loc"][0]) for each in cast("ValidationError", error).errors() if each["loc"]}
