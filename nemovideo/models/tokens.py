"""Tokens: for requests, and for a browser to take over a session."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from pydantic import (
    SecretStr,
    SerializerFunctionWrapHandler,
    field_validator,
    model_serializer,
)

from nemovideo.models.base import Model, read_time
from nemovideo.security.redaction import MASK, redact


class _TokenModel(Model):
    """A result that holds a secret: `to_dict` masks it, in unknown fields too."""

    @model_serializer(mode="wrap")
    def _mask(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: _masked_value(name, value) for name, value in write(self).items()}


def _masked_value(name: str, value: object) -> object:
    if not isinstance(value, str):
        return value
    return MASK if "token" in name or "secret" in name else redact(value)


class AnonymousToken(_TokenModel):
    """A token without registration, one per client and week (wire-contract section 4)."""

    _repr_fields: ClassVar[tuple[str, ...]] = ("user_id", "expires_at", "credits")

    token: SecretStr
    """The token; `token.get_secret_value()` reveals it."""
    user_id: str | None = None
    expires_at: datetime | None = None
    """When it expires, with a time zone."""
    credits: int | float | None = None
    """The credits that come with it."""

    _lenient_time = field_validator("expires_at", mode="before")(read_time)

    def __getstate__(self) -> dict[Any, Any]:
        return _mask_state(super().__getstate__(), token=SecretStr(MASK))


class ClaimToken(_TokenModel):
    """A one-purpose token that opens a session in a browser (wire-contract section 4)."""

    _repr_fields: ClassVar[tuple[str, ...]] = ("expires_in",)

    claim_token: SecretStr
    """The token; `claim_token.get_secret_value()` reveals it."""
    expires_in: int | None = None
    """Seconds for which the link is valid."""
    url: str = ""
    """The browser link. Whoever has it can take the session over, so `to_dict` masks it."""

    def __getstate__(self) -> dict[Any, Any]:
        return _mask_state(super().__getstate__(), claim_token=SecretStr(MASK), url="")


def _mask_state(state: dict[Any, Any], **fields: object) -> dict[Any, Any]:
    # Pickles are sent to queues, caches and error trackers.
    return {**state, "__dict__": {**state["__dict__"], **fields}}
