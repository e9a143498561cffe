"""The end of a monthly run: red with what its days lack, as a daily run is."""

from datetime import date
from pathlib import Path

import pytest

from flows import monthly as module
from flows.day import DayReport
from flows.errors import DayStopped
from warehouse import Home, Lake

ZONE, LAST = "zhengzhou", date(2026, 11, 30)
GAP = "source far of zhengzhou is out of reach after 4 attempts"


@pytest.mark.parametrize("stops", [False, True])
def test_a_month_is_red_with_a_source_that_failed_a_day_that_stopped_and_days_it_lacks(
    stops: bool, home: Home, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    for day in range(1, 30):
        lake.con.execute(
            "INSERT INTO wh.vintages.published (zone, business_date, vintage, definition_version) "
            f"VALUES ('{ZONE}', DATE '2026-11-{day:02}', 1, '1')"
        )

    def one_day(base: Path, zone: str, day: date, inbox: str | None) -> DayReport:
        if stops:
            raise DayStopped("the disk is full")
        return DayReport("r", zone, day, gaps=[GAP])

    monkeypatch.setattr(module, "one_day", one_day)
    monkeypatch.setattr(module, "create_markdown_artifact", lambda **_: None)
    state = module.monthly.fn(ZONE, "2026-11", None, str(home.path))
    assert state.is_failed() and (state.name, state.message) == (
        "Not all well",
        ("stopped: 2026-11-30: DayStopped: the disk is full" if stops else f"gap: run of 2026-11-30: {GAP}")
        + "; gap: not in the month: 2026-11-30: not published",
    )
    assert (home.published / "monthly" / "zhengzhou-2026-11.csv").exists()
