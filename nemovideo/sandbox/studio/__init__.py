"""The studio: renders a draft into a real video file, frame by frame.

``render`` makes the file, ``stub`` a tiny stand-in for tests, and ``probe`` identifies an upload.
Everything blocks: call it from a worker thread.
"""

from nemovideo.sandbox.studio.errors import RenderError, RenderStopped
from nemovideo.sandbox.studio.probe import MediaInfo, probe
from nemovideo.sandbox.studio.render import RenderResult, render
from nemovideo.sandbox.studio.stub import stub

__all__ = ["MediaInfo", "RenderError", "RenderResult", "RenderStopped", "probe", "render", "stub"]
