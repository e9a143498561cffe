"""The CNY value of lists in whole units of 1e-5, dollars at the zone's rate of the day."""

from __future__ import annotations

import numpy as np

from sources.simulator.chance import Ints
from sources.simulator.lists import Lists


def value_units(lists: Lists) -> Ints:
    """Goods value of each list, -1 where the rate is missing (a gap, not a guess).

    cents x rate in 1e-8 gives 1e-10; each item is rounded half up to 1e-5.
    """
    rate = lists.world.zone.rate("502", lists.day)
    if rate is None:
        return np.where(lists.dollars, -1, lists.goods * 1000)
    units = lists.items.total * int(rate * 10**8)
    foreign = lists.per_list((units + 50_000) // 100_000)
    return np.where(lists.dollars, foreign, lists.goods * 1000)
