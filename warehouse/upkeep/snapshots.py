"""Expiring snapshots: what the lake was at moments longer ago than anyone asks it back file by file.

Figures do not need them: every vintage is a row of its own and stays for ever, so a question as of any moment
over published figures has the same answer before and after. Records as of a moment before the oldest snapshot
kept are made again from the documents loaded by then, which are never deleted (warehouse.rebuild).
"""

from __future__ import annotations

from datetime import datetime

import duckdb

from warehouse.record.book import Book
from warehouse.upkeep.action import AUTHOR, Done, Plan, Task, Upkeep


def _plan(task: Task) -> Plan:
    numbers = expired(task, task.before(task.policy.snapshots_days))
    return Plan(_ranges(numbers))


def _expire(task: Task, plan: Plan) -> Done:
    """One transaction of the catalog; the files only these snapshots refer to are removed after their own grace."""
    del plan  # asked again: commits came since
    numbers = expired(task, task.before(task.policy.snapshots_days))
    if not numbers:
        return Done()

    def work(con: duckdb.DuckDBPyConnection) -> None:
        con.execute(f"CALL ducklake_expire_snapshots('wh', versions => {numbers})").fetchall()

    task.lake.commit(AUTHOR, f"expire {len(numbers)} snapshots", task.run_id, work)
    return Done(_ranges(numbers))


def expired(task: Task, cutoff: datetime) -> list[int]:
    """Numbers of the snapshots that no question of the retention needs.

    The one in force at `cutoff` is kept, since questions as of that moment are answered from it; so is every
    snapshot that the log of commits has not sealed yet.
    """
    rows = task.lake.con.execute(
        "SELECT snapshot_id, CAST(snapshot_time AS TIMESTAMP) FROM wh.snapshots() ORDER BY 1"
    ).fetchall()
    by_then = [number for number, moment in rows if moment <= cutoff]
    last = Book.of(task.lake.home).last()
    if not by_then or last is None:
        return []
    in_force = max(by_then)
    return [number for number, _ in rows if number < in_force and number <= last["snapshot"]]


def _ranges(numbers: list[int]) -> list[str]:
    """Numbers as `first-last` stretches."""
    found: list[list[int]] = []
    for number in numbers:
        if found and found[-1][1] == number - 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return [f"{first}-{last}" if last > first else str(first) for first, last in found]


SNAPSHOTS = Upkeep("expire snapshots", "snapshots", _plan, _expire)
