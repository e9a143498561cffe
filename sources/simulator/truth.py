"""truth.json: what a system that makes no mistake must find in the files that were written."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from sources.contracts import CONTRACTS
from sources.simulator.faults import Faults
from sources.simulator.truth_clearance import Clearance
from sources.simulator.truth_found import found
from sources.simulator.truth_lists import lists_seen
from sources.simulator.truth_log import VERSIONED, TruthLog
from sources.simulator.truth_volume import volume_daily
from sources.simulator.world import World


def write_truth(out: Path, world: World, file_format: str, faults: Faults, log: TruthLog) -> Path:
    """Compute the truth as if all files had been loaded at once, and write it."""
    days = [world.start + timedelta(days=each) for each in range((world.end - world.start).days + 1)]
    until = datetime.combine(world.end, datetime.min.time()) + timedelta(days=1)
    seen = lists_seen(log)
    clearance = Clearance(world.zone.name, seen, world.end_ms, until.isoformat())
    figures: list[dict[str, Any]] = []
    exclusions: list[dict[str, Any]] = []
    for day in days:
        more_figures, more_exclusions = clearance.rows(day)
        figures += more_figures
        exclusions += more_exclusions
    truth = {
        "tongguan_truth": 1,
        "zone": world.zone.name,
        "from": world.start.isoformat(),
        "to": world.end.isoformat(),
        "seed": world.seed,
        "lists_per_day": world.lists_per_day,
        "format": file_format,
        "faults": {
            name: {"count": each.count, "keys": sorted(each.keys)} for name, each in faults.records.items()
        },
        "files": [
            {
                "path": each.path,
                "kind": each.kind,
                "rows": each.rows,
                "amount_total": each.amount_total,
                "sha256": each.sha256,
                "refused": each.fault is not None,
            }
            for each in log.files
        ],
        "documents": {
            kind: _counts(log, kind) for kind in CONTRACTS if kind in {each.kind for each in log.files}
        },
        "quarantined": [
            {"kind": each.kind, "key": key, "rule": rule}
            for each in log.files
            if not each.fault
            for key, rule in each.rejected
        ],
        **(found(log) if faults.rates else {}),
        "observed_until": until.isoformat(),
        "states": seen.states,
        "volume_daily": volume_daily(world.zone.name, seen, days),
        "clearance_daily": figures,
        "exclusions_daily": exclusions,
    }
    path = out / "truth.json"
    path.write_text(json.dumps(truth, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
    return path


def _counts(log: TruthLog, kind: str) -> dict[str, int]:
    """Rows of the readable files: newest versions, copies, older versions, and rows that cannot be used."""
    files = [each for each in log.files if each.kind == kind and not each.fault]
    read, bad = sum(each.rows for each in files), sum(int(each.bad.sum()) for each in files)
    seen = log.accepted(kind)
    distinct = int(seen.sum())
    older = 0
    if name := VERSIONED.get(kind):
        of, version = log.fact(kind, "list")[seen], log.fact(kind, name)[seen]
        newest = np.full(log.list_total, -1, dtype=np.int64)
        np.maximum.at(newest, of, version)
        older = int((version < newest[of]).sum())
    return {
        "read": read,
        "accepted": distinct - older,
        "duplicate": read - bad - distinct,
        "superseded": older,
        "quarantined": bad,
    }
