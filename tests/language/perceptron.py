"""The learner of both models: an averaged perceptron with a margin, in whole numbers only.

A sum of floats depends on the processor. It measured as well as a linear SVM on the unseen parts.
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
) -> npt.NDArray[np.uint8]:
    """Return the weights, a row for each bucket, from 1 to 255.

    Args:
        data: The buckets of each example, and its label.
        margins: How far a label, the row, must lead each other one for each feature.
        buckets: How many there are.
        epochs: How often the examples are gone through.
    """
    weights = np.zeros((buckets, len(margins)), np.int64)
    late = np.zeros_like(weights)
    step = 0
    for epoch in range(epochs):
        for at in sorted(range(len(data)), key=lambda at: zlib.crc32(f"{epoch}|{at}".encode())):
            found, label = data[at]
            step += 1
            rival = int((weights[found].sum(axis=0) + len(found) * margins[label]).argmax())
            if rival != label:
                weights[found, label] += 1
                weights[found, rival] -= 1
                late[found, label] += step
                late[found, rival] -= step
    average = weights * step - late
    largest = int(np.abs(average).max())
    small = np.sign(average) * ((np.abs(average) * 254 + largest) // (2 * largest))
    return (small + 128).astype(np.uint8)
