"""Generated pictures: each family of scene builds its layers once and moves them per frame."""

from nemovideo.sandbox.studio.scenes.factory import build_scene

__all__ = ["build_scene"]
