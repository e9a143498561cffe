"""One maintenance of a home: planned, written down, done, written down again, sealed.

Before anything is removed for good, what will be is a row of ledger.maintenance; what was done is another. A
maintenance that was killed in between leaves a plan without its `done`, and the next one does the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import duckdb

from warehouse import record, sql
from warehouse.connection import Lake, required
from warehouse.home import Home
from warehouse.tables import MAINTENANCE
from warehouse.upkeep import catalog, files, landed, leftovers, merges, snapshots
from warehouse.upkeep.action import AUTHOR, Done, Plan, Task, Upkeep
from warehouse.upkeep.policy import Policy

#: In this order: merging makes files to remove, but not before their grace.
ALL: tuple[Upkeep, ...] = (
    merges.SMALL,
    merges.BULK,
    snapshots.SNAPSHOTS,
    files.REPLACED,
    files.ORPHANED,
    landed.LANDED,
    leftovers.STAGING,
    leftovers.PAGES,
    catalog.CATALOG,
)
#: What every machine does with files of its own. The rest changes the lake: what is merged and expired has to be
#: logged first, so the machine that keeps the record does it.
OF_EACH_MACHINE: tuple[Upkeep, ...] = (landed.LANDED, leftovers.STAGING, leftovers.PAGES)

Say = Callable[[str], None]


@dataclass
class Maintained:
    """What a maintenance did (`dry`: would do), one record an action; `left`: what it could not do, as sentences."""

    run_id: str
    dry: bool
    actions: list[dict[str, Any]] = field(default_factory=list)  # action, objects, bytes, names, of
    left: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """0 all done, 1 something is left to look at."""
        return 1 if self.left or self.kept else 0

    def sentence(self) -> str:
        """For the progress line."""
        if not self.actions:
            return "nothing to do" if not self.left else f"{len(self.left)} things left undone"
        return ", ".join(f"{each['action']}: {each['objects']:,} {each['of']}" for each in self.actions)


def maintain(
    home: Home,
    policy: Policy,
    run_id: str,
    at: datetime,
    *,
    zone: str | None = None,
    dry: bool = False,
    say: Say,
) -> Maintained:
    """Everything that is due at `at` (local Beijing time); `zone` narrows landed files to one zone's.

    `dry` changes nothing. A machine that does not keep the record does what is of each machine. Raises
    WarehouseMissingError, MaintenanceError, SigningKeyError, RecordError.
    """
    required(home)
    wanted = ALL if home.keeps_record else OF_EACH_MACHINE
    result = Maintained(run_id, dry)
    opened = Lake.read(home) if dry else Lake.write(home, say)
    with opened as lake:
        task = Task(lake, policy, run_id, at, zone)
        if not dry and home.keeps_record:
            # What is merged or expired away must have been logged as it was.
            record.seal(lake, at.date(), run_id, at)
        plans = [(each, each.plan(task)) for each in wanted]
        result.kept = [sentence for _, plan in plans for sentence in plan.kept]
        if dry:
            result.actions = [_told(each, plan) for each, plan in plans if plan.names]
            return result
        _work(task, plans, result, say)
        if home.keeps_record:
            record.seal(lake, at.date(), run_id, at)
    return result


def _work(task: Task, plans: Sequence[tuple[Upkeep, Plan]], result: Maintained, say: Say) -> None:
    _write_down(task, "planned", [(each, plan) for each, plan in plans if each.removes and plan.names])
    done: list[tuple[Upkeep, Done]] = []
    for each, plan in plans:
        if not plan.names:
            continue
        outcome = each.do(task, plan)
        done.append((each, outcome))
        say(f"{each.name}: {len(outcome.names):,} {each.says}, {outcome.bytes / 1e6:,.1f} MB")
        result.left += outcome.left
    worked = [(each, outcome) for each, outcome in done if outcome.names or outcome.left]
    _write_down(task, "done", worked)
    result.actions = [_told(each, outcome) for each, outcome in worked if outcome.names]


def _told(upkeep: Upkeep, what: Plan | Done) -> dict[str, Any]:
    return {
        "action": upkeep.name,
        "objects": len(what.names),
        "of": upkeep.says,
        "bytes": what.bytes,
        "names": list(what.names),
    }


def _write_down(task: Task, state: str, rows: Sequence[tuple[Upkeep, Plan | Done]]) -> None:
    """Rows of ledger.maintenance in one commit; none leaves no snapshot."""
    if not rows:
        return
    values = ", ".join(
        f"({sql.literal(task.run_id)}, {sql.literal(task.zone)}, {sql.literal(each.name)}, {sql.literal(state)}, "
        f"{len(what.names)}, {what.bytes}, {sql.literals(what.names)}::VARCHAR[], "
        f"{sql.literals(what.left if isinstance(what, Done) else what.kept)}::VARCHAR[], {sql.literal(task.at)})"
        for each, what in rows
    )

    def work(con: duckdb.DuckDBPyConnection) -> None:
        con.execute(f"INSERT INTO {MAINTENANCE.qualified} VALUES {values}")

    task.lake.commit(AUTHOR, f"maintenance {state}", task.run_id, work)
