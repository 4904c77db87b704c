"""`VideoServer`: which server makes the pictures of generated clips, and what it is asked for."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass(frozen=True)
class VideoServer:
    """A server with the OpenAI-compatible `/v1/videos` interface: vLLM-Omni, SGLang, LiteLLM.

    The picture of each generated clip comes from it when a video is rendered. A clip is made once:
    later renders and edits use it again. Where the server fails, the picture is the one that the
    sandbox draws, and the draft and the page say why.

    Args:
        base_url: The server, without `/videos`.
        model: The name of the model there; None is the one that the server has.
        api_key: The server's key, if it needs one.
        short_side: The shorter side of the pictures in pixels: 480 is 832x480, 720 is 1280x720.
        fps: Pictures a second, as the model was trained: 16 for most Wan models.
        max_seconds: The longest clip that is asked for. A longer scene shows it slower, down to
            half its speed, or several times.
        timeout: Seconds that the server has for one clip.
        poll: Seconds between two questions about its progress.

    Raises:
        ValueError: An argument is wrong.

    Example:
        ```python
        server = VideoServer("http://127.0.0.1:8091/v1", short_side=720)
        with Sandbox(video_server=server) as sandbox:
            ...
        ```
    """

    base_url: str
    model: str | None = None
    api_key: str | None = field(default=None, repr=False)
    short_side: int = 480
    fps: int = 16
    max_seconds: int = 5
    timeout: float = 1800
    poll: float = 2

    def __post_init__(self) -> None:
        url = urlsplit(self.base_url)
        plain = not (url.query or url.fragment or url.username or url.password)
        if url.scheme not in ("http", "https") or not url.hostname or not plain:
            raise ValueError(
                "video_server is the http(s) URL of a video server, such as "
                "http://127.0.0.1:8091/v1, without a key and a query"
            )
        if self.model is not None and not self.model.strip():
            raise ValueError("video_model is the name of a model that the video server serves")
        if self.api_key is not None and not (self.api_key.isascii() and self.api_key.isprintable()):
            raise ValueError("api_key is the key of the video server, of letters, digits and signs")
        for name, low, high in (("short_side", 64, 2160), ("fps", 1, 60), ("max_seconds", 1, 60)):
            if not low <= getattr(self, name) <= high:
                raise ValueError(f"{name} is a number between {low} and {high}")
        for name in ("timeout", "poll"):
            if not 0 < getattr(self, name) < float("inf"):
                raise ValueError(f"{name} is a number of seconds above 0")
