"""Late data: which dates are restated, why, and that what lies too far back is listed, never lost."""

from datetime import date, datetime, timedelta

import polars as pl
import pytest
from staged_runs import LOADED, Stage, order

from transforms.definitions import METRIC_TABLES
from warehouse import measuring, shortcomings, touched, vintages

ZONE, DAY = "zhengzhou", date(2026, 11, 11)
OLD, OLDER = date(2026, 9, 12), date(2026, 9, 11)  # 60 and 61 days before


@pytest.fixture(autouse=True)
def one_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """Publish volume only: every table costs a question and a file."""
    monkeypatch.setattr(vintages, "METRIC_TABLES", {"volume_daily": METRIC_TABLES["volume_daily"]})


def figures(*days: date, **counts: int) -> dict[str, pl.DataFrame]:
    """One row of volume a day with these counts."""
    schema = METRIC_TABLES["volume_daily"].schema
    texts = {name: "all" for name, dtype in schema.items() if dtype == pl.String()}
    rows = [texts | {"zone": ZONE, "business_date": day} | counts for day in days]
    return {"volume_daily": pl.DataFrame(rows, schema=schema)}


def publish(lake, dates, lists, *, at=LOADED, since=None):
    return vintages.publish(lake, ZONE, "r", lambda: at, figures(*dates, lists=lists), dates, since)


def touch(lake, *days, reason=touched.LATE_DATA, zone=ZONE):
    rows = " UNION ALL ".join(
        f"SELECT DATE '{day}' AS business_date, 2 AS lists, 0 AS documents" for day in days
    )
    with lake.transaction("test", "touch", "r0") as con:
        touched.note(con, zone, "r0", rows, reason)


def book(lake, columns):
    found = lake.con.execute(f"SELECT {columns} FROM wh.vintages.published ORDER BY business_date, vintage")
    return found.fetchall()


def waiting(lake):
    return sorted(lake.con.execute("SELECT business_date, reason FROM wh.ledger.touched_dates").fetchall())


def listed(lake):
    return lake.con.execute(
        "SELECT business_date, run_id, reason, lists, documents, noted_at, restated_at "
        "FROM wh.ledger.out_of_window ORDER BY ALL"
    ).fetchall()


def test_a_date_at_the_end_of_the_look_back_is_restated_and_one_before_it_is_listed(lake):
    publish(lake, [OLDER, OLD], 1)
    touch(lake, OLDER, OLD)
    since = measuring.restated_since(DAY, 60)
    dates = measuring.dates_to_publish(lake, ZONE, DAY, since)
    assert dates == [OLD, DAY]
    later = LOADED + timedelta(hours=1)
    assert publish(lake, dates, 2, at=later, since=since) == [(OLD, 2), (DAY, 1)]
    assert waiting(lake) == []
    assert listed(lake) == [(OLDER, "r0", "late data", 2, 0, later, None)]
    said = shortcomings.shortcomings(lake, ZONE, DAY, [], []).warnings
    assert [f"--date {OLDER}" in each for each in said] == [True], "the day's report names it"

    snapshot = lake.snapshot()
    assert publish(lake, [DAY], 2, since=since) == []
    assert lake.snapshot() == snapshot, "once listed, nothing is written again"

    at = LOADED + timedelta(hours=2)
    assert publish(lake, [OLDER], 3, at=at) == [(OLDER, 2)]
    assert listed(lake) == [(OLDER, "r0", "late data", 2, 0, later, at)], "a run for the date closes it"
    assert shortcomings.shortcomings(lake, ZONE, DAY, [], []).warnings == ()


def test_dates_and_zones_a_publish_does_not_look_at_stay_noted(lake):
    publish(lake, [OLD, DAY], 1)
    touch(lake, OLD, DAY)
    touch(lake, DAY, zone="xinxiang")
    publish(lake, [DAY], 2)
    assert waiting(lake) == [(OLD, "late data"), (DAY, "late data")]
    assert lake.con.execute("SELECT zone FROM wh.ledger.touched_dates ORDER BY 1").fetchall() == [
        ("xinxiang",),
        (ZONE,),
    ]


def test_why_a_date_has_a_vintage(lake, monkeypatch):
    days = [date(2026, 11, day) for day in (1, 2, 3)]
    publish(lake, days, 1)
    touch(lake, days[1], days[2])
    touch(lake, days[2], reason=touched.CORRECTION)
    publish(lake, days, 2)
    monkeypatch.setattr(touched, "DEFINITION_VERSION", "next")
    touch(lake, days[2], reason=touched.CORRECTION)
    publish(lake, days, 3)
    assert book(lake, "day(business_date), vintage, reason") == [
        (1, 1, "publication"),
        (1, 2, "late data"),
        (1, 3, "method"),
        (2, 1, "publication"),
        (2, 2, "late data"),
        (2, 3, "method"),
        (3, 1, "publication"),
        (3, 2, "correction"),
        (3, 3, "method"),
    ]


def test_a_date_listed_for_a_correction_is_restated_as_one_and_only_when_told(lake):
    """Its note is gone when the operator runs the date as the report told: the list of such dates has the reason."""
    since = measuring.restated_since(DAY, 60)
    publish(lake, [OLDER], 1)
    touch(lake, OLDER, reason=touched.CORRECTION)
    publish(lake, [DAY], 1, since=since)
    assert waiting(lake) == []
    assert measuring.dates_to_publish(lake, ZONE, DAY) == [DAY], "listed is not to be published by itself"
    publish(lake, [OLDER], 2)
    touch(lake, OLDER)
    publish(lake, [OLDER], 3)
    assert book(lake, "business_date, reason") == [
        (OLDER, "publication"),
        (OLDER, "correction"),
        (OLDER, "late data"),
        (DAY, "publication"),
    ]


def test_no_vintage_is_published_before_another_although_the_clock_was_set_back(lake):
    publish(lake, [DAY], 1, at=datetime(2026, 11, 12, 9))
    publish(lake, [DAY], 2, at=datetime(2026, 11, 12, 8))
    publish(lake, [DAY], 3, at=datetime(2026, 11, 12, 10))
    assert book(lake, "published_at") == [
        (datetime(2026, 11, 12, 9),),
        (datetime(2026, 11, 12, 9, 0, 0, 1),),
        (datetime(2026, 11, 12, 10),),
    ]


@pytest.mark.parametrize(
    ("reach", "noted"),
    [
        ((0, 0), [("2026-11-11", 2)]),
        ((1, 2), [("2026-11-10", 2), ("2026-11-11", 3), ("2026-11-13", 3), ("2026-11-14", 1)]),
    ],
)
def test_documents_that_figures_read_directly_touch_published_dates_in_reach(
    home, lake, monkeypatch, reach, noted
):
    published = [date(2026, 11, day) for day in (9, 10, 11, 13, 14)]
    publish(lake, published, 1)
    monkeypatch.setattr(touched, "READ_DIRECTLY", {"CEB311": reach})
    stage = Stage(home, "r1")
    stage.file("o.xml", "CEB311", [order("1"), order("2"), order("3", "12 09:00")])
    stage.commit(lake)
    found = lake.con.execute(
        "SELECT business_date::VARCHAR, documents FROM wh.ledger.touched_dates ORDER BY 1"
    )
    assert found.fetchall() == noted
