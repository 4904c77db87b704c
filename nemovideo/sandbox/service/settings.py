"""The settings of a sandbox."""

from dataclasses import dataclass, field
from typing import Literal, get_args

from nemovideo.sandbox.agents.interface import Agent, AgentBehavior
from nemovideo.sandbox.clips.video_server import VideoServer
from nemovideo.sandbox.storage.records import FileType

SSEShape = Literal["typed", "adk", "mixed"]
RenderShape = Literal["seed", "vendor", "envelope", "mixed"]
ErrorStatus = Literal["code", "http", "mixed"]

WEEK = 7 * 24 * 3600.0
UPLOAD_LIMIT = 500 * 2**20

EXTENSIONS: dict[str, FileType] = {
    **dict.fromkeys(("mp4", "mov", "avi", "webm", "mkv"), "video"),
    **dict.fromkeys(("jpg", "jpeg", "png", "gif", "webp"), "image"),
    **dict.fromkeys(("mp3", "wav", "m4a", "aac"), "audio"),
}
"""The accepted file extensions (wire-contract section 4), and what such a file is."""

_CHOICES: dict[str, tuple[str, ...]] = {
    "sse_shape": get_args(SSEShape),
    "render_shape": get_args(RenderShape),
    "error_status": get_args(ErrorStatus),
}
_MINIMUM = {
    "credits": 0,
    "token_limit": 1,
    "token_limit_per_ip": 1,
    "upload_limit": 1,
    "link_seconds": 0,
    "render_height": 16,
}


@dataclass(frozen=True)
class Settings:
    """The options of `Sandbox(...)`, which documents each of them."""

    seed: int = 0
    credits: int = 100
    sse_shape: SSEShape = "typed"
    render_shape: RenderShape = "seed"
    stub_renders: bool = False
    render_height: int | None = None
    free_plan_exports: bool = True
    agent: Agent | None = None
    video_server: VideoServer | None = None
    behavior: AgentBehavior = field(default_factory=AgentBehavior)
    error_status: ErrorStatus = "code"
    allow_remote_urls: bool = False
    token_limit: int = 1
    token_limit_per_ip: int | None = None
    upload_limit: int = UPLOAD_LIMIT
    link_seconds: float = WEEK

    def __post_init__(self) -> None:
        for name, choices in _CHOICES.items():
            value = getattr(self, name)
            if value not in choices:
                raise ValueError(f"{name} is one of {', '.join(choices)}, not {value!r}")
        for name, minimum in _MINIMUM.items():
            value = getattr(self, name)
            if value is not None and not value >= minimum:  # `not`: refuses NaN as well
                raise ValueError(f"{name} must be at least {minimum}, not {value!r}")
