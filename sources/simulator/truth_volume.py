"""The true volume_daily: counted list by list, in whole numbers of 1e-5."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np

from sources.simulator.truth_cells import counts, roll_ups, totals
from sources.simulator.truth_lists import Seen
from sources.simulator.world import DAY, midnight


def volume_daily(zone: str, seen: Seen, days: list[date]) -> list[dict[str, Any]]:
    """Rows of metrics.volume_daily for the days, every roll-up included."""
    c = seen.columns
    rows = []
    every = roll_ups(c)
    sums = {
        "orders": c["order"],
        "items": c["items"],
        "packages": c["packages"],
        "value_cny": np.maximum(c["value"], 0),
        "tax_cny": c["tax"],
        "gross_weight_kg": c["gross"],
    }
    for day in days:
        start = midnight(day)
        for basis in ("declared", "accepted", "released"):
            which = np.flatnonzero((c[basis] >= start) & (c[basis] < start + DAY))
            all_of_them = np.ones(len(which), dtype=np.bool_)
            for cells in (each.among(which) for each in every):
                lists = counts(cells, all_of_them)
                found = {name: totals(cells, all_of_them, values[which]) for name, values in sums.items()}
                for at in np.flatnonzero(lists):
                    flow, mode, office = cells.names[at]
                    rows.append(
                        {
                            "zone": zone,
                            "business_date": day.isoformat(),
                            "basis": basis,
                            "flow": flow,
                            "mode": mode,
                            "office": office,
                            "lists": int(lists[at]),
                            **{
                                name: money(int(values[at]))
                                if name in ("value_cny", "tax_cny", "gross_weight_kg")
                                else int(values[at])
                                for name, values in found.items()
                            },
                        }
                    )
    return rows


def money(units: int) -> str:
    """Whole numbers of 1e-5 as text with five decimals."""
    return f"{units // 100_000}.{units % 100_000:05d}"
