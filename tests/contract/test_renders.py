"""Renders, on the wire (wire-contract section 4)."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.contract.wire import ATTRIBUTION, RENDERS, Film, Wire, new_render_id


@pytest.fixture(scope="module")
def rendered(wire: Wire, film: Film) -> dict[str, Any]:
    """A finished render: its id and its last state."""
    render_id = new_render_id()
    accepted = wire.submit(film, render_id).data
    assert accepted["id"] == render_id
    return {**wire.await_render(render_id), "id": render_id}


def url_of(render: dict[str, Any]) -> str:
    return str(render.get("outputUrl") or render["output"]["url"])


def test_a_render_is_completed(rendered: dict[str, Any]) -> None:
    assert rendered["status"] == "completed"


def test_its_file_is_fetched_without_credentials(rendered: dict[str, Any]) -> None:
    file = httpx.get(url_of(rendered), trust_env=False)
    assert file.status_code == 200
    assert file.content[4:8] == b"ftyp"
    assert int(file.headers["content-length"]) == len(file.content)


def test_the_fallback_download_has_the_file(wire: Wire, rendered: dict[str, Any]) -> None:
    path = f"/api/render/proxy/{rendered['id']}/download"
    file = wire.http.get(path, headers=wire.headers(), follow_redirects=True)
    assert file.content[4:8] == b"ftyp"


def test_an_id_is_accepted_once(wire: Wire, film: Film, rendered: dict[str, Any]) -> None:
    again = wire.submit(film, rendered["id"])
    assert again.status >= 400 or again.body.get("code") or again.body.get("success") is False


@pytest.mark.parametrize("header", sorted(ATTRIBUTION))
def test_an_export_without_attribution_is_blocked(wire: Wire, film: Film, header: str) -> None:
    refused = wire.submit(film, new_render_id(), **{header.replace("-", "_"): None})
    assert refused.is_error(402)


def test_an_unknown_render_is_not_found(wire: Wire) -> None:
    response = wire.get(f"{RENDERS}/{new_render_id()}")
    assert response.status == 404 or "not found" in str(response.body).lower()


def test_a_render_can_be_cancelled(wire: Wire, film: Film) -> None:
    render_id = new_render_id()
    assert wire.submit(film, render_id).data["id"] == render_id
    assert wire.post(f"{RENDERS}/{render_id}/cancel").status == 200
