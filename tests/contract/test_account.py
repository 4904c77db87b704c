"""Tokens and credits, on the wire (wire-contract sections 3 and 4)."""

from __future__ import annotations

from tests.contract.wire import ATTRIBUTION, Answer, Film, Service, Wire


def test_a_token_without_a_client_id_is_refused(wire: Wire) -> None:
    refused = wire.http.post("/api/auth/anonymous-token", headers=ATTRIBUTION)
    assert Answer(refused.status_code, refused.json()).says(400)


def test_a_token_is_one_of_the_service(wire: Wire, service: Service) -> None:
    assert service.token or wire.token.startswith("nmv_usr_")


def test_a_token_that_is_none_is_refused(wire: Wire) -> None:
    refused = wire.get("/api/credits/balance/simple", Authorization="Bearer nmv_usr_nobody")
    assert refused.says(1001, 401)


def test_the_balance_has_three_numbers(wire: Wire) -> None:
    balance = wire.get("/api/credits/balance/simple").data
    assert all(isinstance(balance[name], int | float) for name in ("available", "frozen", "total"))


def test_a_claim_token_opens_a_session_for_a_week(wire: Wire, film: Film) -> None:
    body = {"task_id": film.task_id, "session_id": film.session_id}
    claim = wire.post("/api/auth/claim-token", body).data
    assert claim["claim_token"].startswith("clm_")
    assert claim["expires_in"] == 604800
