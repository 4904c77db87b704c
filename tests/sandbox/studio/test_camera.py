"""A zoom keeps the middle in the middle and shows the whole picture when it is not in."""

import numpy as np

from nemovideo.sandbox.studio.camera import Zoom
from nemovideo.sandbox.studio.canvas import Canvas

WIDE, HIGH = 192, 108


def zoomed(zoom: float) -> Canvas:
    camera, seen = Zoom(WIDE, HIGH), Canvas.blank(WIDE, HIGH)
    camera.canvas.fill()
    camera.canvas.y[44:64, 86:106] = 235
    camera.canvas.v[22:32, 43:53] = 200
    camera.draw(seen, zoom)
    return seen


def middle_of(plane: np.ndarray) -> tuple[float, float]:
    rows, columns = np.nonzero(plane > (int(plane.max()) + int(plane.min())) // 2)
    return float(rows.mean()), float(columns.mean())


def test_a_zoom_of_one_changes_nothing() -> None:
    seen = zoomed(1.0)
    assert (seen.y[44:64, 86:106] == 235).all()
    assert (seen.y == 235).sum() == 400


def test_what_is_in_the_middle_grows_and_stays_there_in_every_plane() -> None:
    for zoom in np.linspace(1.0, 1.5, 11):
        seen = zoomed(float(zoom))
        assert abs((seen.y > 125).sum() - 400 * zoom**2) < 60 * zoom
        assert np.allclose(middle_of(seen.y), (53.5, 95.5), atol=1.0)
        assert np.allclose(middle_of(seen.v), (26.5, 47.5), atol=1.0)
