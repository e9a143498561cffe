"""Maintenance as a plain function: the policy of home and zones, a run id, the work. No Prefect here."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

from flows import clock
from sources.zone import Zone, zone_names
from warehouse import Home, upkeep
from warehouse.upkeep import Maintained, Policy
from warehouse.upkeep.maintain import Say


def run(home: Path, zone: str | None = None, *, dry: bool = False, say: Say) -> Maintained:
    """Maintain a home; `zone` narrows the expiry of landed files to one zone's.

    Raises ZoneError, and what warehouse.upkeep.maintain raises.
    """
    store = Home(home)
    at = clock.now()
    stated = {each: Zone.load(each).retention.landed_days for each in zone_names()}
    policy = Policy.of(store, {name: days for name, days in stated.items() if days is not None})
    run_id = f"maintenance-{at:%Y%m%d}-{uuid4().hex[:8]}"
    return upkeep.maintain(store, policy, run_id, at, zone=zone, dry=dry, say=say)
