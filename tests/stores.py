"""Stores for files: an S3 server on a real socket, and fsspec's own in memory."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import pytest


@contextmanager
def running_s3() -> Iterator[str]:
    """Run an S3 server on a port of its own and give its URL."""
    from moto.server import ThreadedMotoServer  # late: it takes a second

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()


@pytest.fixture(scope="session")
def s3_url() -> Iterator[str]:
    """One server for all tests of a process: each has a bucket of its own."""
    with running_s3() as url:
        yield url


@pytest.fixture(scope="session")
def s3_file_system(s3_url: str) -> Any:
    """One for all tests of a process: collected in a test's loop, it would close itself there."""
    import fsspec

    return fsspec.filesystem(
        "s3",
        skip_instance_cache=True,
        use_listings_cache=False,
        endpoint_url=s3_url,
        key="key",
        secret="secret",
    )


@pytest.fixture
def s3(s3_url: str, s3_file_system: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The file system of that server, which the environment names as users do."""
    for name, value in {
        "AWS_ENDPOINT_URL": s3_url,
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    return s3_file_system


@pytest.fixture
def bucket(s3: Any) -> str:
    """A new bucket."""
    name = f"films-{uuid.uuid4().hex}"
    s3.mkdir(name)
    return name


@pytest.fixture
def memory() -> Iterator[Any]:
    """fsspec's file system in memory, empty."""
    import fsspec

    made = fsspec.filesystem("memory")
    made.store.clear()
    made.pseudo_dirs[:] = [""]
    yield made
    made.store.clear()


class HalfwayStore:
    """An S3 server that takes the first part of a file and waits before it answers the second."""

    def __init__(self, answer: int) -> None:
        self.came: list[str] = []
        self.is_halfway, self.may_answer = threading.Event(), threading.Event()
        self._answer = answer
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> HalfwayStore:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.may_answer.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, method: str, query: str) -> tuple[int, bytes]:
        """Return the status and the body of an answer."""
        self.came.append(f"{method} {query.partition('=')[0]}")
        if method == "POST" and query == "uploads":
            return 200, _xml("InitiateMultipartUploadResult", UploadId="u1")
        if method == "PUT" and "partNumber=2" in query:
            self.is_halfway.set()
            self.may_answer.wait()
            denied = _xml("Error", Code="AccessDenied", Message="No more of this")
            return self._answer, b"" if self._answer == 200 else denied
        if method in {"HEAD", "GET"}:
            return 404, _xml("Error", Code="NoSuchKey", Message="not there")
        return 204 if method == "DELETE" else 200, b""

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        store = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _answer(self) -> None:
                self.rfile.read(int(self.headers.get("content-length") or 0))
                status, body = store.answer(self.command, urlsplit(self.path).query)
                self.send_response(status)
                self.send_header("etag", '"e"')
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _answer  # noqa: N815

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler


def _xml(kind: str, **fields: str) -> bytes:
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in fields.items())
    return f"<?xml version='1.0'?><{kind}>{inner}</{kind}>".encode()
