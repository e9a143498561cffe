"""Units that can be turned into each other: times, and rates per time."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

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


def convertible(unit: str, wanted: str) -> bool:
    """Whether figures in the two units can be compared."""
    try:
        factor(unit, wanted)
    except ValueError:
        return False
    return True


def per(of: str, by: str, wanted: str) -> Interval:
    """What a figure in `of` over a figure in `by` is multiplied by to be in `wanted`; 1 where no time is converted.

    Parcels per day over parcels per hour are hours, namely those that the parcels of a day take.
    """
    above, below, result = _times(of), _times(by), _times(wanted)
    if wanted in _SECONDS and above.power == below.power == -1:
        above = _times(of.rpartition(" per ")[0])
    if above.power - below.power != result.power:
        return Interval.exact(1)
    times = above.seconds / below.seconds / result.seconds
    return Interval.exact(times.numerator) / Interval.exact(times.denominator)


@dataclass(frozen=True)
class _Times:
    """The times in a unit: their product in seconds, and its power (`orders per min`: -1)."""

    seconds: Fraction
    power: int


def _times(unit: str) -> _Times:
    first, *others = unit.split(" per ")
    seconds, power = Fraction(_SECONDS.get(first, 1)), int(first in _SECONDS)
    for other in others:
        if other in _SECONDS:
            seconds, power = seconds / _SECONDS[other], power - 1
    return _Times(seconds, power)


def _seconds(unit: str) -> Interval:
    return Interval.exact(_SECONDS[unit])
