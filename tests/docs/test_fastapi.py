"""Results in the answers of a web application."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.encoders import jsonable_encoder

from tests.operations.test_json_results import results

__all__ = ["results"]


@pytest.mark.anyio
async def test_fastapi_writes_results_with_and_without_a_type(results: list[Any]) -> None:
    assert results
    for each in results:
        assert jsonable_encoder({"of": [each]}) == {"of": [each.to_dict()]}
