"""Ray itself, which is loaded here and nowhere else, and a cluster of it."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Generator
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Final

from nemovideo.errors import NemoVideoError

NO_REPEATS: Final = {"max_restarts": 0, "max_task_retries": 0}
"""What switches Ray's own repetition of a killed task off."""

_OBJECT_STORE_BYTES: Final = 100 * 1024 * 1024
_CONNECT_SECONDS: Final = 10


def load_ray() -> Any:
    """Return Ray."""
    try:
        return import_module("ray")
    except ImportError as error:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise NemoVideoError(
            f"This takes Ray, which is not installed for Python {version}.",
            hint='pip install "nemovideo[ray]"; if Ray is not published for this version of Python,'
            " take one for which it is.",
        ) from error


@contextmanager
def open_cluster(address: str | None) -> Generator[None]:
    """Use the cluster at `address`; without one, that of this machine, or start a small one.

    A connection that the program has already is used, and stays.

    Raises:
        NemoVideoError: there is no Ray, or no cluster at the address.
    """
    ray = load_ray()
    if ray.is_initialized():
        yield
        return
    named = address or os.environ.get("RAY_ADDRESS")
    try:
        _check_reachable(named)
        try:
            ray.init(address=address or "auto", logging_level="error")
        except ConnectionError:
            if address is not None:
                raise
            ray.init(
                address="local",
                include_dashboard=False,
                logging_level="error",
                object_store_memory=_OBJECT_STORE_BYTES,
            )
    except (OSError, OverflowError, RuntimeError, ValueError) as error:
        where = f"at {named}" if named else "here"
        raise NemoVideoError(
            f"There is no Ray cluster {where} that can be used.",
            hint="See whether it runs, and lets you in, with: ray status",
        ) from error
    try:
        yield
    finally:
        ray.shutdown()


def _check_reachable(address: str | None) -> None:
    """Raise an OSError if nobody listens there, for which Ray would try for minutes."""
    host, _, port = (address or "").rpartition("://")[2].rpartition(":")
    if host and port.isdecimal():
        socket.create_connection((host.strip("[]"), int(port)), _CONNECT_SECONDS).close()


def this_node() -> str:
    """Return the id of the node that this process is on."""
    return str(load_ray().get_runtime_context().get_node_id())


def has_one_node() -> bool:
    """Whether the cluster that this process is in, if it is in one, has one machine."""
    ray = load_ray()
    nodes: list[dict[str, object]] = ray.nodes() if ray.is_initialized() else []
    return sum(bool(node["Alive"]) for node in nodes) <= 1
