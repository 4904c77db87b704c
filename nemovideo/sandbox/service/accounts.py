"""Accounts, tokens, sessions, credits and claims."""

import hashlib
import json
import secrets
import uuid

from nemovideo.sandbox.clock import Clock
from nemovideo.sandbox.service.errors import APIError, bad_request, session_not_found
from nemovideo.sandbox.service.settings import WEEK, Settings
from nemovideo.sandbox.storage.records import (
    SCOPES,
    Account,
    Asset,
    Charge,
    Claim,
    Json,
    Plan,
    Render,
    Session,
    Token,
)
from nemovideo.sandbox.storage.store import Store


def draft_fingerprint(draft: object) -> str:
    """Return a hash of a draft that tells 10 from 10.0."""
    return hashlib.sha256(json.dumps(draft, sort_keys=True).encode()).hexdigest()


class Service:
    """Accounts, tokens, sessions, credits and claims; each method acts or raises `APIError`.

    Only called on the server's loop, so nothing here needs a lock.
    """

    def __init__(self, settings: Settings, store: Store, clock: Clock) -> None:
        self.settings = settings
        self.store = store
        self.clock = clock
        self._issued_to: dict[str, list[float]] = {}

    def anonymous_token(self, client_id: str, address: str) -> tuple[Token, Account]:
        """Issue a token to a client; a known client has its account and its credits already."""
        try:
            client_id = str(uuid.UUID(client_id))
        except ValueError:
            raise APIError(400, "Missing or invalid X-Client-Id header", status=400) from None
        self._check_token_limits(client_id, address)
        accounts = self.store.accounts.values()
        account = next((account for account in accounts if account.client_id == client_id), None)
        account = account or self.create_account(client_id)
        token = self.issue_token(account)
        self._issued_to.setdefault(address, []).append(token.issued_at)
        return token, account

    def issue_token(
        self, account: Account, scopes: tuple[str, ...] = SCOPES, lifetime: float = WEEK
    ) -> Token:
        now = self.clock.now()
        token = Token(
            text=f"nmv_usr_{secrets.token_hex(20)}",
            user_id=account.user_id,
            client_id=account.client_id,
            issued_at=now,
            expires_at=now + lifetime,
            scopes=scopes,
        )
        self.store.save(token)
        return token

    def create_account(
        self,
        client_id: str | None,
        credits: int | None = None,
        registered: bool = False,
        plan: Plan = "free",
    ) -> Account:
        """Create an account with its first credits."""
        account = Account(
            user_id=f"user_{secrets.token_hex(8)}",
            client_id=client_id,
            available=self.settings.credits if credits is None else credits,
            registered=registered,
            plan=plan,
        )
        self.store.save(account)
        return account

    def authenticate(self, authorization: str | None, scope: str) -> Account:
        """Return the account of an `Authorization` header whose token has this scope."""
        scheme, _, text = (authorization or "").partition(" ")
        token = self.store.tokens.get(text.strip())
        if scheme.lower() != "bearer" or token is None or not self._is_valid(token):
            raise APIError(1001, "Invalid or expired token")
        if scope not in token.scopes:
            raise APIError(403, f"The token lacks the scope '{scope}'", status=403)
        return self.store.accounts[token.user_id]

    def mark_token_rejected(self, authorization: str | None) -> None:
        """Note that a fault rejected this token, so that its client may request another one."""
        token = self.store.tokens.get((authorization or "").partition(" ")[2].strip())
        if token is not None:
            token.rejected_by_fault = True
            self.store.save(token)

    def _is_valid(self, token: Token) -> bool:
        return not token.revoked and token.expires_at > self.clock.now()

    def _check_token_limits(self, client_id: str, address: str) -> None:
        since = self.clock.now() - WEEK
        counted = [
            token
            for token in self.store.tokens.values()
            if token.client_id == client_id
            and token.issued_at > since
            and self._is_valid(token)
            and not token.rejected_by_fault
        ]
        limit = self.settings.token_limit_per_ip
        from_address = [at for at in self._issued_to.get(address, ()) if at > since]
        over_limit = limit is not None and len(from_address) >= limit
        if over_limit or len(counted) >= self.settings.token_limit:
            message = "Too many token requests: one token per client per 7 days"
            raise APIError(429, message, status=429)

    def create_session(self, account: Account, name: str, language: str | None) -> Session:
        session = Session(
            session_id=str(uuid.uuid4()),
            task_id=f"task_{secrets.token_hex(8)}",
            user_id=account.user_id,
            name=name,
            language=language,
            created_at=self.clock.now(),
        )
        self.store.save(session)
        return session

    def session(self, account: Account, session_id: str) -> Session:
        """Return the account's session; those of other users are not found."""
        session = self.store.sessions.get(session_id)
        if session is None or session.user_id != account.user_id:
            raise session_not_found()
        return session

    def claim(self, account: Account, session_id: str, task_id: str) -> Claim:
        session = self.session(account, session_id)
        if session.task_id != task_id:
            raise bad_request("task_id does not belong to this session")
        claim = Claim(
            text=f"clm_{secrets.token_hex(16)}",
            user_id=account.user_id,
            session_id=session_id,
            task_id=task_id,
            expires_at=self.clock.now() + WEEK,
        )
        self.store.save(claim)
        return claim

    def session_of_claim(self, text: str) -> Session | None:
        claim = self.store.claims.get(text)
        if claim is None or claim.expires_at <= self.clock.now():
            return None
        return self.store.sessions.get(claim.session_id)

    def record_draft(self, session: Session, draft: Json | None) -> None:
        """Record that the session has had this draft; a render of any other is altered."""
        fingerprint = draft_fingerprint(draft)
        if draft is not None and fingerprint not in session.draft_fingerprints:
            session.draft_fingerprints.append(fingerprint)

    def price(self, session: Session, charge_kind: str) -> int:
        """Return the price: a clip 100; the first edit of a session without a clip 50."""
        if charge_kind == "clip":
            return 100
        first_edit = not session.generated and not session.edit_paid
        return 50 if charge_kind == "edit" and first_edit else 0

    def reserve(self, account: Account, amount: int) -> None:
        if amount > account.available:
            needed = f"this needs {amount}, {account.available} available"
            raise APIError(2001, f"Insufficient credits: {needed}")
        account.available -= amount
        account.frozen += amount
        self.store.save(account)

    def settle(self, session: Session, amount: int, kind: str, message: str) -> None:
        """Charge the frozen credits of a turn that succeeded."""
        account = self.store.accounts[session.user_id]
        account.frozen -= amount
        session.generated = session.generated or kind == "clip"
        session.edit_paid = session.edit_paid or (kind == "edit" and amount > 0)
        self.store.save(account)
        number = len(self.store.charges) + 1
        now = self.clock.now()
        self.store.save(
            Charge(number, account.user_id, session.session_id, amount, kind, message, now)
        )

    def release(self, session: Session, amount: int) -> None:
        account = self.store.accounts[session.user_id]
        account.frozen -= amount
        account.available += amount
        self.store.save(account)

    def recover(self) -> None:
        """Return the credits frozen by turns that ended with an earlier process."""
        for account in self.store.accounts.values():
            if account.frozen:
                account.available, account.frozen = account.available + account.frozen, 0
                self.store.save(account)
        for session in self.store.sessions.values():
            for turn in session.turns:
                turn.finished = True

    def check_export(self, account: Account, attributed: bool) -> None:
        """Raise 402 unless the plan allows export and the attribution headers were sent."""
        reason = ""
        if not attributed:
            reason = "the X-Skill-Source, -Version and -Platform headers are required"
        elif account.plan == "free" and not self.settings.free_plan_exports:
            reason = "the free plan does not include export"
        if reason:
            raise APIError(402, f"Export blocked: {reason}", status=402)

    def render(self, account: Account, render_id: str) -> Render:
        render = self.store.renders.get(render_id)
        if render is None or render.user_id != account.user_id:
            raise APIError(404, "Render not found", status=404)
        return render

    def add_asset(self, session: Session, asset: Asset) -> None:
        """Add an uploaded file under a name that is unique in the session, as drafts need it."""
        taken = {other.filename for other in session.assets}
        stem, dot, extension = asset.filename.rpartition(".")
        number = 2
        while asset.filename in taken:
            asset.filename = f"{stem} ({number}){dot}{extension}"
            number += 1
        session.assets.append(asset)
        self.store.save(session)
