"""Figures of a day that is not over: marked wherever they are shown, and counted nowhere as published."""

from datetime import datetime, timedelta

import duckdb
import pytest
from memory_lake import MemoryLake
from test_late_data import DAY, ZONE, figures, one_table, touch

from warehouse import Home, measuring, missing, published, triangles, vintages

__all__ = ["one_table"]  # a fixture of both files

NOON = datetime(2026, 11, 11, 12)
NEXT = DAY + timedelta(days=1)


@pytest.fixture
def lake(home: Home) -> MemoryLake:
    """The same statements in memory; the tests of whole days publish in the real lake."""
    return MemoryLake(home)


def publish(lake, days, lists, at, final):
    return vintages.publish(lake, ZONE, "r", lambda: at, figures(*days, lists=lists), days, final=final)


def book(con):
    return con.execute(
        "SELECT business_date, vintage, reason, provisional FROM metrics.vintages ORDER BY ALL"
    ).fetchall()


def shown(con):
    return con.execute(
        "SELECT business_date, lists, provisional FROM metrics.volume_daily ORDER BY 1"
    ).fetchall()


def test_a_day_from_provisional_to_final_to_late_data(lake):
    lake.con.execute("USE wh")
    assert publish(lake, [DAY], 3, NOON, ()) == [(DAY, 1)]
    assert publish(lake, [DAY], 3, NOON + timedelta(hours=1), ()) == [], "nothing came, nothing is published"
    assert publish(lake, [DAY], 5, NOON + timedelta(hours=2), ()) == [(DAY, 2)]
    assert shown(lake.con) == [(DAY, 5, True)]
    assert lake.con.execute("SELECT count(*) FROM metrics.published_days").fetchone() == (0,)
    assert missing.days(lake, ZONE, NEXT) == [DAY]
    assert missing.marks(lake, ZONE, [DAY, NEXT]) == {DAY: "provisional", NEXT: "not published"}

    morning = datetime(2026, 11, 12, 6, 30)
    assert publish(lake, [DAY], 5, morning, [DAY]) == [(DAY, 3)], "the mark changes though no figure does"
    assert publish(lake, [DAY], 5, morning + timedelta(hours=1), [DAY]) == []
    assert publish(lake, [DAY], 5, morning + timedelta(hours=2), ()) == [], "what is final stays final"
    touch(lake, DAY)
    assert publish(lake, [DAY, NEXT], 7, morning + timedelta(days=4), [NEXT]) == [(DAY, 4), (NEXT, 1)]
    assert book(lake.con) == [
        (DAY, 1, "provisional", True),
        (DAY, 2, "provisional", True),
        (DAY, 3, "final", False),
        (DAY, 4, "late data", False),
        (NEXT, 1, "publication", False),
    ]
    assert shown(lake.con) == [(DAY, 7, False), (NEXT, 7, False)]
    assert missing.days(lake, ZONE, NEXT + timedelta(days=1)) == []


def test_revisions_count_from_the_first_final_vintage(lake):
    publish(lake, [DAY], 3, NOON, ())
    publish(lake, [DAY], 4, NOON + timedelta(hours=1), ())
    publish(lake, [DAY], 9, datetime(2026, 11, 13, 6), [DAY])
    touch(lake, DAY)
    publish(lake, [DAY], 10, datetime(2026, 11, 17, 6), [DAY])
    assert lake.con.execute(
        'SELECT vintage, "old", "new", days_since_first, reason FROM wh.metrics.revisions ORDER BY ALL'
    ).fetchall() == [(3, 4, 9, None, "final"), (4, 9, 10, 4, "late data")]
    (row,) = triangles.triangles(lake, ZONE, ["volume_daily.lists"], datetime(2027, 1, 1)).rows(named=True)
    # At the end of D+1 (12 November) only provisional figures stood: the triangle knows none.
    assert (row["d1"], row["d7"], row["final"]) == (None, 10, 10)


def test_periods_and_the_analysts_copy_heed_the_mark(lake, home):
    publish(lake, [DAY], 3, NOON, [DAY])
    publish(lake, [NEXT], 8, NOON + timedelta(days=1), ())
    question = "SELECT days_covered, last_date, lists FROM {}metrics.volume_monthly"
    expected = [(1, DAY, 3)]
    assert lake.con.execute(question.format("wh.")).fetchall() == expected
    path = published.write(lake, home)
    with duckdb.connect(str(path), read_only=True) as copy:
        assert copy.execute(question.format("")).fetchall() == expected
        assert shown(copy) == [(DAY, 3, False), (NEXT, 8, True)]
        assert [each[3] for each in book(copy)] == [False, True]


def test_a_day_going_on_is_observed_until_the_last_answer_in_it(lake):
    assert measuring.observed_until(lake, ZONE, DAY, provisional=True) == datetime(2026, 11, 11)
    lake.con.execute(
        "INSERT INTO wh.ledger.coverage BY NAME SELECT * FROM (VALUES "
        f"('{ZONE}', DATE '2026-11-11', 'CEB622', TIMESTAMP '2026-11-11 13:20:00'), "
        f"('{ZONE}', DATE '2026-11-11', 'CEB411', TIMESTAMP '2026-11-11 23:00:00'), "
        f"('{ZONE}', DATE '2026-11-12', 'CEB622', TIMESTAMP '2026-11-12 09:00:00')) "
        "t (zone, business_date, kind, last_document_at)"
    )
    just_after = datetime(2026, 11, 11, 13, 20, 0, 1000)
    assert measuring.observed_until(lake, ZONE, DAY, provisional=True) == just_after
    assert measuring.observed_until(lake, ZONE, DAY) == datetime(2026, 11, 13)


def test_a_zone_with_nothing_published_has_no_missing_day(lake):
    assert missing.days(lake, ZONE, DAY) == [] and missing.first(lake, ZONE) is None
