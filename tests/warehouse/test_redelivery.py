"""A file that comes again: what vanished, what was rewritten, and nothing else."""

from datetime import date, datetime

import pytest
from memory_lake import MemoryLake
from staged_runs import Stage, at, import_list, order, receipt

from transforms.integrity import records_daily
from warehouse import Home

LATER = datetime(2026, 11, 13, 1)
DATED = "CEB621_20261111_001.xml"


@pytest.fixture
def lake(home: Home) -> MemoryLake:
    """The same statements in memory; flows/test_removed_records.py delivers to the real lake."""
    return MemoryLake(home)


def deliver(lake, home, run, *files, loaded_at=LATER):
    """Stage and commit (name, kind, rows[, reject]) files as one run; returns their hashes."""
    stage = Stage(home, run)
    hashes = [stage.file(*each) for each in files]
    stage.commit(lake, loaded_at)
    return hashes


def vanished(lake, columns="kind, business_key, file_name, hash_before, hash_after"):
    return lake.con.execute(f"SELECT {columns} FROM wh.ledger.vanished ORDER BY ALL").fetchall()


def rewritten(lake, columns="kind, business_key, field, old, new"):
    return lake.con.execute(f"SELECT {columns} FROM wh.ledger.rewritten ORDER BY ALL").fetchall()


def counts(lake):
    columns = "records_before, records_after, kept, new, changed, moved, left_window, vanished"
    return lake.con.execute(
        f"SELECT {columns} FROM wh.ledger.redeliveries ORDER BY found_at, file_name"
    ).fetchall()


def test_a_list_missing_from_the_later_version_is_named_with_both_hashes(home, lake):
    (before,) = deliver(lake, home, "r1", (DATED, "CEB621", [import_list(n) for n in "123"]))
    (after,) = deliver(lake, home, "r2", (f"2026-11-12/{DATED}", "CEB621", [import_list(n) for n in "134"]))
    assert vanished(lake) == [("CEB621", "EBC1|2", DATED, before, after)]
    assert vanished(lake, "flow, ebc_code, order_no, business_date::VARCHAR, found_at, reappeared_at") == [
        ("I", "EBC1", "2", "2026-11-11", LATER, None)
    ]
    assert counts(lake) == [(3, 3, 2, 1, 0, 0, 0, 1)]
    assert rewritten(lake) == []


@pytest.mark.long
def test_keys_stay_known_over_many_versions_although_rows_are_stored_once(home, lake):
    deliver(lake, home, "r1", (DATED, "CEB621", [import_list(n) for n in "1234"]))
    (second,) = deliver(
        lake, home, "r2", (DATED, "CEB621", [import_list(n) for n in "123"]), loaded_at=at("14 01:00")
    )
    (third,) = deliver(
        lake, home, "r3", (DATED, "CEB621", [import_list(n) for n in "13"]), loaded_at=at("15 01:00")
    )
    assert vanished(lake, "business_key, hash_before, hash_after")[0] == ("EBC1|2", second, third)
    assert [key for (key,) in vanished(lake, "business_key")] == ["EBC1|2", "EBC1|4"]
    assert lake.con.execute("SELECT count(*) FROM wh.ledger.repeated_rows").fetchall() == [(5,)]


@pytest.mark.long
def test_a_record_that_comes_again_keeps_its_entry_and_says_where(home, lake):
    deliver(lake, home, "r1", (DATED, "CEB621", [import_list("1"), import_list("2")]))
    deliver(lake, home, "r2", (DATED, "CEB621", [import_list("1")]), loaded_at=at("14 01:00"))
    (again,) = deliver(lake, home, "r3", ("other.xml", "CEB621", [import_list("2"), import_list("9")]))
    assert vanished(lake, "business_key, reappeared_at, reappeared_hash") == [("EBC1|2", LATER, again)]


def test_a_record_that_comes_again_restates_the_day_on_which_it_had_vanished(home, lake):
    """Nothing is stored of it, so nothing else tells that the day counts it as told again."""

    def reappeared():
        days = [date(2026, 11, 11)]
        stored = [lake.con.sql(f"FROM wh.ledger.{name}").pl().lazy() for name in ("vanished", "rewritten")]
        return records_daily(*stored, days).filter(kind="all").collect()["reappeared"].to_list()

    deliver(lake, home, "r1", (DATED, "CEB311", [order("1"), order("2")]))
    deliver(lake, home, "r2", (DATED, "CEB311", [order("1")]), loaded_at=at("14 01:00"))
    assert reappeared() == [0]
    lake.con.execute("DELETE FROM wh.ledger.touched_dates")
    deliver(lake, home, "r3", (DATED, "CEB311", [order("2"), order("1")]), loaded_at=at("15 01:00"))
    assert reappeared() == [1]
    noted = lake.con.execute("SELECT business_date, documents FROM wh.ledger.touched_dates").fetchall()
    assert noted == [(date(2026, 11, 11), 1)]


def test_a_file_split_or_renamed_or_moved_to_another_folder_loses_nothing(home, lake):
    rows = [import_list(n) for n in "1234"]
    deliver(
        lake, home, "r1", (DATED, "CEB621", rows), ("2026-11-11/b_20261111.xml", "CEB621", [import_list("7")])
    )
    deliver(lake, home, "r2", (DATED, "CEB621", rows[:2]), ("CEB621_20261111_002.xml", "CEB621", rows[2:]))
    deliver(lake, home, "r3", ("renamed.xml", "CEB621", [*rows[:1], import_list("8")]))
    assert vanished(lake) == []
    assert counts(lake) == [(4, 2, 2, 0, 0, 2, 0, 0)]


def test_a_quarantined_row_is_present_before_and_after(home, lake):
    broken = import_list("2", findings=[{"rule": "P1", "field": "grossWeight", "detail": "does not parse"}])
    deliver(lake, home, "r1", (DATED, "CEB621", [import_list("1"), import_list("2")]))
    deliver(
        lake, home, "r2", (DATED, "CEB621", [import_list("1"), broken], {2: ["P1"]}), loaded_at=at("14 01:00")
    )
    assert vanished(lake) == []
    deliver(lake, home, "r3", (DATED, "CEB621", [import_list("1"), import_list("3")]))
    assert vanished(lake, "business_key") == [("EBC1|2",)]


def test_a_quarantined_row_without_its_key_cannot_vanish(home, lake):
    nameless = import_list("2", order_no=None)
    deliver(lake, home, "r1", (DATED, "CEB621", [import_list("1"), nameless], {2: ["K1"]}))
    deliver(lake, home, "r2", (DATED, "CEB621", [import_list("1"), import_list("3")]))
    assert vanished(lake) == []
    assert counts(lake) == [(1, 2, 1, 1, 0, 0, 0, 0)], "it is in neither count"


@pytest.mark.long
def test_a_newer_version_in_its_place_is_a_change_and_no_rewrite(home, lake):
    deliver(lake, home, "r1", (DATED, "CEB621", [import_list("1"), import_list("2")]))
    newer = import_list("2", "11 09:00", prices=("61.00",))
    deliver(lake, home, "r2", (DATED, "CEB621", [import_list("1"), newer]))
    assert (vanished(lake), rewritten(lake)) == ([], [])
    assert counts(lake) == [(2, 2, 1, 0, 1, 0, 0, 0)]


def test_the_same_version_with_other_content_is_a_rewrite_field_by_field_in_any_file(home, lake):
    deliver(
        lake, home, "r1", ("a.xml", "CEB621", [import_list("1", buyer_name_digest="d1"), import_list("2")])
    )
    other = import_list("1", prices=("60.00", "41.00"), buyer_name_digest="d2", customs_code="4606")
    deliver(lake, home, "r2", ("b.xml", "CEB621", [other]))
    assert rewritten(lake) == [
        ("CEB621", "EBC1|1", "buyerName", "d1", "d2"),
        ("CEB621", "EBC1|1", "customsCode", "4604", "4606"),
        ("CEB621", "EBC1|1", "items[2].totalPrice", "40.00000", "41.00000"),
    ]
    assert rewritten(lake, "DISTINCT name_before, name_after, guid") == [("a.xml", "b.xml", "L-1")]


@pytest.mark.long
def test_an_earlier_version_in_its_place_is_a_rewrite_of_the_version_time(home, lake):
    deliver(lake, home, "r1", (DATED, "CEB311", [order("1", "11 09:00"), order("2")]))
    deliver(lake, home, "r2", (DATED, "CEB311", [order("1", "11 07:00"), order("2")]))
    assert rewritten(lake) == [("CEB311", "EBP1|1", "appTime", "2026-11-11 09:00:00", "2026-11-11 07:00:00")]
    assert vanished(lake) == []


@pytest.mark.parametrize("name", [f"2026-11-12/{DATED}", "corrected.xml"])
def test_a_release_told_with_another_time_is_a_rewrite_also_under_another_name(home, lake, name):
    deliver(
        lake,
        home,
        "r1",
        (DATED, "CEB622", [receipt("1", "120", "11 09:00"), receipt("1", "800", "11 12:00")]),
    )
    deliver(
        lake, home, "r2", (name, "CEB622", [receipt("1", "120", "11 09:00"), receipt("1", "800", "11 10:00")])
    )
    assert rewritten(lake) == [
        ("CEB622", "L-1|800", "returnTime", "2026-11-11 12:00:00", "2026-11-11 10:00:00")
    ]
    assert vanished(lake) == []


@pytest.mark.long
def test_both_versions_in_one_run_are_taken_in_the_order_they_arrived(home, lake):
    before, after = deliver(
        lake,
        home,
        "r1",
        (f"2026-11-11/{DATED}", "CEB622", [receipt("1", "800", "11 12:00"), receipt("2", "800", "11 12:00")]),
        (f"2026-11-12/{DATED}", "CEB622", [receipt("1", "800", "11 11:00")]),
    )
    assert rewritten(lake, "business_key, old, new, hash_before, hash_after") == [
        ("L-1|800", "2026-11-11 12:00:00", "2026-11-11 11:00:00", before, after)
    ]
    assert vanished(lake, "business_key, hash_before, hash_after") == [("L-2|800", before, after)]


def test_the_same_answers_again_and_other_answers_are_no_rewrite(home, lake):
    told = [receipt("1", "120", "11 09:00"), receipt("1", "300", "11 10:00"), receipt("1", "300", "11 11:00")]
    deliver(lake, home, "r1", ("a.xml", "CEB622", told))
    deliver(
        lake,
        home,
        "r2",
        ("b.xml", "CEB622", [*told, receipt("1", "300", "11 12:00"), receipt("1", "800", "11 13:00")]),
    )
    assert (rewritten(lake), vanished(lake)) == ([], [])


@pytest.mark.long
def test_a_name_used_again_for_later_days_loses_nothing_a_dated_name_does(home, lake):
    monday = [order("1", "09 08:00"), order("2", "10 08:00")]
    deliver(lake, home, "r1", ("orders.csv", "CEB311", monday))
    deliver(
        lake,
        home,
        "r2",
        ("orders.csv", "CEB311", [monday[1], order("3", "11 08:00")]),
        loaded_at=at("14 01:00"),
    )
    deliver(lake, home, "r3", ("orders.csv", "CEB311", [order("4", "12 08:00")]))
    assert vanished(lake) == []
    assert counts(lake) == [(2, 2, 1, 1, 0, 0, 1, 0)]
    deliver(lake, home, "r4", ("orders_20261109.csv", "CEB311", monday[:1]))
    deliver(lake, home, "r5", ("orders_20261109.csv", "CEB311", []))
    assert vanished(lake, "business_key") == [("EBP1|1",)]
