"""One span a call, in programs that use OpenTelemetry."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from nemovideo import AsyncNemoVideo, errors
from tests.scripted import Script, fail, ok

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def exporter() -> Iterator[InMemorySpanExporter]:
    """Where the spans of this file arrive; a process has one provider for good.

    The exporter is shut down and its provider is not: later spans would each log a warning.
    """
    spans = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    trace.set_tracer_provider(provider)
    yield spans
    spans.shutdown()


@pytest.fixture
def spans(exporter: InMemorySpanExporter) -> InMemorySpanExporter:
    """The same, empty."""
    exporter.clear()
    return exporter


async def test_a_call_is_a_span_without_ids_or_secrets(
    build: Callable[..., AsyncNemoVideo], script: Script, spans: InMemorySpanExporter
) -> None:
    script.on("/latest", ok({"state": {}}))
    await build(token="nmv_usr_mine").states.retrieve("session-123")
    (span,) = spans.get_finished_spans()
    assert span.name == "GET /api/state/nemo_agent/me/<session>/latest"
    assert span.attributes is not None
    assert span.attributes["http.request.method"] == "GET"
    assert span.attributes["server.address"] == "mega-api-prod.nemovideo.ai"
    shown = span.to_json()
    assert "session-123" not in shown
    assert "nmv_usr" not in shown


async def test_a_failed_call_says_how(
    build: Callable[..., AsyncNemoVideo], script: Script, spans: InMemorySpanExporter
) -> None:
    script.on("/credits/balance/simple", fail(503))
    with pytest.raises(errors.ServerError):
        await build(token="nmv_usr_mine", max_retries=1).credits.retrieve()
    (span,) = spans.get_finished_spans()
    assert span.attributes is not None
    assert span.attributes["error.type"] == "ServerError"
    assert span.attributes["http.response.status_code"] == 503
    assert span.attributes["http.request.resend_count"] == 1
    assert not span.status.is_ok
    assert not span.events


async def test_a_refusal_by_code_says_the_code(
    build: Callable[..., AsyncNemoVideo], script: Script, spans: InMemorySpanExporter
) -> None:
    script.on("/credits/balance/simple", fail(200, 2001))
    with pytest.raises(errors.InsufficientCreditsError):
        await build(token="nmv_usr_mine").credits.retrieve()
    (span,) = spans.get_finished_spans()
    assert span.attributes is not None
    assert span.attributes["nemovideo.code"] == 2001


async def test_a_stream_is_a_span_until_its_answer_begins(
    build: Callable[..., AsyncNemoVideo], script: Script, spans: InMemorySpanExporter
) -> None:
    script.on("/run_sse", fail(200, 1002))
    with pytest.raises(errors.SessionNotFoundError):
        async with build(token="nmv_usr_mine").messages.stream("s", "a secret prompt"):
            pass
    (span,) = spans.get_finished_spans()
    assert span.name == "POST /run_sse"
    assert "secret prompt" not in span.to_json()
