"""The balance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nemovideo import models
from nemovideo.models.validate import read_model
from nemovideo.protocol.calls import build_retrieve_credits

if TYPE_CHECKING:
    from nemovideo.models.credits import Credits
    from nemovideo.pipeline.pipeline import Pipeline
    from nemovideo.protocol.calls import Call


class CreditsResource:
    """`client.credits`: how many credits there are."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self._most: float = 0

    async def retrieve(self) -> Credits:
        """Read the balance (wire-contract section 4).

        Example:
            ```python
            credits = await client.credits.retrieve()
            print(credits.available, credits.frozen)
            ```
        """
        call = build_retrieve_credits()
        return self._typed(await self._pipeline.call(call), call)

    async def poll(self) -> Credits:
        """Read it once, as `retrieve`: for who can do without."""
        call = build_retrieve_credits()
        return self._typed(await self._pipeline.call(call, max_retries=0), call)

    def _typed(self, data: dict[str, object], call: Call) -> Credits:
        balance = read_model(models.Credits, data, call.endpoint)
        self._most = max(self._most, balance.total)
        # Beside the fields: the service did not say it, and it is no part of equality.
        object.__setattr__(balance, "_most", self._most)
        return balance
