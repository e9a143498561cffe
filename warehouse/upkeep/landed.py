"""Landed files: bytes as they were delivered, with personal data in clear, expired by the policy of their zone.

What they held stays: documents, with digests for what is personal, and the file's row in ledger.files. A file with
quarantined rows that can still be released is kept, since a release reads the row from it again. Bytes that no commit
knows, of runs that stopped, belong to no zone: whichever is maintained lets them go, at the longest retention.
"""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import datetime, timedelta
from pathlib import Path

from sources import beijing
from warehouse import landing
from warehouse.upkeep.action import Done, Plan, Task, Upkeep, newest, size

_HASH = re.compile(r"[0-9a-f]{64}")


#: Bytes landed less than this ago may be read by a run that has not committed them yet, whatever others made of them.
_AT_WORK = timedelta(days=1)


def _plan(task: Task) -> Plan:
    kept, names, paths = [], [], []
    open_rows = _in_quarantine(task)
    for digest, path, due in _due(task):
        if not due:
            continue
        if rows := open_rows.get(digest):
            kept.append(
                f"landed file {digest[:12]} ({size([path]):,} bytes) is older than its retention and kept: "
                f"{rows:,} rows of it are in quarantine and a release needs it (`tongguan quarantine list`)"
            )
            continue
        names.append(digest)
        paths.append(path)
    return Plan(names, size(paths), kept)


def _expire(task: Task, plan: Plan) -> Done:
    """Those that a run landed again since they were planned stay; those that are gone are not counted."""
    gone, freed = [], 0
    for digest in plan.names:
        path = landing.stored(task.lake.home, digest)
        bytes_ = size([path])
        if not _older(path, task.at - _AT_WORK):
            continue
        path.unlink(missing_ok=True)
        gone.append(digest)
        freed += bytes_
    return Done(gone, freed)


def _due(task: Task) -> list[tuple[str, Path, bool]]:
    """Every landed file with its hash and whether every zone that has it lets it go."""
    loaded: dict[str, dict[str, datetime]] = defaultdict(dict)
    rows = task.lake.con.execute(
        "SELECT file_hash, zone, coalesce(loaded_at, landed_at) FROM wh.ledger.files"
    ).fetchall()
    for digest, zone, moment in rows:
        loaded[digest][zone] = moment
    found = []
    for path in sorted(task.lake.home.landing.glob("*/*")):
        if not _HASH.fullmatch(path.name):
            continue
        zones = loaded.get(path.name)
        if zones is None:  # of a run that stopped before its commit
            found.append((path.name, path, _older(path, task.at - task.policy.longest_landed)))
            continue
        due = all(
            moment is not None and moment + task.policy.landed(zone) < task.at
            for zone, moment in zones.items()
        )
        ours = task.zone is None or task.zone in zones
        found.append((path.name, path, due and ours and _older(path, task.at - _AT_WORK)))
    return found


def _older(path: Path, moment: datetime) -> bool:
    """Whether the bytes were landed, or landed again, before a moment (local Beijing time); not where they are gone."""
    landed_at = newest(path)
    return landed_at is not None and landed_at < beijing.to_seconds(moment)


def _in_quarantine(task: Task) -> dict[str, int]:
    """Rows that can still be released, by file."""
    rows = task.lake.con.execute(
        "SELECT file_hash, count(*) FROM wh.quarantine.rows WHERE status <> 'accepted' GROUP BY 1"
    ).fetchall()
    return dict(rows)


LANDED = Upkeep("expire landed files", "files by SHA-256", _plan, _expire)
