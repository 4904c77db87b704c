"""The balance."""

from __future__ import annotations

from nemovideo.models.base import Model


class Credits(Model):
    """How many credits there are (wire-contract section 4)."""

    available: float = 0
    """What can be spent now."""
    frozen: float = 0
    """What is reserved for operations in progress."""
    total: float = 0
    """Both together."""
