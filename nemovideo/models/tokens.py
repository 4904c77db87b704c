"""Tokens: what lets a request in, and what lets a browser take a session over."""

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
    """A result that holds a secret: what is written of it, fields of the service's own included."""

    @model_serializer(mode="wrap")
    def _mask(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: _written(name, value) for name, value in write(self).items()}


def _written(name: str, value: object) -> object:
    if not isinstance(value, str):
        return value
    return MASK if "token" in name or "secret" in name else redact(value)


class AnonymousToken(_TokenModel):
    """A token that anybody gets, once per client and week (wire-contract section 4)."""

    _repr_fields: ClassVar[tuple[str, ...]] = ("user_id", "expires_at", "credits")

    token: SecretStr
    """The token; `token.get_secret_value()` reveals it."""
    user_id: str | None = None
    expires_at: datetime | None = None
    """When it stops working, with a time zone."""
    credits: int | float | None = None
    """How many credits came with it."""

    _lenient_time = field_validator("expires_at", mode="before")(read_time)

    def __getstate__(self) -> dict[Any, Any]:
        return _masked(super().__getstate__(), token=SecretStr(MASK))


class ClaimToken(_TokenModel):
    """A one-purpose token that opens a session in a browser (wire-contract section 4)."""

    _repr_fields: ClassVar[tuple[str, ...]] = ("expires_in",)

    claim_token: SecretStr
    """The token; `claim_token.get_secret_value()` reveals it."""
    expires_in: int | None = None
    """Seconds for which the link works."""
    url: str = ""
    """The browser link. Whoever has it can take the session over, so `to_dict` masks it."""

    def __getstate__(self) -> dict[Any, Any]:
        return _masked(super().__getstate__(), claim_token=SecretStr(MASK), url="")


def _masked(state: dict[Any, Any], **fields: object) -> dict[Any, Any]:
    # Pickles travel (queues, caches, error trackers): the secret stays at home.
    return {**state, "__dict__": {**state["__dict__"], **fields}}
