"""Tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nemovideo import models
from nemovideo.models.validate import read_model
from nemovideo.protocol.calls import build_create_claim_token

if TYPE_CHECKING:
    from nemovideo.models.tokens import AnonymousToken, ClaimToken
    from nemovideo.pipeline.pipeline import Pipeline


class Tokens:
    """`client.tokens`: anonymous tokens, and links that open a session in a browser."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline

    async def create_anonymous(self) -> AnonymousToken:
        """Ask for a new anonymous token (wire-contract section 4).

        The client asks by itself when it needs one, so this is rarely called. The token is saved
        in the config folder, and used by this client unless it was given one.

        Raises:
            RateLimitError: one token per client and week; `retry_after` says when to ask again.

        Example:
            ```python
            token = await client.tokens.create_anonymous()
            print(token.credits, token.expires_at)
            ```
        """
        return await self._pipeline.tokens.create()

    async def create_claim(self, session_id: str, task_id: str) -> ClaimToken:
        """Make a link that opens a session in a browser (wire-contract section 4).

        Args:
            session_id: of the session, as `sessions.create` gave it.
            task_id: of the same session.

        Raises:
            SessionNotFoundError: the service does not know the session.

        Example:
            ```python
            claim = await client.tokens.create_claim(session.session_id, session.task_id)
            print(claim.url)
            ```
        """
        call = build_create_claim_token(session_id, task_id)
        await self._pipeline.prepare()
        # The answer goes by no name here: a traceback with local variables would print it.
        claim = read_model(models.ClaimToken, await self._pipeline.call(call), call.endpoint)
        web = self._pipeline.settings.web_url
        url = f"{web}/workspace/claim?ct={claim.claim_token.get_secret_value()}"
        return claim.model_copy(update={"url": url})
