"""The SQLite catalog: its free pages given back, its journal emptied into it. A PostgreSQL one vacuums itself."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from warehouse import catalogs
from warehouse.errors import MaintenanceError
from warehouse.upkeep.action import Done, Plan, Task, Upkeep, size


def _plan(task: Task) -> Plan:
    if catalogs.of(task.lake.home).shared:
        return Plan()
    seen = _ask(task, "look")
    journal = task.lake.home.catalog.with_name(f"{task.lake.home.catalog.name}-wal")
    waiting = size([journal])
    names = [f"write anew: {seen['free']:,} of {seen['pages']:,} pages are free"] if seen["pays"] else []
    names += [f"empty the journal of {waiting:,} bytes"] if waiting else []
    return Plan(names, seen["free"] * seen["page"] if seen["pays"] else 0)


def _compact(task: Task, plan: Plan) -> Done:
    """Both wait for readers for a while; what they do not let go is done the next time."""
    before = task.lake.home.catalog.stat().st_size
    seen = _ask(task, "compact")
    left = []
    if seen["refused"]:
        left.append(f"the catalog was not written anew, nothing is lost: {seen['refused']}")
    if seen["held"]:
        left.append(
            "the catalog's journal was not emptied because a reader holds it: end long queries and run it again"
        )
    freed = max(0, before - task.lake.home.catalog.stat().st_size)
    return Done(plan.names if not left else (), freed, left)


def _ask(task: Task, what: str) -> dict[str, Any]:
    # As a file and isolated: it needs nothing of the warehouse, whose import takes seconds.
    script = Path(__file__).with_name("sqlite_process.py")
    command = [sys.executable, "-I", str(script), str(task.lake.home.catalog), what]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise MaintenanceError(f"the catalog could not be looked at: {ended.stderr.strip().splitlines()[-1]}")
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


CATALOG = Upkeep("compact the catalog", "steps", _plan, _compact, removes=False)
