"""Mean, quantiles and shares of many cells at once, from whole milliseconds."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from sources.simulator.chance import Flags, Ints
from sources.simulator.truth_cells import Cells
from sources.simulator.world import HOUR

_QUANTILES = {"median_h": (1, 2), "p90_h": (9, 10), "p95_h": (19, 20)}
_WITHIN = {"within_1m": 60_000, "within_10m": 600_000, "within_1h": HOUR, "within_24h": 24 * HOUR}
_NOTHING = dict.fromkeys(("mean_h", *_QUANTILES, "max_h", *_WITHIN))


def _ladders(cells: Cells, which: Flags, duration: Ints, censored: Flags) -> list[tuple[Ints, Flags]]:
    """Durations of each cell in ascending order, ended before censored at equal ones."""
    packed = np.sort((cells.of[which] << 44) | (duration[which] << 1) | censored[which])
    edges = np.searchsorted(packed, np.arange(len(cells) + 1, dtype=np.int64) << 44)
    values, flags = (packed & ((1 << 44) - 1)) >> 1, (packed & 1).astype(np.bool_)
    return [(values[a:b], flags[a:b]) for a, b in pairwise(edges)]


def released(cells: Cells, which: Flags, duration: Ints, censored: Flags) -> list[dict[str, Any]]:
    """Statistics of durations that have all ended; quantiles interpolate linearly at (n - 1) x p."""
    return [_plain(values) for values, _ in _ladders(cells, which, duration, censored)]


def _plain(values: Ints) -> dict[str, Any]:
    n = len(values)
    if not n:
        return dict(_NOTHING)
    found: dict[str, Any] = {"mean_h": int(values.sum()) / n / HOUR}
    for name, (above, below) in _QUANTILES.items():
        whole, part = divmod((n - 1) * above, below)
        low = int(values[whole])
        step = (int(values[whole + 1]) - low) * part if part else 0
        found[name] = (low * below + step) / below / HOUR
    found["max_h"] = int(values[-1]) / HOUR
    for name, most in _WITHIN.items():
        found[name] = int(np.searchsorted(values, most, side="right")) / n
    return found


def kaplan_meier(cells: Cells, which: Flags, duration: Ints, censored: Flags) -> list[dict[str, Any]]:
    """The Kaplan-Meier estimate: quantile = smallest t with F(t) >= p, null if not reached. No mean."""
    return [_estimate(values, flags) for values, flags in _ladders(cells, which, duration, censored)]


def _estimate(values: Ints, censored: Flags) -> dict[str, Any]:
    n = len(values)
    if not n:
        return dict(_NOTHING)
    left = n - np.arange(n)
    # Factor by factor; a run of factors without a censoring is a plain quotient, free of rounding.
    survival = np.cumprod(np.where(censored, 1.0, (left - 1) / left))
    plain = np.flatnonzero(censored)[0] if censored.any() else n
    survival[:plain] = (left[:plain] - 1) / n
    found: dict[str, Any] = {}
    for name, (above, below) in _QUANTILES.items():
        found[name] = _first_at(values, survival, 1 - above / below)
    found["max_h"] = _first_at(values, survival, 0.0)
    for name, most in _WITHIN.items():
        reached = int(np.searchsorted(values, most, side="right"))
        if reached <= plain:
            found[name] = reached / n
        else:
            found[name] = float(1 - survival[reached - 1])
    return found


def _first_at(values: Ints, survival: np.ndarray[Any, Any], most: float) -> float | None:
    """Smallest duration at which no more than `most` survives."""
    at = np.flatnonzero(survival <= most + 1e-12)
    return int(values[at[0]]) / HOUR if len(at) else None
