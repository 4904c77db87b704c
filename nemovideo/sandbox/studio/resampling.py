"""Decoded sound made ready for the mix: on time, 48 kHz, stereo, at its speed."""

import itertools
from collections.abc import Generator, Iterator
from fractions import Fraction

import numpy as np
from av.audio.frame import AudioFrame
from av.filter import Graph
from numpy.typing import NDArray

from nemovideo.sandbox.studio.render_plan import SAMPLE_RATE

Floats = NDArray[np.float32]

# Timestamps are rounded, by up to a packet; a gap that is longer was silence.
_JITTER = 0.1
# No layout is agreed on for more channels than these.
_MOST_NAMED = 8


def on_time(
    frames: Iterator[tuple[float, AudioFrame]], at: float, speed: float
) -> Generator[Floats]:
    """Sound from a moment on, in blocks: gaps are silence, overlaps are played once.

    Args:
        frames: decoded frames, with the seconds at which they are due.
        at: the moment to start from, in seconds of the source.
        speed: the playback speed.
    """
    graph: Graph | None = None
    given: tuple[object, ...] = ()
    skip = 0
    for due, frame in frames:
        length = frame.samples / frame.sample_rate
        if (due + length <= at) if graph is None else (due < at - _JITTER):
            continue
        shape = (frame.format.name, frame.layout.name, frame.sample_rate)
        if graph is None or due > at + _JITTER or shape != given:
            yield from _ended(graph, skip)
            yield from _silence(max(0.0, due - at) / speed)
            skip = round(max(0.0, at - due) / speed * SAMPLE_RATE)
            graph, given, at = _graph(frame, speed), shape, due
        at += length
        frame.pts = None
        graph.push(frame)
        for block in _pulled(graph):
            yield block[skip:]
            skip = max(0, skip - len(block))
    yield from _ended(graph, skip)


def _ended(graph: Graph | None, skip: int) -> Iterator[Floats]:
    if graph is None:
        return
    graph.push(None)
    for block in _pulled(graph):
        yield block[skip:]
        skip = max(0, skip - len(block))


def _silence(seconds: float) -> Iterator[Floats]:
    left = round(seconds * SAMPLE_RATE)
    while left > 0:
        count = min(left, SAMPLE_RATE)
        yield np.zeros((count, 2), np.float32)
        left -= count


def _graph(frame: AudioFrame, speed: float) -> Graph:
    graph = Graph()
    source = graph.add_abuffer(
        sample_rate=frame.sample_rate,
        format=frame.format.name,
        layout=frame.layout.name,
        time_base=Fraction(1, frame.sample_rate),
    )
    chain = [source]
    channels = frame.layout.nb_channels
    if channels > _MOST_NAMED:
        sides = ("+".join(f"c{i}" for i in range(side, channels, 2)) for side in (0, 1))
        chain.append(graph.add("pan", "stereo|c0<{}|c1<{}".format(*sides)))
    while speed < 0.5:
        chain.append(graph.add("atempo", "0.5"))
        speed *= 2
    if speed != 1.0:
        chain.append(graph.add("atempo", f"{speed:.6f}"))
    # One channel stays one, as it would lose loudness on its way to two. The others are mixed
    # down by a matrix that adds up to one, so that nothing gets louder than it was.
    layout = "mono" if channels == 1 else "stereo"
    mixed = f"out_sample_rate={SAMPLE_RATE}:out_sample_fmt=flt:rematrix_maxval=1"
    chain.append(graph.add("aresample", f"{mixed}:out_chlayout={layout}"))
    chain.append(graph.add("abuffersink"))
    for before, after in itertools.pairwise(chain):
        before.link_to(after)
    graph.configure()
    return graph


def _pulled(graph: Graph) -> Iterator[Floats]:
    while True:
        try:
            frame = graph.pull()
        except (BlockingIOError, EOFError):
            return
        if isinstance(frame, AudioFrame):
            block = frame.to_ndarray().reshape(-1, frame.layout.nb_channels).astype(np.float32)
            yield block if block.shape[1] == 2 else np.repeat(block, 2, axis=1)
