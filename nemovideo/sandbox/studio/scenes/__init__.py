"""Generated pictures: each family of scene builds its layers once and moves them per frame."""

from .build import build_scene

__all__ = ["build_scene"]
