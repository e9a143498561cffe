"""Simulated days in every format give the same figures, those of truth.json; a second run commits nothing."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from day_runs import KEYS, differences, expected, load_truth, published, run_stages, snapshot

from sources.simulator import simulate
from sources.zone import Zone
from warehouse import Home

ZONE, START, DAYS, LISTS = "zhengzhou", date(2025, 3, 4), 2, 120


def simulated(tmp_path: Path, form: str, days: list[date]) -> tuple[Path, dict[str, Any]]:
    extracts = tmp_path / "extracts"
    simulate(extracts, Zone.load(ZONE), days[0], days[-1], LISTS, 3, form, {})
    return extracts, load_truth(extracts)


# With all faults on it runs by default, in test_faults_truth.py.
@pytest.mark.long
def test_days_one_after_the_other_give_the_truth_and_a_second_run_commits_nothing(tmp_path: Path) -> None:
    home = tmp_path / "home"
    days = [START + timedelta(days=each) for each in range(DAYS)]
    extracts, truth = simulated(tmp_path, "parquet", days)
    for day in days:
        run_stages(home, ZONE, day, extracts / day.isoformat())
    before = snapshot(home)
    run_stages(home, ZONE, days[-1], extracts / days[-1].isoformat())
    assert snapshot(home) == before
    for table in KEYS:
        assert differences(published(home, table), expected(truth, table)) == []


# CSV has its own default run with all faults on, in test_faults_truth.py.
@pytest.mark.parametrize(
    "form", ["xml", *(pytest.param(each, marks=pytest.mark.long) for each in ("jsonl", "csv"))]
)
def test_every_format_gives_the_truth(form: str, tmp_path: Path, home: Home) -> None:
    extracts, truth = simulated(tmp_path, form, [START])
    run_stages(home.path, ZONE, START, extracts)
    for table in KEYS:
        assert differences(published(home.path, table), expected(truth, table)) == []
