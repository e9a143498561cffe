"""Chance without state: every draw is a hash of the seed, the name of the draw and the identity drawn for.

So the same document comes out whatever the file it lands in, the order of work or the number of days
simulated, and everything is drawn for a whole day at once.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Ids = NDArray[np.uint64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)


def _mix(values: Ids) -> Ids:
    """The finaliser of SplitMix64 (Steele, Lea and Flood, 2014)."""
    values = values ^ (values >> np.uint64(30))
    values = values * _FIRST
    values ^= values >> np.uint64(27)
    values *= _SECOND
    values ^= values >> np.uint64(31)
    return values


class Chance:
    """Draws for identities; `draw` names what is drawn, so that two draws of one identity are unrelated."""

    def __init__(self, seed: int) -> None:
        self._seed = np.uint64(seed % 2**64)

    def bits(self, draw: str, ids: Ids) -> Ids:
        """64 random bits an identity."""
        name = np.array([zlib.crc32(draw.encode())], dtype=np.uint64)
        key = _mix(_mix(name * _GOLDEN) ^ self._seed)
        return _mix(_mix(ids * _GOLDEN + key) + key)

    def uniform(self, draw: str, ids: Ids) -> Floats:
        """Uniform in [0, 1)."""
        return np.asarray((self.bits(draw, ids) >> np.uint64(11)) * 2.0**-53, dtype=np.float64)

    def below(self, draw: str, ids: Ids, count: int) -> Ints:
        """Whole numbers in 0..count-1."""
        return (self.bits(draw, ids) % np.uint64(count)).astype(np.int64)

    def between(self, draw: str, ids: Ids, low: int, high: int) -> Ints:
        """Whole numbers in low..high-1."""
        return low + self.below(draw, ids, high - low)

    def happens(self, draw: str, ids: Ids, share: float) -> Flags:
        """True for about `share` of the identities."""
        return self.uniform(draw, ids) < share

    def pick(self, draw: str, ids: Ids, weights: Sequence[float]) -> Ints:
        """Index into `weights`, in proportion to them."""
        edges = np.cumsum(np.asarray(weights, dtype=np.float64))
        return np.searchsorted(edges[:-1] / edges[-1], self.uniform(draw, ids), side="right").astype(np.int64)

    def exponential_ms(self, draw: str, ids: Ids, mean_h: float) -> Ints:
        """Exponential waiting times in milliseconds."""
        return (-np.log1p(-self.uniform(draw, ids)) * mean_h * 3_600_000).astype(np.int64)

    def normal(self, draw: str, ids: Ids) -> Floats:
        """Standard normal (Box and Muller)."""
        radius = np.sqrt(-2.0 * np.log1p(-self.uniform(draw, ids)))
        return radius * np.cos(2.0 * np.pi * self.uniform(draw + "'", ids))

    def lognormal(self, draw: str, ids: Ids, median: float, sigma: float) -> Floats:
        """Log-normal about `median`."""
        return median * np.exp(sigma * self.normal(draw, ids))
