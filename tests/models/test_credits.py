"""Balances: numbers as sent, and missing ones computed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nemovideo import AnonymousToken, Credits


@pytest.mark.parametrize("number", [100, 100.0, 12.5, 0])
def test_a_number_keeps_its_type(number: float) -> None:
    read = Credits.model_validate({"available": number, "frozen": number, "total": number})
    for each in (read.available, read.frozen, read.total):
        assert (each, type(each)) == (number, type(number))
    assert json.loads(read.to_json())["available"] == number
    assert f'"available":{number!r}' in read.to_json()


def test_the_credits_of_a_token_stay_an_int() -> None:
    read = AnonymousToken.model_validate({"token": "nmv_usr_x", "credits": 100})
    assert repr(read.credits) == "100"


@pytest.mark.parametrize(
    ("sent", "available", "frozen", "total"),
    [
        ({"available": 70, "frozen": 30}, 70, 30, 100),
        ({"available": 70}, 70, 0, 70),
        ({"total": 100, "frozen": 30}, 70, 30, 100),
        ({"total": 100}, 100, 0, 100),
        ({"total_granted": 500, "total_consumed": 200}, 300, 0, 300),
        ({"total_granted": 500, "total_consumed": 200, "frozen": 50}, 250, 50, 300),
        ({"available": 70, "frozen": 0, "total_granted": 500, "total_consumed": 430}, 70, 0, 70),
        ({"available": "70", "frozen": "30.5"}, 70, 30.5, 100.5),
        ({"available": 70, "frozen": None, "total": None}, 70, 0, 70),
        ({"available": True, "frozen": [], "total": "many"}, 0, 0, 0),
        ({"available": float("nan"), "total": float("inf")}, 0, 0, 0),
        ({"available": 10**400}, 10**400, 0, 10**400),
        ({"total": 10, "frozen": 20}, 0, 20, 10),
        ({}, 0, 0, 0),
    ],
)
def test_missing_numbers_are_computed_from_the_others(
    sent: dict[str, Any], available: float, frozen: float, total: float
) -> None:
    read = Credits.model_validate(sent)
    assert (read.available, read.frozen, read.total) == (available, frozen, total)


def test_unknown_numbers_are_retained() -> None:
    read = Credits.model_validate({"available": 70, "total_granted": 500})
    assert read.to_dict() == {"available": 70, "frozen": 0, "total": 70, "total_granted": 500}


def test_credits_are_built_from_keywords_and_instances() -> None:
    assert Credits(available=50, frozen=10).total == 60
    assert Credits.model_validate(Credits(available=50)) == Credits(available=50)
