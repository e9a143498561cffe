"""What runs leave beside the lake: folders between stages, scratch and half-written files, old validation pages."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from sources import beijing
from warehouse.upkeep.action import Done, Plan, Task, Upkeep, newest, size

_HALF_WRITTEN = re.compile(r"\.incoming-.*|\.analyst\.duckdb\.\d+(\.wal)?")


def _between_stages(task: Task) -> Iterable[Path]:
    home = task.lake.home
    half = [*home.landing.glob(".*"), *home.published.glob(".*")]
    return [
        *home.staging.glob("*"),
        *home.scratch.glob("*"),
        *(each for each in half if _HALF_WRITTEN.fullmatch(each.name)),
    ]


def _pages(task: Task) -> Iterable[Path]:
    return task.lake.home.reports.glob("*/validation.html")


def _name(task: Task, path: Path) -> str:
    """Within the home, or whole where landed files lie in a folder of their own (TONGGUAN_LANDING)."""
    home = task.lake.home.path
    return str(path.relative_to(home) if path.is_relative_to(home) else path)


def _older(find: Callable[[Task], Iterable[Path]], key: str) -> Callable[[Task], Plan]:
    def plan(task: Task) -> Plan:
        before = beijing.to_seconds(task.before(getattr(task.policy, key)))
        ages = {each: newest(each) for each in find(task)}
        old = sorted(each for each, age in ages.items() if age is not None and age < before)
        return Plan([_name(task, each) for each in old], size(old))

    return plan


def _take_away(path: Path) -> None:
    """Remove a file, or a folder from which its owner may be removing files too; raises where it is gone already."""
    if path.is_symlink() or not path.is_dir():
        path.unlink()
        return

    def unless_gone(_: Any, __: Any, failed: Any) -> None:
        if not isinstance(failed[1], FileNotFoundError):
            raise failed[1]

    shutil.rmtree(path, onerror=unless_gone)


def _remove(task: Task, plan: Plan) -> Done:
    """What its owner removed since it was planned is neither gone by us nor left."""
    gone, freed, left = [], 0, []
    for name in plan.names:
        path = task.lake.home.path / name
        bytes_ = size([path])
        try:
            _take_away(path)
            if name.startswith("reports/") and not any(path.parent.iterdir()):
                path.parent.rmdir()
        except FileNotFoundError:
            continue
        except OSError as error:
            left.append(f"{name} could not be removed: {error.strerror}")
            continue
        gone.append(name)
        freed += bytes_
    return Done(gone, freed, left)


STAGING = Upkeep(
    "remove leftovers of runs", "folders and files", _older(_between_stages, "staging_days"), _remove
)
PAGES = Upkeep("remove old validation pages", "pages", _older(_pages, "pages_days"), _remove)
