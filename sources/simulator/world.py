"""What every part of the simulator shares: the zone, the seed, the people and the days simulated."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sources.simulator.chance import Chance
from sources.simulator.population import Population
from sources.zone import Calibration, Zone

SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000
_EPOCH = date(1970, 1, 1).toordinal()


def midnight(day: date) -> int:
    """Local milliseconds since 1970 at the start of `day`."""
    return (day.toordinal() - _EPOCH) * DAY


def day_of(at_ms: int) -> date:
    """The local calendar day of a moment."""
    return date.fromordinal(at_ms // DAY + _EPOCH)


@dataclass(frozen=True)
class World:
    """One simulation: `start` to `end` inclusive, `lists_per_day` on an ordinary day."""

    zone: Zone
    calibration: Calibration
    chance: Chance
    people: Population
    start: date
    end: date
    lists_per_day: int
    seed: int

    @property
    def first_ms(self) -> int:
        """Start of the first day."""
        return midnight(self.start)

    @property
    def end_ms(self) -> int:
        """End of the last day: nothing later is delivered."""
        return midnight(self.end) + DAY
