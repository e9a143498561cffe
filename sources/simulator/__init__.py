"""The simulator: seeded extracts of a zone in any of the four formats, with the truth beside them.

`simulate(...)` writes OUT/<yyyy-mm-dd>/ a day of delivery and OUT/truth.json: what a system that makes no
mistake must find in those files. docs/simulator.md tells what is simulated and from which figures.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

from sources.simulator.chance import Chance
from sources.simulator.day import columns_of, direct_arrivals, sections_of
from sources.simulator.delivery import Delivery
from sources.simulator.faults import FAULTS, FaultError, Faults
from sources.simulator.lists import lists_of
from sources.simulator.population import Population
from sources.simulator.truth import write_truth
from sources.simulator.truth_log import TruthLog
from sources.simulator.world import DAY, World, midnight
from sources.simulator.writers import WRITERS
from sources.zone import Zone, ZoneError

__all__ = ["FAULTS", "FORMATS", "FaultError", "simulate"]

FORMATS = tuple(WRITERS)


def simulate(
    out: Path,
    zone: Zone,
    start: date,
    end: date,
    lists_per_day: int,
    seed: int,
    format: str,
    faults: Mapping[str, float],
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Write the extracts of the days `start`..`end` under `out`; gives the path of truth.json.

    `lists_per_day` is an ordinary midweek day; festivals and Spring Festival scale it. Receipts and
    statuses later than `end` are not delivered. The same arguments give the same bytes. Raises ValueError
    (FaultError for a fault) where an argument cannot be used.
    """
    if zone.simulator is None:
        raise ZoneError(f"zone {zone.name} has no [simulator] table in its file, so it cannot be simulated")
    if format not in WRITERS:
        raise ValueError(f"no format {format!r}; there are: {', '.join(FORMATS)}")
    if end < start:
        raise ValueError(f"the last day {end} is before the first day {start}")
    if lists_per_day < 1:
        raise ValueError(f"{lists_per_day} lists a day are too few; ask for at least 1")
    if any(out.glob("*")):
        raise ValueError(f"{out} is not empty; simulate into a new folder")
    chance = Chance(seed)
    people = Population(zone.simulator, chance, lists_per_day)
    world = World(zone, zone.simulator, chance, people, start, end, lists_per_day, seed)
    log, happening = TruthLog(), Faults(faults, chance)
    days = (end - start).days + 1
    with ThreadPoolExecutor(max_workers=2) as pool:
        delivery = Delivery(world, out, format, happening, log, pool)
        every = [start + timedelta(days=number) for number in range(days)]
        # Flights land up to days before the lists of their parcels are declared, so they come first.
        landed = {}
        for day in every:
            landed[day], documents = direct_arrivals(lists_of(world, day, "I", 0), log)
            delivery.expect(documents)
        for number, day in enumerate(every):
            for flow in ("I", "E"):
                lists = lists_of(world, day, flow, log.list_total)
                c = columns_of(lists, landed.pop(day) if flow == "I" else None, log)
                log.add_lists(c)
                if happening.rates:
                    log.add_keys(c)
                for section in sections_of(c):
                    delivery.take(section, midnight(day) // DAY)
            delivery.finish(midnight(day) // DAY)
            if progress:
                progress(number + 1, days)
    return write_truth(out, world, format, happening, log)
