"""Maintenance as a plain function: the policy of home and zones, a run id, the work. No Prefect here."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from uuid import uuid4

from flows import clock
from sources.zone import Zone, stated_zones
from warehouse import Home, upkeep
from warehouse.status import known_zones
from warehouse.upkeep import Maintained, Policy
from warehouse.upkeep.maintain import Say

#: Landed files of a zone that says nothing are kept.
FOR_EVER_DAYS = 36_500


def run(home: Path, zone: str | None = None, *, dry: bool = False, say: Say) -> Maintained:
    """Maintain a home; `zone` narrows the expiry of landed files to one zone's.

    Raises ZoneError, and what warehouse.upkeep.maintain raises.
    """
    store, at = Home(home), clock.now()
    stated = {each: Zone.load(each).retention.landed_days for each in stated_zones()}
    days_of = {name: days for name, days in stated.items() if days is not None}
    unstated = [each for each in known_zones(store) if each not in stated]
    policy = Policy.of(store, days_of | dict.fromkeys(unstated, FOR_EVER_DAYS))
    run_id = f"maintenance-{at:%Y%m%d}-{uuid4().hex[:8]}"
    done = upkeep.maintain(store, policy, run_id, at, zone=zone, dry=dry, say=say)
    kept = [
        f"landed files of {each}: it has no zone file, which would say how long they are kept"
        for each in unstated
    ]
    return replace(done, kept=[*done.kept, *kept])
