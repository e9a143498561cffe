"""After an outage: the next run publishes every missing day, and the state is that of days run one by one."""

import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest
from day_runs import run_stages

from flows.catching_up import (
    BEGINNING_DAYS,
    CATCH_UP_DAYS,
    fill,
    missing_days,
    since_the_last_beginning,
)
from flows.day import DayReport
from flows.errors import DayStopped
from sources.simulator import simulate
from sources.zone import Zone
from transforms.definitions import METRIC_TABLES
from transforms.schemas import CORE
from warehouse import Home, Lake

KEY = "a key that only this test knows, 32 bytes"
ZONE, FIRST, LAST = "zhengzhou", date(2025, 3, 3), date(2025, 3, 8)
DAYS = [FIRST + timedelta(days=each) for each in range((LAST - FIRST).days + 1)]


def publish_empty(home: Home, *days: date) -> None:
    """Vintages without figures: which days are published is all that catching up asks."""
    with Lake.write(home) as lake:
        for day in days:
            lake.con.execute(
                "INSERT INTO wh.vintages.published BY NAME SELECT "
                f"'{ZONE}' AS zone, DATE '{day}' AS business_date, 1 AS vintage, false AS provisional, "
                f"TIMESTAMP '{day} 06:30:00' AS published_at"
            )


def test_missing_days_are_published_in_order_and_a_failing_one_does_not_stop_the_rest(home: Home) -> None:
    publish_empty(home, FIRST, DAYS[2])
    asked = []

    def publish(day: date) -> DayReport:
        asked.append(day)
        if day == DAYS[3]:
            raise OSError("the source is gone")
        return DayReport("r", ZONE, day, gaps=["no documents at all"])

    found = fill(home.path, ZONE, LAST, publish)
    assert asked == [DAYS[1], DAYS[3], DAYS[4]]
    assert found.sentences == [
        f"{day} was missing and is published; 1 things to look at: no documents at all"
        for day in (DAYS[1], DAYS[4])
    ]
    with pytest.raises(
        DayStopped, match=f"1 missing days could not be filled .*: {DAYS[3]}: OSError: the source"
    ):
        found.raise_failures(ZONE)


def test_a_hole_that_lies_far_back_is_named_and_left_to_a_backfill(home: Home) -> None:
    publish_empty(home, FIRST)
    until = FIRST + timedelta(days=CATCH_UP_DAYS + 3)
    asked = []
    found = fill(home.path, ZONE, until, lambda day: asked.append(day) or DayReport("r", ZONE, day))
    assert (len(asked), asked[0]) == (CATCH_UP_DAYS, FIRST + timedelta(days=3))
    assert "tongguan backfill --zone zhengzhou --from 2025-03-04 --to 2025-03-05" in found.sentences[0]


def test_a_date_mistyped_long_ago_makes_no_hole_of_the_years_since() -> None:
    years = [date(2016, 11, 12) + timedelta(days=each) for each in range(3650)]
    assert since_the_last_beginning(years) == []
    hole = [date(2026, 11, 15), date(2026, 11, 16), date(2026, 11, 20)]
    assert since_the_last_beginning([*years, *hole]) == hole
    assert since_the_last_beginning(years[:BEGINNING_DAYS]) == years[:BEGINNING_DAYS]


def test_nothing_is_missing_where_nothing_was_published(home: Home, tmp_path: Path) -> None:
    assert missing_days(home.path, ZONE, LAST) == [] == missing_days(tmp_path / "none", ZONE, LAST)


def state(home: Path) -> dict[str, set[str]]:
    """Core and newest figures; not when they were published, nor until when they were observed."""
    tables = {f"core.{each}": "" for each in CORE} | {f"metrics.{each}": "" for each in METRIC_TABLES}
    left_out = {"run_id", "published_at", "vintage", "observed_until", "batch_id", "linked_at", "loaded_at"}
    found = {}
    with Lake.read(Home(home)) as lake:
        for table in tables:
            names = [row[0] for row in lake.con.execute(f"DESCRIBE wh.{table}").fetchall()]
            # Nor how long documents took to be loaded, which follows the hour at which a run is started.
            columns = [each for each in names if each not in left_out and not each.endswith("_delay_h")]
            kept = ", ".join(f'"{name}"' for name in columns)
            rows = lake.con.execute(f"SELECT {kept} FROM wh.{table}").fetchall()
            found[table] = {str(row) for row in rows}
            assert len(found[table]) == len(rows), f"{table} tells a row twice"
    return found


@pytest.mark.long
def test_three_days_of_outage_end_in_the_state_of_days_run_one_by_one(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Two homes would each make a key of their own, and the digests of their buyers would differ.
    monkeypatch.setenv("TONGGUAN_PII_KEY", KEY)
    extracts, other = tmp_path / "extracts", tmp_path / "other"
    simulate(extracts, Zone.load(ZONE), FIRST, LAST, 30, 3, "parquet", {})
    shutil.copytree(home.path, other)
    for day in DAYS:
        run_stages(other, ZONE, day, extracts / day.isoformat())

    for day in DAYS[:2]:
        run_stages(home.path, ZONE, day, extracts / day.isoformat())
    # The hour before the outage had the payments and lists of its day, and published what they tell.
    hour = tmp_path / "hour"
    for kind in ("CEB411", "CEB621", "CEB622"):
        for file in (extracts / DAYS[2].isoformat()).glob(f"{kind}_*"):
            hour.mkdir(exist_ok=True)
            shutil.copy(file, hour)
    run_stages(home.path, ZONE, DAYS[2], hour, provisional=True)
    assert missing_days(home.path, ZONE, LAST) == DAYS[2:-1]
    pending = tmp_path / "pending"
    for day in DAYS[2:]:
        shutil.copytree(extracts / day.isoformat(), pending / day.isoformat())

    def publish(day: date) -> DayReport:
        run = run_stages(home.path, ZONE, day, pending)
        return DayReport(run.run_id, ZONE, day)

    assert len(fill(home.path, ZONE, LAST, publish).sentences) == 3
    publish(LAST)
    one_by_one, caught_up = state(other), state(home.path)
    assert sum(map(len, one_by_one.values())) > 1_000
    differing = {name: sorted(caught_up[name] ^ rows)[:4] for name, rows in one_by_one.items()}
    assert {name: rows for name, rows in differing.items() if rows} == {}
