"""Units that can be turned into each other: times, and rates per time."""

from __future__ import annotations

from transforms.indicators.interval import Interval

_SECONDS = {"s": 1, "min": 60, "h": 3600, "day": 86400}


def factor(unit: str, wanted: str) -> Interval:
    """What a figure in `unit` is multiplied by to be in `wanted`; raises ValueError where it cannot be."""
    if unit == wanted:
        return Interval.exact(1)
    if unit in _SECONDS and wanted in _SECONDS:
        return _seconds(unit) / _seconds(wanted)
    thing, _, time = unit.rpartition(" per ")
    wanted_thing, _, wanted_time = wanted.rpartition(" per ")
    if thing and thing == wanted_thing and time in _SECONDS and wanted_time in _SECONDS:
        return _seconds(wanted_time) / _seconds(time)
    raise ValueError(f"{unit!r} cannot be turned into {wanted!r}")


def _seconds(unit: str) -> Interval:
    return Interval.exact(_SECONDS[unit])
