"""The learner of both models: averaged perceptrons with a margin, in whole numbers only.

A sum of floats depends on the processor. It measured as well as a linear SVM on the unseen parts.
Several, each with its own order of the examples, are added up, so that a line more in the corpus
changes little elsewhere.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt


def train(
    data: Sequence[tuple[npt.NDArray[np.int64], int]],
    margins: npt.NDArray[np.int64],
    *,
    buckets: int,
    epochs: int,
    orders: int,
) -> npt.NDArray[np.uint8]:
    """Return the weights, a row for each bucket, from 1 to 255.

    Args:
        data: The buckets of each example, and its label.
        margins: How far a label, the row, must lead each other one for each feature.
        buckets: How many there are.
        epochs: How often the examples are gone through.
        orders: In how many orders.
    """
    average = np.zeros((buckets, len(margins)), np.int64)
    for order in range(orders):
        weights = np.zeros_like(average)
        late = np.zeros_like(average)
        step = 0
        for epoch in range(epochs):
            salt = f"{order}|{epoch}"
            for at in sorted(range(len(data)), key=lambda at: zlib.crc32(f"{salt}|{at}".encode())):
                found, label = data[at]
                step += 1
                rival = int((weights[found].sum(axis=0) + len(found) * margins[label]).argmax())
                if rival != label:
                    weights[found, label] += 1
                    weights[found, rival] -= 1
                    late[found, label] += step
                    late[found, rival] -= step
        average += weights * step - late
    largest = int(np.abs(average).max())
    small = np.sign(average) * ((np.abs(average) * 254 + largest) // (2 * largest))
    return (small + 128).astype(np.uint8)
