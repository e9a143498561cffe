"""What enterprises declared by day: kept from the lists alone, and which other dates a late list restates."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from transforms.schemas import LISTS, sql_type
from warehouse import Lake, enterprises, touched

ZONE = "zhengzhou"
CLASSES = (("large", Decimal(1000)), ("small", Decimal(0)))
DAY = date(2026, 11, 11)


def declare(lake: Lake, day: date, order_no: str, ebc: str, value: str, payments: str = "NULL") -> None:
    """A list declared on the day, and the note that linking leaves."""
    lake.con.execute(
        "INSERT INTO wh.core.lists BY NAME SELECT "
        f"'{ZONE}' AS zone, DATE '{day}' AS business_date, 'I' AS flow, '{ebc}' AS ebc_code, 'P1' AS ebp_code, "
        f"'{order_no}' AS order_no, TIMESTAMP '{day} 23:59:59.999' AS declared_at, {value} AS value_cny, "
        f"{payments} AS payments"
    )
    note(lake, day)


def note(lake: Lake, *days: date, reason: str = "late data") -> None:
    for day in days:
        lake.con.execute(
            "INSERT INTO wh.ledger.touched_dates BY NAME "
            f"SELECT '{ZONE}' AS zone, DATE '{day}' AS business_date, 'r' AS run_id, '{reason}' AS reason"
        )


def publish(lake: Lake, *days: date) -> None:
    for day in days:
        lake.con.execute(
            "INSERT INTO wh.vintages.published BY NAME "
            f"SELECT '{ZONE}' AS zone, DATE '{day}' AS business_date, 1 AS vintage"
        )


def refreshed(lake: Lake) -> set[date]:
    """Refresh and settle; the dates noted meanwhile."""
    before = waiting(lake)
    enterprises.refresh(lake, ZONE, "r", CLASSES)
    found = waiting(lake) - before
    lake.con.execute("DELETE FROM wh.ledger.touched_dates")
    return found


def waiting(lake: Lake) -> set[date]:
    return {
        day for (day,) in lake.con.execute("SELECT business_date FROM wh.ledger.touched_dates").fetchall()
    }


def days_of(lake: Lake, role: str) -> list[tuple[object, ...]]:
    return lake.con.execute(
        "SELECT business_date, code, flow, lists, value_cny FROM wh.core.enterprise_days "
        f"WHERE role = '{role}' ORDER BY ALL"
    ).fetchall()


def first_days(lake: Lake, role: str = "ebc") -> dict[str, date]:
    rows = lake.con.execute(f"SELECT code, business_date FROM wh.core.enterprises WHERE role = '{role}'")
    return dict(rows.fetchall())


def test_days_and_first_days_follow_the_lists(lake: Lake):
    declare(lake, DAY, "O1", "E1", "600")
    declare(lake, DAY, "O2", "E1", "NULL")
    declare(lake, DAY, "O3", "E2", "100.00001")
    declare(lake, DAY + timedelta(days=1), "O4", "E1", "5")
    enterprises.refresh(lake, ZONE, "r", CLASSES)
    assert days_of(lake, "ebc") == [
        (DAY, "E1", "I", 2, Decimal("600")),
        (DAY, "E2", "I", 1, Decimal("100.00001")),
        (DAY + timedelta(days=1), "E1", "I", 1, Decimal("5")),
    ]
    assert days_of(lake, "ebp")[0] == (DAY, "P1", "I", 3, Decimal("700.00001"))
    assert first_days(lake) == {"E1": DAY, "E2": DAY}
    snapshot = lake.snapshot()
    enterprises.refresh(lake, ZONE, "r", CLASSES)
    assert lake.snapshot() == snapshot, "nothing changed leaves no snapshot"


def test_a_first_day_that_moves_restates_the_old_and_the_new_one(lake: Lake):
    declare(lake, DAY, "O1", "E1", "600")
    refreshed(lake)
    publish(lake, DAY, DAY - timedelta(days=3))
    declare(lake, DAY - timedelta(days=3), "O0", "E1", "1")
    assert refreshed(lake) == {DAY}, "no longer new on its day; the earlier date is noted by linking"
    assert first_days(lake) == {"E1": DAY - timedelta(days=3)}

    moved = DAY + timedelta(days=2)
    lake.con.execute(
        f"UPDATE wh.core.lists SET declared_at = TIMESTAMP '{moved} 00:00:00' WHERE order_no = 'O0'"
    )
    note(lake, DAY - timedelta(days=3), moved)
    assert refreshed(lake) == {DAY}
    assert first_days(lake) == {"E1": DAY}
    assert [day for day, *_ in days_of(lake, "ebc")] == [DAY, moved]


def test_what_follows_has_the_reason_of_what_it_follows_from(lake: Lake):
    """A correction drops the first list of E1, so that it is new on the day after; E2 is late on another day."""
    after, before = DAY + timedelta(days=1), DAY - timedelta(days=1)
    for day, order_no, ebc in ((DAY, "O1", "E1"), (after, "O2", "E1"), (after, "O3", "E2")):
        declare(lake, day, order_no, ebc, "5")
    refreshed(lake)
    publish(lake, before, DAY, after)
    lake.con.execute("DELETE FROM wh.core.lists WHERE order_no = 'O1'")
    note(lake, DAY, reason="correction")
    enterprises.refresh(lake, ZONE, "r", CLASSES)
    assert touched.pending(lake.con, ZONE) == {DAY: "correction", after: "correction"}
    lake.con.execute("DELETE FROM wh.ledger.touched_dates")
    declare(lake, before, "O4", "E2", "5")
    enterprises.refresh(lake, ZONE, "r", CLASSES)
    assert touched.pending(lake.con, ZONE) == {before: "late data", after: "late data"}


def test_only_published_dates_can_wait_to_be_restated_together(lake: Lake):
    publish(lake, DAY, DAY + timedelta(days=1))
    note(lake, *(DAY + timedelta(days=each) for each in (-1, 0, 1)), reason="method")
    assert touched.made_anew(lake.con, ZONE, but_for=DAY) == {DAY + timedelta(days=1)}


@pytest.mark.long
def test_later_dates_are_restated_only_where_a_class_changes(lake: Lake):
    declare(lake, DAY - timedelta(days=500), "O0", "E1", "0")  # known long before
    declare(lake, DAY - timedelta(days=500), "O1", "E2", "0")
    declare(lake, DAY, "O2", "E1", "600")
    declare(lake, DAY, "O3", "E2", "600")
    declare(lake, DAY + timedelta(days=1), "O4", "E3", "600")
    refreshed(lake)
    publish(lake, DAY, DAY + timedelta(days=1))
    declare(lake, DAY - timedelta(days=2), "O5", "E1", "399.99")
    assert refreshed(lake) == set(), "999.99 is not 1,000"
    declare(lake, DAY - timedelta(days=2), "O6", "E1", "0.01")
    assert refreshed(lake) == {DAY}, "on the day after it declared nothing"
    declare(lake, DAY - timedelta(days=365), "O7", "E2", "400")
    assert refreshed(lake) == set(), "a day too early"
    declare(lake, DAY - timedelta(days=364), "O8", "E2", "400")
    assert refreshed(lake) == {DAY}


def test_each_institution_of_a_split_payment_counts_and_none_of_a_deleted_one(lake: Lake):
    kind = sql_type(LISTS["payments"])
    kept, gone = "NULL", f"TIMESTAMP '{DAY} 08:30:00'"
    paid = ", ".join(
        f"{{institution: '{each}', paid_at: NULL, amount_cny: NULL, deleted_at: {deleted}}}"
        for each, deleted in (("B1", kept), ("B2", kept), ("B1", kept), ("B3", gone))
    )
    split = f"CAST([{paid}] AS {kind})"
    declare(lake, DAY, "O1", "E1", "30", payments=split)
    refreshed(lake)
    assert days_of(lake, "payment") == [(DAY, "B1", "I", 1, Decimal(30)), (DAY, "B2", "I", 1, Decimal(30))]
