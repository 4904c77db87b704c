"""From the data of an answer to a typed result."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from nemovideo.errors import ServerError

if TYPE_CHECKING:
    from nemovideo.models.base import Model

_M = TypeVar("_M", bound="Model")


def read_model(model: type[_M], data: object, endpoint: str) -> _M:
    """Read `data` as `model`.

    Raises:
        ServerError: what the model cannot do without is missing.
    """
    from pydantic import ValidationError  # loaded with the model

    try:
        return model.model_validate(data)
    except ValidationError as error:
        missing = sorted({str(each["loc"][0]) for each in error.errors() if each["loc"]})
        # Not chained: pydantic's text quotes the values, and one of them may be a token. A
        # traceback with local variables would show them as well.
        del data, error
        raise ServerError(
            f"The service's answer lacks {', '.join(missing) or 'what was asked for'}."
            f" ({endpoint})",
            hint="Try again; if it stays, this package is older than the service: upgrade it.",
            endpoint=endpoint,
        ) from None
