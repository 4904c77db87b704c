"""What can go wrong while a draft becomes a file."""


class RenderError(Exception):
    """The draft could not be rendered; the text says why and what to change."""


class RenderStopped(RenderError):  # noqa: N818  being stopped on request is no error
    """The caller's ``should_stop`` asked for the end of the render; no file was left behind."""
