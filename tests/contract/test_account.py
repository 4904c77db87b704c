"""Tokens and credits, on the wire (wire-contract sections 3 and 4)."""

from __future__ import annotations

from tests.contract.wire import ATTRIBUTION, Film, Service, Wire, WireResponse


def test_a_token_without_a_client_id_is_refused(wire: Wire) -> None:
    refused = wire.http.post("/api/auth/anonymous-token", headers=ATTRIBUTION)
    assert WireResponse(refused.status_code, refused.json()).is_error(400)


def test_a_token_has_the_services_prefix(wire: Wire, service: Service) -> None:
    assert service.token or wire.token.startswith("nmv_usr_")


def test_an_invalid_token_is_refused(wire: Wire) -> None:
    refused = wire.get("/api/credits/balance/simple", Authorization="Bearer nmv_usr_nobody")
    assert refused.is_error(1001, 401)


def test_the_balance_has_three_numbers(wire: Wire) -> None:
    balance = wire.get("/api/credits/balance/simple").data
    assert all(isinstance(balance[name], int | float) for name in ("available", "frozen", "total"))


def test_a_claim_token_opens_a_session_for_a_week(wire: Wire, film: Film) -> None:
    body = {"task_id": film.task_id, "session_id": film.session_id}
    claim = wire.post("/api/auth/claim-token", body).data
    assert claim["claim_token"].startswith("clm_")
    assert claim["expires_in"] == 604800
