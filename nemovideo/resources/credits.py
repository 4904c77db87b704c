"""The balance."""

from __future__ import annotations

from nemovideo._dispatch import Pipeline
from nemovideo.models.credits import Credits
from nemovideo.models.read import read_model
from nemovideo.protocol.calls import build_retrieve_credits


class CreditsResource:
    """`client.credits`: how many credits there are."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline

    async def retrieve(self) -> Credits:
        """Read the balance (wire-contract section 4).

        Example:
            ```python
            credits = await client.credits.retrieve()
            print(credits.available, credits.frozen)
            ```
        """
        call = build_retrieve_credits()
        return read_model(Credits, await self._pipeline.call(call), call.endpoint)
