"""One OpenTelemetry span a call, in programs that use OpenTelemetry; nothing in others."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from nemovideo._version import __version__
from nemovideo.errors import APIError, NemoVideoError

if TYPE_CHECKING:
    from opentelemetry.trace import Span


def is_tracing() -> bool:
    """Return True if the program uses OpenTelemetry; the check costs one dictionary access."""
    return "opentelemetry.trace" in sys.modules


@contextmanager
def traced(endpoint: str, base_url: str) -> Generator[None]:
    """Trace what happens inside as one call of `endpoint` at `base_url`.

    The span is named after the route, so that calls of one kind stand together; no id, prompt,
    token or file name is in it.
    """
    from opentelemetry.trace import SpanKind, StatusCode, get_tracer  # an extra

    method, _, route = endpoint.partition(" ")
    attributes = {
        "http.request.method": method,
        "url.template": route,
        "server.address": urlsplit(base_url).hostname or "",
    }
    tracer = get_tracer("nemovideo", __version__)
    with tracer.start_as_current_span(
        endpoint,
        kind=SpanKind.CLIENT,
        attributes=attributes,
        # The text of an error is for people; what a span says of it is chosen below.
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        try:
            yield
        except NemoVideoError as error:
            _note(span, error)
            span.set_status(StatusCode.ERROR)
            raise


def _note(span: Span, error: NemoVideoError) -> None:
    span.set_attribute("error.type", type(error).__name__)
    if isinstance(error, APIError):
        if error.status is not None:
            span.set_attribute("http.response.status_code", error.status)
        if error.code is not None:
            span.set_attribute("nemovideo.code", error.code)
    if len(error.attempts) > 1:
        span.set_attribute("http.request.resend_count", len(error.attempts) - 1)
