"""From the words of a scene to the scene."""

from PIL import Image
from ..canvas import Canvas, Layer
from ..light import light_for
from ..paint import dithered, gradient
from ..plan import SceneSpec


class Scene:
    def __init__(self, layer: Layer) -> None:
        self._layer = layer

    def draw(self, canvas: Canvas, frame: int) -> None:
        self._layer.draw(canvas, 0, 0)

    def close(self) -> None:
        pass


def build_scene(spec: SceneSpec, width: int, height: int, fps: float, frames: int) -> Scene:
    light = light_for(spec.time, spec.weather)
    sky = gradient(width, height, ((0, light.top), (0.6, light.middle), (1, light.low)))
    return Scene(Layer(dithered(sky)))
