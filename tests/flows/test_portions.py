"""Figures of many dates are computed a portion after another: where the cuts fall changes no figure."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from day_runs import run_stages
from polars.testing import assert_frame_equal

from flows import stages
from sources.simulator import FAULTS, simulate
from sources.zone import Zone
from transforms.definitions import METRIC_TABLES
from warehouse import Home, Lake, measuring

ZONE, START, DAYS = "zhengzhou", date(2025, 3, 4), 3
DATES = [START + timedelta(days=each) for each in range(DAYS)]


@pytest.mark.ci
def test_dates_one_by_one_have_the_figures_of_all_at_once(
    tmp_path: Path, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    extracts = tmp_path / "extracts"
    simulate(extracts, Zone.load(ZONE), DATES[0], DATES[-1], 60, 7, "parquet", dict.fromkeys(FAULTS, 0.05))
    for day in DATES:
        run = run_stages(home.path, ZONE, day, extracts / day.isoformat())

    found = []
    with Lake.write(home, zone=ZONE) as lake:
        for together in (10**9, 1):
            monkeypatch.setattr(measuring, "TOGETHER", together)
            found.append(stages.figures_of(run, lake, Zone.load(ZONE), DATES))
            portions = [DATES] if together > 1 else [[day] for day in DATES]
            assert measuring.portions(lake, ZONE, DATES) == portions
    assert found[0].keys() == METRIC_TABLES.keys()
    for name, table in METRIC_TABLES.items():
        at_once, one_by_one = (each[name].sort(table.grain_ids) for each in found)
        assert_frame_equal(at_once, one_by_one, check_exact=True)
    assert all(found[0]["volume_daily"]["business_date"].is_in(DATES))
