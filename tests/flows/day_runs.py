"""Compare a warehouse with the simulator's truth.json, which was computed without the transforms."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from flows import stages
from flows.day import DayReport
from flows.pull import pull_all
from warehouse import Home, Lake

KEYS = {
    "volume_daily": ("business_date", "basis", "flow", "mode", "office"),
    "clearance_daily": ("business_date", "basis", "flow", "mode", "office", "measure"),
    "exclusions_daily": ("business_date", "basis", "flow", "mode", "office", "measure", "reason"),
}
#: A ten-thousandth of a millisecond, in hours: what dividing integers by floats may differ in.
SAME_HOURS = 1e-4 / 3_600_000


def run_stages(home: Path, zone: str, day: date, inbox: Path, provisional: bool = False) -> stages.Run:
    """The stages of a day without Prefect, in the flow's order."""
    run = stages.begin(home, zone, day, provisional)
    report = DayReport(run.run_id, zone, day)
    stages.land(run, pull_all(run, str(inbox)))
    stages.read(run)
    stages.validate(run)
    report.committed = stages.commit(run)
    report.mended = stages.take_in_mended(run)
    stages.link(run)
    report.vintages = stages.measure(run)
    stages.publish(run)
    stages.tidy(run, report)
    stages.close(run, report)
    stages.seal(run)
    return run


def snapshot(home: Path) -> int:
    with Lake.read(Home(home)) as lake:
        return lake.snapshot()


def published(home: Path, table: str) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Rows of a metrics view by key."""
    with Lake.read(Home(home)) as lake:
        result = lake.con.execute(f"SELECT * FROM wh.metrics.{table}")
        names = [each[0] for each in result.description]
        rows = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
    return {tuple(plain(row[name]) for name in KEYS[table]): row for row in rows}


def expected(truth: dict[str, Any], table: str) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Rows of truth.json by key."""
    return {tuple(row[name] for name in KEYS[table]): row for row in truth[table]}


def load_truth(folder: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((folder / "truth.json").read_text())
    return loaded


def differences(found: dict[Any, dict[str, Any]], wanted: dict[Any, dict[str, Any]]) -> list[str]:
    """Sentences: rows one side lacks, values that differ; counts and money exact, hours to 0.1 µs."""
    wrong = [f"missing {key}" for key in wanted.keys() - found.keys()]
    wrong += [f"not in truth {key}" for key in found.keys() - wanted.keys()]
    for key in wanted.keys() & found.keys():
        for name, value in wanted[key].items():
            if not same(name, found[key][name], value):
                wrong.append(f"{key} {name}: found {found[key][name]}, truth {value}")
    return sorted(wrong)


def same(name: str, found: Any, wanted: Any) -> bool:
    if found is None or wanted is None:
        return found is wanted
    if isinstance(found, Decimal):
        return found == Decimal(str(wanted))
    if isinstance(found, float):
        return abs(found - float(wanted)) <= SAME_HOURS
    return bool(plain(found) == wanted)


def plain(value: Any) -> Any:
    """As JSON has it."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return value
