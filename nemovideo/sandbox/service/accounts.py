"""Accounts, tokens, sessions, credits and claims."""

import hashlib
import json
import secrets
import uuid

from nemovideo.sandbox.clock import Clock
from nemovideo.sandbox.service.errors import (
    bad_request,
    export_blocked,
    insufficient_credits,
    invalid_token,
    missing_client_id,
    missing_scope,
    rate_limited,
    render_not_found,
    session_not_found,
)
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
    """A draft's fingerprint, which tells 10 from 10.0: drafts compare number for number."""
    return hashlib.sha256(json.dumps(draft, sort_keys=True).encode()).hexdigest()


class Service:
    """Accounts, tokens, sessions, credits and claims; every method either acts or refuses.

    Only called on the server's loop, so nothing here needs a lock.
    """

    def __init__(self, settings: Settings, store: Store, clock: Clock) -> None:
        self.settings = settings
        self.store = store
        self.clock = clock
        self._issued_to: dict[str, list[float]] = {}

    # tokens

    def anonymous_token(self, client_id: str, address: str) -> tuple[Token, Account]:
        """Issue a token to a client; the same client keeps its account and its credits."""
        try:
            client_id = str(uuid.UUID(client_id))
        except ValueError:
            raise missing_client_id() from None
        self._check_token_limits(client_id, address)
        account = self._account_of(client_id)
        token = self.issue_token(account)
        self._issued_to.setdefault(address, []).append(token.issued_at)
        return token, account

    def issue_token(
        self, account: Account, scopes: tuple[str, ...] = SCOPES, lifetime: float = WEEK
    ) -> Token:
        """Make a token for an account."""
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
        """Make an account with its first credits."""
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
        """The account behind an `Authorization` header, when its token is good for `scope`."""
        scheme, _, text = (authorization or "").partition(" ")
        token = self.store.tokens.get(text.strip())
        if scheme.lower() != "bearer" or token is None or not self._is_valid(token):
            raise invalid_token()
        if scope not in token.scopes:
            raise missing_scope(scope)
        return self.store.accounts[token.user_id]

    def mark_token_rejected(self, authorization: str | None) -> None:
        """A fault has called this token bad, so its client may well ask for another one."""
        token = self.store.tokens.get((authorization or "").partition(" ")[2].strip())
        if token is not None:
            token.refused = True
            self.store.save(token)

    def _is_valid(self, token: Token) -> bool:
        return not token.revoked and token.expires_at > self.clock.now()

    def _check_token_limits(self, client_id: str, address: str) -> None:
        since = self.clock.now() - WEEK
        held = [
            token
            for token in self.store.tokens.values()
            if token.client_id == client_id
            and token.issued_at > since
            and self._is_valid(token)
            and not token.refused
        ]
        limit = self.settings.token_limit_per_ip
        from_address = [at for at in self._issued_to.get(address, ()) if at > since]
        if len(held) >= self.settings.token_limit:
            raise rate_limited()
        if limit is not None and len(from_address) >= limit:
            raise rate_limited()

    def _account_of(self, client_id: str) -> Account:
        known = (a for a in self.store.accounts.values() if a.client_id == client_id)
        return next(known, None) or self.create_account(client_id)

    # sessions

    def create_session(self, account: Account, name: str, language: str | None) -> Session:
        """Open a session with nothing in it."""
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
        """The account's session of this id; another user's session does not exist for it."""
        session = self.store.sessions.get(session_id)
        if session is None or session.user_id != account.user_id:
            raise session_not_found()
        return session

    def claim(self, account: Account, session_id: str, task_id: str) -> Claim:
        """Make the right to open a session in a browser."""
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
        """The session that a claim token opens, while it has not expired."""
        claim = self.store.claims.get(text)
        if claim is None or claim.expires_at <= self.clock.now():
            return None
        return self.store.sessions.get(claim.session_id)

    def record_draft(self, session: Session, draft: Json | None) -> None:
        """Remember that this draft was given out, so that a render of it can be recognised."""
        key = draft_fingerprint(draft)
        if draft is not None and key not in session.draft_fingerprints:
            session.draft_fingerprints.append(key)

    # credits

    def price(self, session: Session, charge_kind: str) -> int:
        """What a turn costs: a clip 100; the first edit of a session without a clip 50."""
        if charge_kind == "clip":
            return 100
        first_edit = not session.generated and not session.edit_paid
        return 50 if charge_kind == "edit" and first_edit else 0

    def reserve(self, account: Account, amount: int) -> None:
        """Freeze credits for a turn that begins."""
        if amount > account.available:
            raise insufficient_credits(account.available, amount)
        account.available -= amount
        account.frozen += amount
        self.store.save(account)

    def settle(self, session: Session, amount: int, kind: str, message: str) -> None:
        """Take the frozen credits of a turn that ended well."""
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
        """Give back the frozen credits of a turn that failed."""
        account = self.store.accounts[session.user_id]
        account.frozen -= amount
        account.available += amount
        self.store.save(account)

    def recover(self) -> None:
        """Give back what turns had frozen that ended with an earlier process."""
        for account in self.store.accounts.values():
            if account.frozen:
                account.available, account.frozen = account.available + account.frozen, 0
                self.store.save(account)
        for session in self.store.sessions.values():
            for turn in session.turns:
                turn.finished = True

    # renders

    def check_export(self, account: Account, attributed: bool) -> None:
        """402 unless the plan allows export and the attribution headers are there."""
        if not attributed:
            raise export_blocked("the X-Skill-Source, -Version and -Platform headers are required")
        if account.plan == "free" and not self.settings.free_plan_exports:
            raise export_blocked("the free plan does not include export")

    def render(self, account: Account, render_id: str) -> Render:
        """The account's render of this id."""
        render = self.store.renders.get(render_id)
        if render is None or render.user_id != account.user_id:
            raise render_not_found()
        return render

    # files

    def unique_name(self, session: Session, filename: str) -> str:
        """A name that no other file of the session has: a draft names its files by it."""
        taken = {asset.filename for asset in session.assets}
        stem, dot, extension = filename.rpartition(".")
        number, name = 2, filename
        while name in taken:
            name = f"{stem} ({number}){dot}{extension}"
            number += 1
        return name

    def attach(self, session: Session, assets: list[Asset]) -> None:
        """Give a session the files that were uploaded for it."""
        session.assets.extend(assets)
        self.store.save(session)
