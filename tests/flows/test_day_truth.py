"""Simulated days in every format give the same figures, those of truth.json; a second run commits nothing."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from day_runs import KEYS, differences, expected, load_truth, published, run_stages, snapshot

from sources.simulator import simulate
from sources.zone import Zone

ZONE, START, DAYS, LISTS = "zhengzhou", date(2025, 3, 4), 2, 120


@pytest.mark.parametrize("form", ["parquet", "csv", "jsonl", "xml"])
def test_figures_equal_the_truth_and_a_second_run_commits_nothing(form: str, tmp_path: Path) -> None:
    extracts, home = tmp_path / "extracts", tmp_path / "home"
    days = [START + timedelta(days=each) for each in range(DAYS)]
    simulate(extracts, Zone.load(ZONE), days[0], days[-1], LISTS, 3, form, {})
    truth = load_truth(extracts)

    for day in days:
        run_stages(home, ZONE, day, extracts)

    for table in KEYS:
        assert differences(published(home, table), expected(truth, table)) == []
    before = snapshot(home)
    run_stages(home, ZONE, days[-1], extracts)
    assert snapshot(home) == before
