"""metrics.vintages and metrics.revisions: what publishing keeps, held against the vintages themselves."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import duckdb
import polars as pl
import pytest
from memory_lake import MemoryLake
from test_late_data import DAY, ZONE, figures, one_table, publish, touch

from transforms.definitions import METRIC_TABLES, definitions_frame
from warehouse import Home, published, touched, triangles, vintages
from warehouse.errors import QueryFailedError
from warehouse.migrations.m0004_vintages import revisions_between_vintages

__all__ = ["one_table"]  # a fixture of both files

FIRST = datetime(2026, 11, 12, 9)
NEXT = date(2026, 11, 12)
CELL = "basis=all; flow=all; mode=all; office=all"
OTHER = CELL.replace("flow=all", "flow=I")


@pytest.fixture
def lake(home: Home) -> MemoryLake:
    """The same statements in memory; the tests of whole days publish in the real lake."""
    return MemoryLake(home)


def publish_history(lake):
    """Three vintages: 5 lists, then 7 with another cell, then that cell gone; NEXT is published once."""
    publish(lake, [DAY], 5, at=FIRST)
    schema = METRIC_TABLES["volume_daily"].schema
    second = figures(DAY, NEXT, lists=7, value_cny=Decimal("0.00001"))
    more = second["volume_daily"].head(1).with_columns(flow=pl.lit("I"), lists=pl.lit(1, dtype=pl.Int64))
    second["volume_daily"] = pl.concat([second["volume_daily"], more.cast(schema)])
    touch(lake, DAY)
    vintages.publish(lake, ZONE, "r2", lambda: FIRST + timedelta(days=4), second, [DAY, NEXT])
    touch(lake, DAY, reason=touched.CORRECTION)
    third = figures(DAY, lists=7)
    vintages.publish(lake, ZONE, "r3", lambda: FIRST + timedelta(days=40), third, [DAY])


def test_each_figure_that_differs_from_the_vintage_before_is_kept(lake):
    publish_history(lake)
    found = lake.con.execute(
        'SELECT vintage, metric, breakdowns, "old", "new", difference, days_since_first, reason '
        f"FROM wh.metrics.revisions WHERE zone = '{ZONE}' AND business_date = DATE '{DAY}' ORDER BY ALL"
    ).fetchall()
    tiny = Decimal("0.00001")
    assert sorted(found, key=lambda row: row[:3]) == [
        (2, "volume_daily.lists", OTHER, None, 1, None, 4, "late data"),
        (2, "volume_daily.lists", CELL, 5, 7, 2, 4, "late data"),
        (2, "volume_daily.value_cny", OTHER, None, tiny, None, 4, "late data"),
        (2, "volume_daily.value_cny", CELL, None, tiny, None, 4, "late data"),
        (3, "volume_daily.lists", OTHER, 1, None, None, 40, "correction"),
        (3, "volume_daily.value_cny", OTHER, tiny, None, None, 40, "correction"),
        (3, "volume_daily.value_cny", CELL, tiny, None, None, 40, "correction"),
    ]
    assert lake.con.execute(
        "SELECT business_date, vintage, reason FROM wh.metrics.vintages ORDER BY ALL"
    ).fetchall() == [
        (DAY, 1, "publication"),
        (DAY, 2, "late data"),
        (DAY, 3, "correction"),
        (NEXT, 1, "publication"),
    ]


def test_what_is_kept_is_what_the_vintages_give(lake):
    publish_history(lake)
    given = " UNION ALL BY NAME ".join(
        revisions_between_vintages(METRIC_TABLES[each]) for each in ("volume_daily", "clearance_daily")
    )
    columns = 'zone, business_date, vintage, metric, breakdowns, "old", "new", published_at'
    wanted = lake.con.execute(f"SELECT {columns} FROM ({given}) ORDER BY ALL").fetchall()
    kept = lake.con.execute(f"SELECT {columns} FROM wh.vintages.revisions ORDER BY ALL").fetchall()
    assert len(kept) == 7
    assert kept == wanted


def test_the_analysts_copy_has_the_revisions(home, lake):
    publish_history(lake)
    with duckdb.connect(str(published.write(lake, home)), read_only=True) as con:
        assert con.execute("SELECT count(*) FROM metrics.revisions").fetchall() == [(7,)]
        assert con.execute("SELECT count(*) FROM metrics.vintages").fetchall() == [(4,)]
        assert con.execute("SELECT count(*) FROM metrics.definitions").fetchall() == [
            (definitions_frame().height,)
        ]


def test_a_new_version_of_the_definitions_is_added_to_those_of_before(lake, monkeypatch):
    publish(lake, [DAY], 1, at=FIRST)
    publish(lake, [DAY], 2, at=FIRST + timedelta(days=1))
    assert lake.con.execute("SELECT DISTINCT published_at FROM wh.vintages.definitions").fetchall() == [
        (FIRST,)
    ]
    fewer = definitions_frame().head(3)
    monkeypatch.setattr(vintages, "definitions_frame", lambda: fewer)
    publish(lake, [DAY], 2, at=FIRST + timedelta(days=2))
    assert lake.con.execute("SELECT count(*) FROM wh.metrics.definitions").fetchall() == [(3,)]
    versions = lake.con.execute("SELECT DISTINCT published_at FROM wh.vintages.definitions ORDER BY 1")
    assert versions.fetchall() == [(FIRST,), (FIRST + timedelta(days=2),)]


def test_triangles_of_chosen_metrics_and_cells(lake):
    publish_history(lake)
    found = triangles.triangles(lake, ZONE, ["volume_daily.l*"], datetime(2026, 12, 31))
    rows = found.filter(pl.col("business_date") == DAY).rows()
    assert rows == [(DAY, "volume_daily.lists", CELL, 5, 7, 7, 7)]
    assert found.filter(pl.col("business_date") == NEXT).select("d1", "d7").row(0) == (None, Decimal(7))
    assert set(triangles.choose(["volume_daily"])) == {"volume_daily"}
    with pytest.raises(QueryFailedError, match=r"no metric 'volum'.*volume_daily"):
        triangles.choose(["volum"])
