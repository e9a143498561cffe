"""Vintages, the analysts' copy, which dates are published, status."""

from datetime import date, datetime

import duckdb
import polars as pl
import pytest
from memory_lake import MemoryLake
from staged_runs import LOADED, Stage, order, receipt

from transforms.definitions import METRIC_TABLES, definitions_frame
from warehouse import Home, Lake, measuring, published, runs, status, vintages

DAY, NEXT = date(2026, 11, 11), date(2026, 11, 12)


@pytest.fixture
def lake(home: Home) -> MemoryLake:
    """The same statements in memory; the tests of whole days publish in the real lake."""
    return MemoryLake(home)


def figures(lists, *days, observed=datetime(2026, 11, 13)):
    """One row a day in every table, with `lists` as the count everywhere."""
    tables = {}
    for name, table in METRIC_TABLES.items():
        rows = []
        for day in days:
            row = {column: lists if dtype == pl.Int64() else None for column, dtype in table.schema.items()}
            row |= {column: "all" for column, dtype in table.schema.items() if dtype == pl.String()}
            row |= {"zone": "zhengzhou", "business_date": day}
            rows.append(row | ({"observed_until": observed} if "observed_until" in row else {}))
        tables[name] = pl.DataFrame(rows, schema=table.schema)
    return tables


def publish(lake, tables, dates, run="r1"):
    return vintages.publish(lake, "zhengzhou", run, lambda: LOADED, tables, dates)


def test_a_vintage_is_appended_only_where_a_figure_changed(home):
    with Lake.write(home) as lake:  # a real one, since it is about snapshots too
        appended_only_where_changed(lake)


def appended_only_where_changed(lake):
    assert publish(lake, figures(5, DAY, NEXT), [DAY, NEXT]) == [(DAY, 1), (NEXT, 1)]
    snapshot = lake.snapshot()
    assert publish(lake, figures(5, DAY, NEXT), [DAY, NEXT], "r2") == []
    later = figures(5, DAY, observed=datetime(2026, 12, 1))
    assert publish(lake, later, [DAY], "r3") == [], "observed longer, same figures"
    assert lake.snapshot() == snapshot
    changed = {
        **figures(5, DAY, NEXT),
        "volume_daily": figures(6, NEXT)["volume_daily"].vstack(figures(5, DAY)["volume_daily"]),
    }
    assert publish(lake, changed, [DAY, NEXT], "r4") == [(NEXT, 2)]
    lists = lake.con.execute(
        "SELECT business_date, lists, vintage, run_id FROM wh.metrics.volume_daily ORDER BY 1"
    )
    assert lists.fetchall() == [(DAY, 5, 1, "r1"), (NEXT, 6, 2, "r4")]
    kept = lake.con.execute("SELECT business_date, lists, vintage FROM wh.vintages.volume_daily ORDER BY ALL")
    assert kept.fetchall() == [(DAY, 5, 1), (NEXT, 5, 1), (NEXT, 6, 2)]
    book = lake.con.execute("SELECT business_date, vintage, reason FROM wh.vintages.published ORDER BY ALL")
    assert book.fetchall() == [(DAY, 1, "publication"), (NEXT, 1, "publication"), (NEXT, 2, "late data")]


def test_a_day_on_which_nothing_moved_is_published_with_no_rows(lake):
    nothing = {name: frame.clear() for name, frame in figures(1, DAY).items()}
    assert publish(lake, nothing, [DAY]) == [(DAY, 1)]
    assert publish(lake, nothing, [DAY]) == []
    assert publish(lake, figures(1, DAY), [DAY]) == [(DAY, 2)]
    assert publish(lake, nothing, [DAY]) == [(DAY, 3)]
    assert lake.con.execute("SELECT count(*) FROM wh.metrics.volume_daily").fetchall() == [(0,)]


def test_figures_of_a_date_that_was_not_asked_for_are_an_error(lake):
    with pytest.raises(ValueError, match="another zone or date"):
        publish(lake, figures(1, DAY, NEXT), [DAY])


def test_definitions_are_what_the_code_says(lake):
    publish(lake, figures(1, DAY), [DAY])
    assert lake.con.sql("FROM wh.metrics.definitions").pl().rows() == definitions_frame().rows()


def test_the_analysts_copy_is_written_when_something_changed(home, lake):
    publish(lake, figures(7, DAY), [DAY])
    path = published.write(lake, home)
    first = path.stat().st_ino
    assert published.write(lake, home).stat().st_ino == first, "nothing changed: the same file"
    with duckdb.connect(str(path), read_only=True) as con:
        assert con.execute("SELECT lists FROM metrics.volume_daily").fetchall() == [(7,)]
        assert con.execute("SELECT count(*) FROM ledger.coverage").fetchall() == [(0,)]
        publish(lake, figures(8, DAY, NEXT), [DAY, NEXT], "r2")
        assert published.write(lake, home).stat().st_ino != first
        assert con.execute("SELECT lists FROM metrics.volume_daily").fetchall() == [(7,)], (
            "readers keep theirs"
        )
    with duckdb.connect(str(path), read_only=True) as con:
        for (schema, table), query in published.CONTENT.items():
            copied = con.execute(f"SELECT * FROM {schema}.{table} ORDER BY ALL").fetchall()
            assert copied == lake.con.execute(f"FROM ({query}) ORDER BY ALL").fetchall(), table
        assert con.execute("SELECT lists FROM metrics.volume_daily ORDER BY business_date").fetchall() == [
            (8,),
            (8,),
        ]
    path.unlink()
    assert published.write(lake, home).exists(), "missing: written again"


def test_the_copy_is_brought_up_to_date_day_by_day_and_whole_after_an_upgrade(home, lake):
    publish(lake, figures(7, DAY), [DAY])
    path = published.write(lake, home)
    with duckdb.connect(str(path)) as con:
        con.execute("UPDATE metrics.volume_daily SET lists = 99")
    publish(lake, figures(8, NEXT), [NEXT], "r2")
    published.write(lake, home)
    lists = "SELECT lists FROM metrics.volume_daily ORDER BY business_date"
    with duckdb.connect(str(path), read_only=True) as con:
        assert con.execute(lists).fetchall() == [(99,), (8,)], "days without a new vintage are not read again"
    with duckdb.connect(str(path)) as con:
        con.execute("ALTER TABLE metrics.volume_daily DROP COLUMN orders")
    publish(lake, figures(9, NEXT), [NEXT], "r3")
    published.write(lake, home)
    with duckdb.connect(str(path), read_only=True) as con:
        assert con.execute(lists).fetchall() == [(7,), (9,)], "other columns: written whole"


def test_a_copy_that_is_ahead_of_a_restored_lake_is_written_whole(home, lake):
    publish(lake, figures(7, DAY), [DAY])
    path = published.write(lake, home)
    with duckdb.connect(str(path)) as con:
        con.execute("UPDATE metrics.volume_daily SET lists = 99")
        con.execute(
            "INSERT INTO metrics.vintages BY NAME SELECT * REPLACE (2 AS vintage) FROM metrics.vintages"
        )
    publish(lake, figures(8, NEXT), [NEXT], "r2")
    published.write(lake, home)
    with duckdb.connect(str(path), read_only=True) as con:
        assert con.execute("SELECT lists FROM metrics.volume_daily ORDER BY ALL").fetchall() == [(7,), (8,)]
        assert con.execute("SELECT vintage FROM metrics.vintages").fetchall() == [(1,), (1,)]


def test_touched_and_due_dates_are_published_only_if_they_were_before(lake):
    days = [date(2026, 11, 4), date(2026, 11, 10), date(2026, 11, 5)]
    publish(lake, figures(1, *days), days)
    for day in ("2026-11-05", "2026-11-09"):
        lake.con.execute(
            f"INSERT INTO wh.ledger.touched_dates (zone, business_date, run_id) VALUES ('zhengzhou', DATE '{day}', 'r')"
        )
    assert measuring.dates_to_publish(lake, "zhengzhou", DAY) == [
        date(2026, 11, 4),  # D-7
        date(2026, 11, 5),  # touched
        date(2026, 11, 10),  # D-1
        DAY,
    ]


def test_observed_until_is_the_end_of_the_last_day_customs_answered(home, lake):
    assert measuring.observed_until(lake, "zhengzhou", DAY) == datetime(2026, 11, 12)
    stage = Stage(home, "r1")
    stage.file("o.xml", "CEB311", [order("1", "12 00:30"), order("2", "30 23:00")])  # an enterprise's clock
    stage.file("r.xml", "CEB622", [receipt("g1", "120", "12 09:00")])
    stage.commit(lake)
    assert measuring.observed_until(lake, "zhengzhou", DAY) == datetime(2026, 11, 13)


def test_status_shows_coverage_gaps_quarantine_and_runs(home: Home):
    with Lake.write(home) as lake:
        stage = Stage(home, "r1")
        stage.file("o.xml", "CEB311", [order("1"), order("2", "13 08:00"), order("3")], reject={3: ["K1"]})
        stage.commit(lake)
        record = runs.RunRecord("r1", "zhengzhou", DAY, LOADED, LOADED, "warnings", {"land": 0.5}, ["a gap"])
        runs.finish(lake, record, changed=True)
        before = lake.snapshot()
        later = runs.RunRecord("r2", "zhengzhou", DAY, datetime(2026, 11, 14), datetime(2026, 11, 14), "ok")
        runs.finish(lake, later, changed=False)
        assert lake.snapshot() == before
    [found] = status.status(home, "zhengzhou", moment=LOADED)
    assert [(row["business_date"], row["kind"], row["documents"]) for row in found["coverage"]] == [
        (DAY, "CEB311", 1),
        (date(2026, 11, 13), "CEB311", 1),
    ]
    assert "2026-11-12: no documents of CEB311" in "\n".join(found["gaps"])
    assert found["quarantine"] == [{"kind": "CEB311", "rule": "K1", "rows": 1}]
    assert [(row["run_id"], row["changed"], row["outcome"]) for row in found["runs"]] == [
        ("r2", False, "ok"),
        ("r1", True, "warnings"),
    ]
    assert found["runs"][1]["stages"] == {"land": 0.5}
    assert status.status(home, moment=LOADED)[0]["zone"] == "zhengzhou"


@pytest.mark.parametrize(
    ("together", "portions"),
    [
        (25, [[1, 2], [3], [5, 9]]),  # 10 + 12; 30, more than fits, alone; 20 and a date without lists
        (1_000, [[1, 2, 3, 5, 9]]),
        (1, [[1], [2], [3], [5], [9]]),
    ],
)
def test_dates_are_measured_in_portions_of_so_many_lists(lake, monkeypatch, together, portions):
    monkeypatch.setattr(measuring, "TOGETHER", together)
    for day, lists in ((1, 10), (2, 12), (3, 30), (4, 99), (5, 20)):
        lake.con.execute(
            "INSERT INTO wh.core.partitions BY NAME "
            f"SELECT 'zhengzhou' AS zone, DATE '2026-11-{day:02}' AS business_date, {lists} AS lists"
        )
    dates = [date(2026, 11, day) for day in (9, 5, 1, 3, 2)]  # 4 November is not asked for
    found = measuring.portions(lake, "zhengzhou", dates)
    assert [[each.day for each in portion] for portion in found] == portions
