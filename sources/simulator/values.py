"""The CNY value of lists in whole units of 1e-5, dollars at the zone's rate of the day."""

from __future__ import annotations

import numpy as np

from sources.simulator.chance import Ints
from sources.simulator.lists import Lists
from sources.simulator.world import DAY, day_of


def value_units(lists: Lists, at: Ints) -> Ints:
    """Goods value of each list, -1 where the rate is missing (a gap, not a guess).

    `at` says when each was declared: its day has the rate. cents x rate in 1e-8 gives 1e-10, which is
    rounded half up to 1e-5 once a list.
    """
    units = lists.goods * 1000
    for day in np.unique(at[lists.dollars & (at >= 0)] // DAY):
        rate = lists.world.zone.rate("502", day_of(int(day) * DAY))
        foreign = lists.dollars & (at // DAY == day)
        exact = -1 if rate is None else (lists.goods * int(rate * 10**8) + 50_000) // 100_000
        units = np.where(foreign, exact, units)
    return units
