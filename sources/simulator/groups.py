"""What moves together: flights and trucks that bring parcels, vehicles that take them through the gate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sources.simulator.chance import Flags, Ids, Ints
from sources.simulator.lists import Lists, slot
from sources.simulator.world import HOUR, MINUTE, SECOND, midnight

_FLIGHT_MINUTES = 180
_TRUCK_MINUTES = 90
_GATE_MINUTES = 240


@dataclass(frozen=True)
class Groups:
    """Lists that share a flight, a truck or a verification list.

    `members` are positions of lists, those of one group one after another; `of` gives the group of every
    list of the day, -1 for none.
    """

    ids: Ids
    of: Ints
    members: Ints
    counts: Ints
    at: Ints
    office: Ints

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def first_member(self) -> Ints:
        """The first list of each group."""
        return self.members[np.concatenate([[0], np.cumsum(self.counts)[:-1]]).astype(np.int64)]


def together(lists: Lists, which: Flags, key: Ints, tag: int) -> tuple[Ints, Groups]:
    """Group the lists `which` by `key` and office; `at` is left at 0. Also gives each group's key."""
    picked = np.flatnonzero(which)
    mixed = key[picked] * 64 + lists.office[picked]
    found, inverse, counts = np.unique(mixed, return_inverse=True, return_counts=True)
    of = np.full(len(lists), -1, dtype=np.int64)
    of[picked] = inverse
    order = np.argsort(inverse, kind="stable")
    base = np.uint64((lists.day.toordinal() << 34) + ((lists.flow == "E") << 33) + (tag << 29))
    return found // 64, Groups(
        ids=base + np.arange(len(found), dtype=np.uint64),
        of=of,
        members=picked[order],
        counts=counts.astype(np.int64),
        at=np.zeros(len(found), dtype=np.int64),
        office=found % 64,
    )


def _timed(groups: Groups, at: Ints) -> Groups:
    return Groups(groups.ids, groups.of, groups.members, groups.counts, at, groups.office)


def flights(lists: Lists) -> tuple[Groups, Flags]:
    """Flights of direct-purchase imports, and the lists declared before theirs has landed.

    The goods of the others came earlier, by as much as makes the overall mean of the zone.
    """
    world = lists.world
    shares, times = world.calibration.shares, world.calibration.times
    direct = lists.mode_is("9610")
    early = direct & world.chance.happens("early", lists.ids, shares["arrival_wait"])
    key, groups = together(lists, direct, slot(lists.app, _FLIGHT_MINUTES) * 2 + early, 1)
    begins = key // 2 * _FLIGHT_MINUTES * MINUTE
    on_the_spot = _FLIGHT_MINUTES / 120 + shares["inspected"] * times["inspection_h"]
    mean_h = max(times["import_overall_h"] / (1 - shares["arrival_wait"]) - on_the_spot, 0.5)
    sigma = 0.45
    ago = world.chance.lognormal("flight ago", groups.ids, mean_h * np.exp(-(sigma**2) / 2), sigma)
    before = begins - (ago * 3600).astype(np.int64) * SECOND
    wait = world.chance.exponential_ms("flight later", groups.ids, times["arrival_wait_h"]) // SECOND * SECOND
    after = begins + _FLIGHT_MINUTES * MINUTE + 10 * MINUTE + wait
    # Nothing is dated before the first simulated day: what was there before counts from its midnight.
    return _timed(groups, np.maximum(np.where(key % 2 == 1, after, before), world.first_ms)), early


def trucks(lists: Lists) -> Groups:
    """Trucks that bring exports to the supervised place shortly before they are declared."""
    times, shares = lists.world.calibration.times, lists.world.calibration.shares
    key, groups = together(lists, np.ones(len(lists), dtype=np.bool_), slot(lists.app, _TRUCK_MINUTES), 2)
    held = shares["inspected"] * times["inspection_h"] + shares["reviewed"] * times["review_h"]
    lead = max(int((times["export_overall_h"] - held) * 60) - _TRUCK_MINUTES // 2, 1)
    ahead = lists.world.chance.between("truck ahead", groups.ids, 0, 2 * lead * 60) * SECOND
    return _timed(groups, np.maximum(key * _TRUCK_MINUTES * MINUTE - ahead, midnight(lists.day)))


def vehicles(lists: Lists, released: Ints) -> Groups:
    """Exit verification lists of bonded lists: those released in the same four hours from one warehouse.

    `at` is when the verification list is declared.
    """
    bonded = lists.mode_is("1210", "1239") & (released >= 0)
    warehouse = lists.seller % len(lists.world.people.warehouses)
    key, groups = together(lists, bonded, slot(released, _GATE_MINUTES) * 8 + warehouse, 3)
    after = lists.world.chance.between("verified", groups.ids, 120, 600) * SECOND
    return _timed(groups, (key // 8 + 1) * _GATE_MINUTES * MINUTE + after)


def passage(lists: Lists, groups: Groups) -> Ints:
    """When the vehicles pass the gate."""
    mean = max(lists.world.calibration.times["gate_out_h"] - 3.2, 0.5)
    wait = lists.world.chance.exponential_ms("gate", groups.ids, mean)
    return (groups.at + HOUR // 2 + wait) // SECOND * SECOND
