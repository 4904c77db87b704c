"""From the data of a reply to a typed result: lenient, as the service may change."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, cast

from nemovideo.errors import ServerError

if TYPE_CHECKING:
    from pydantic import ValidationError

    from nemovideo.models.base import Model

_M = TypeVar("_M", bound="Model")


def read_model(model: type[_M], data: dict[str, object], endpoint: str) -> _M:
    """Return `data` as `model`, without optional fields of another type than documented.

    Raises:
        ServerError: a required field is missing.
    """
    # pydantic's error is a `ValueError`; importing it by name would load pydantic too early.
    try:
        return model.model_validate(data)
    except ValueError as error:
        wrong = _fields_of(error)
    try:
        return model.model_validate({key: each for key, each in data.items() if key not in wrong})
    except ValueError as error:
        missing = sorted(_fields_of(error))
    # Not chained: pydantic's message quotes the values, and one of them may be a token. A traceback
    # with local variables would show them as well.
    del data
    raise missing_fields_error(endpoint, *missing)


def missing_fields_error(endpoint: str, *missing: str) -> ServerError:
    return ServerError(
        f"The service's reply lacks {', '.join(missing) or 'what was asked for'}. ({endpoint})",
        hint="Is NEMO_API_URL, or base_url, right? If it is, upgrade this package.",
        endpoint=endpoint,
    )


def _fields_of(error: ValueError) -> set[str]:
    return {str(each["loc"][0]) for each in cast("ValidationError", error).errors() if each["loc"]}
