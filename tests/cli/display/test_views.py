"""Events as JSON."""

from __future__ import annotations

import pytest

from nemovideo.cli.display.views import event_values
from nemovideo.events import Event, Heartbeat, Reconnecting, StillWorking, Unknown, UploadProgress


@pytest.mark.parametrize(
    ("event", "values"),
    [
        (StillWorking(120.04), {"elapsed": 120.0}),
        (Reconnecting("cut", 30.0), {"reason": "cut", "elapsed": 30.0}),
        (UploadProgress(1, 2), {"sent": 1, "total": 2}),
        (Heartbeat(), {}),
        (Unknown({"token": "nmv_usr_secret"}), {}),
    ],
)
def test_an_event_has_its_values_in_json(event: Event, values: dict[str, object]) -> None:
    assert event_values(event) == values
