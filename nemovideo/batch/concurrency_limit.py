"""How many jobs run at a time: fewer when the service says 429, then slowly more again."""

from __future__ import annotations


class ConcurrencyLimit:
    """Additive increase, multiplicative decrease, as TCP does it.

    A 429 halves the limit, at most once for all jobs that were begun under it: they all meet the
    same overload. Each job that ends well raises it by one divided by the limit, which is by one
    for as many jobs as may run at a time.

    Args:
        most: The limit that the user set, and with which it begins.

    Example:
        ```python
        limit = ConcurrencyLimit(8)
        limit.decrease(limit.generation)
        assert limit.allowed == 4
        ```
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._value = float(most)
        self.generation: int = 0
        """Counts the decreases: a job remembers under which it was begun."""

    @property
    def allowed(self) -> int:
        """How many jobs may run now; at least one."""
        return int(self._value)

    def decrease(self, generation: int) -> None:
        """Halve the limit, if no other job of the same generation has done so."""
        if generation == self.generation:
            self._value = max(1.0, self._value / 2)
            self.generation += 1

    def increase(self) -> None:
        """Raise the limit a little: a job ended well."""
        self._value = min(float(self._most), self._value + 1 / self._value)
