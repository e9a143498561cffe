"""Data files that nothing refers to any more: replaced ones after their grace, and those of killed commits."""

from __future__ import annotations

import os
from pathlib import Path

from warehouse import sql
from warehouse.errors import MaintenanceError
from warehouse.record.commits import files as referred
from warehouse.record.commits import replaced
from warehouse.upkeep.action import Done, Plan, Task, Upkeep, instant, size


def _plan_replaced(task: Task) -> Plan:
    return _told(task, _call(task, "ducklake_cleanup_old_files", task.policy.replaced_days, dry=True))


def _remove_replaced(task: Task, plan: Plan) -> Done:
    """Files that merging replaced or that only expired snapshots knew; readers had their days of grace."""
    return _removed(task, plan, "ducklake_cleanup_old_files", task.policy.replaced_days)


def _plan_orphaned(task: Task) -> Plan:
    """Asked of the disk itself: DuckLake's own list needs a lake opened for writing, and is held against this one."""
    rows = task.lake.con.execute(
        f"SELECT filename FROM read_blob({sql.literal(f'{_root(task)}**')}) "
        f"WHERE last_modified < {instant(task.before(task.policy.orphaned_days))}"
    ).fetchall()
    known = {each.path for each in referred(task.lake)} | set(replaced(task.lake))
    return _told(task, [path for (path,) in rows if not known.intersection(_relative(task, [path]))])


def _remove_orphaned(task: Task, plan: Plan) -> Done:
    """Files of transactions that were killed: no commit knows them, and none under way can be so old."""
    return _removed(task, plan, "ducklake_delete_orphaned_files", task.policy.orphaned_days)


def _removed(task: Task, plan: Plan, call: str, days: int) -> Done:
    found = _relative(task, _call(task, call, days, dry=True))
    _refuse(task, plan, found)
    if not found:
        return Done()
    _call(task, call, days, dry=False)
    names = set(_relative(task, _call(task, call, days, dry=True)))
    gone = [each for each in plan.names if each not in names]
    left = [f"{len(names):,} files could not be removed, e.g. {min(names)}"] if names else []
    return Done(gone, plan.bytes if not names else 0, left)


def _call(task: Task, call: str, days: int, *, dry: bool) -> list[str]:
    rows = task.lake.con.execute(
        f"CALL {call}('wh', older_than => {instant(task.before(days))}, dry_run => {str(dry).lower()})"
    ).fetchall()
    return [str(path) for (path,) in rows]


def _refuse(task: Task, plan: Plan, found: list[str]) -> None:
    """A folder reached by two names could make every file look orphaned: nothing that is known or not planned goes."""
    known = {each.path for each in referred(task.lake)}
    if wrong := known.intersection(found) | set(found).difference(plan.names):
        raise MaintenanceError(
            f"{len(wrong):,} files that the catalog refers to, or that were not found before, would have been removed, "
            f"e.g. {min(wrong)}: nothing was. Is the home reached by another path than before? Run `tongguan verify`"
        )


def _told(task: Task, paths: list[str]) -> Plan:
    local = [Path(each) for each in paths if "://" not in each]
    return Plan(_relative(task, paths), size(each for each in local if each.exists()))


def _relative(task: Task, paths: list[str]) -> list[str]:
    """Paths below the data folder, as the catalog and the log of commits write them."""
    roots = {_root(task), f"{os.path.realpath(_root(task))}/"}
    return sorted(
        next((each.removeprefix(root) for root in roots if each.startswith(root)), each) for each in paths
    )


def _root(task: Task) -> str:
    return task.lake.home.storage.url


REPLACED = Upkeep("remove replaced files", "data files", _plan_replaced, _remove_replaced)
ORPHANED = Upkeep("remove orphaned files", "data files", _plan_orphaned, _remove_orphaned)
