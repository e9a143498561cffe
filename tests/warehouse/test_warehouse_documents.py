import pytest
from staged_runs import Stage, at, import_list, order, receipt

from warehouse.errors import ConservationError, StagingError


def files(lake, *columns):
    query = f"SELECT names[1], {', '.join(columns)} FROM wh.ledger.files ORDER BY loaded_at, names[1]"
    return lake.con.execute(query).fetchall()


COUNTS = ("rows_read", "rows_accepted", "rows_duplicate", "rows_superseded", "rows_quarantined")


def test_rows_and_amounts_are_stored_and_counted(home, lake):
    stage = Stage(home, "r1")
    stage.file("orders.xml", "CEB311", [order("1", paid="100.00"), order("2", paid="0.12345")])
    stage.file("lists.xml", "CEB621", [import_list("1", prices=("60.00", "40.01"))])
    summary = stage.commit(lake)
    assert (summary.rows_read, summary.rows_accepted) == (3, 3)
    assert files(lake, *COUNTS, "amount_total::VARCHAR", "amount_accepted::VARCHAR", "status") == [
        ("lists.xml", 1, 1, 0, 0, 0, "100.01000", "100.01000", "loaded"),
        ("orders.xml", 2, 2, 0, 0, 0, "100.12345", "100.12345", "loaded"),
    ]
    stored = "SELECT zone, business_date::VARCHAR, order_no, items[2].total_price::VARCHAR FROM wh.documents.import_lists"
    assert lake.con.execute(stored).fetchall() == [("zhengzhou", "2026-11-11", "1", "40.01000")]


def test_same_document_in_the_batch_and_in_the_store_is_a_duplicate(home, lake):
    first = Stage(home, "r1")
    first.file("a.xml", "CEB311", [order("1"), order("1"), order("2")])
    first.commit(lake)
    second = Stage(home, "r2")
    second.file("b.xml", "CEB311", [order("2"), order("3")])
    second.commit(lake)
    assert files(lake, *COUNTS) == [("a.xml", 3, 2, 1, 0, 0), ("b.xml", 2, 1, 1, 0, 0)]
    numbers = lake.con.execute("SELECT order_no FROM wh.documents.import_orders ORDER BY 1").fetchall()
    assert numbers == [("1",), ("2",), ("3",)]


def test_older_version_is_stored_and_counted_as_superseded(home, lake):
    first = Stage(home, "r1")
    first.file("new.xml", "CEB311", [order("1", "11 09:00"), order("1", "11 10:00", "101.00")])
    first.commit(lake)
    late = Stage(home, "r2")
    late.file("old.xml", "CEB311", [order("1", "10 23:00", "99.00"), order("1", "12 01:00", "102.00")])
    late.commit(lake)
    assert files(lake, *COUNTS) == [("new.xml", 2, 1, 0, 1, 0), ("old.xml", 2, 1, 0, 1, 0)]
    assert lake.con.execute("SELECT count(*) FROM wh.documents.import_orders").fetchall() == [(4,)]


def test_of_two_versions_with_one_time_one_wins_whatever_the_order(home, lake):
    for run, rows in (("r1", ["7.00", "8.00"]), ("r2", ["8.00", "7.00"])):
        stage = Stage(home, run, zone=run)
        stage.file(f"{run}.xml", "CEB311", [order("1", paid=paid) for paid in rows])
        stage.commit(lake)
        kept = lake.con.execute("SELECT amount_accepted::VARCHAR FROM wh.ledger.files WHERE zone = ?", [run])
        assert kept.fetchall() == [("8.00000",)]


def test_events_are_all_kept_and_only_identical_ones_are_duplicates(home, lake):
    stage = Stage(home, "r1")
    same = receipt("1", "120", "11 09:00")
    stage.file(
        "r.xml",
        "CEB622",
        [
            same,
            same,
            receipt("1", "120", "11 09:00", return_info="other text"),
            receipt("1", "800", "11 09:30"),
        ],
    )
    stage.commit(lake)
    assert files(lake, *COUNTS) == [("r.xml", 4, 3, 1, 0, 0)]


def test_quarantined_rows_are_set_aside_with_every_rule(home, lake):
    stage = Stage(home, "r1")
    found = [{"rule": "P1", "field": "acturalPaid", "detail": "does not parse"}]
    rows = [order("1"), {**order("2", paid="5.00"), "ebp_code": None, "findings": found}]
    stage.file("o.xml", "CEB311", rows, reject={2: ["P1", "K1"]})
    summary = stage.commit(lake)
    assert files(lake, *COUNTS, "amount_quarantined::VARCHAR", "first_error", "first_error_line") == [
        ("o.xml", 2, 1, 0, 0, 1, "5.00000", "K1, P1", 20)
    ]
    kept = "SELECT rules, business_key, line_no, status, record::JSON->>'order_no', details FROM wh.quarantine.rows"
    [(rules, key, line, status, number, details)] = lake.con.execute(kept).fetchall()
    assert (rules, key, line, status, number) == (["K1", "P1"], "2", 20, "open", "2")
    assert "does not parse" in details
    assert summary.quarantined == (("K1", "CEB311", 1), ("P1", "CEB311", 1))
    assert lake.con.execute("SELECT order_no FROM wh.documents.import_orders").fetchall() == [("1",)]


def test_a_refused_file_stays_in_the_ledger_and_the_rest_goes_on(home, lake):
    stage = Stage(home, "r1")
    stage.refused("bad.xml", "F1", line=7)
    stage.file("o.xml", "CEB311", [order("1")])
    summary = stage.commit(lake)
    assert files(lake, "status", "rows_read", "first_error", "first_error_line") == [
        ("bad.xml", "refused", 0, "F1: not well-formed", 7),
        ("o.xml", "loaded", 1, None, None),
    ]
    assert [(each.name, each.rule, each.line) for each in summary.refused] == [("bad.xml", "F1", 7)]


def test_rows_that_do_not_add_up_are_not_committed(home, lake):
    before = lake.snapshot()
    stage = Stage(home, "r1")
    stage.file("o.xml", "CEB311", [order("1", paid="100.00")])
    from dataclasses import replace

    stage.outcomes[0] = replace(stage.outcomes[0], amount_total=stage.outcomes[0].amount_total + 1)
    with pytest.raises(ConservationError, match=r"o\.xml.*101.*100"):
        stage.commit(lake)
    stage.outcomes[0] = replace(stage.outcomes[0], rows=2, amount_total=stage.outcomes[0].amount_total - 1)
    with pytest.raises(ConservationError, match="Read 2 rows"):
        stage.commit(lake)
    assert lake.snapshot() == before
    assert lake.con.execute("SELECT count(*) FROM wh.documents.import_orders").fetchall() == [(0,)]


def test_a_row_lost_between_staging_and_store_is_noticed(home, lake, monkeypatch):
    from warehouse import documents

    monkeypatch.setattr(documents, "classify", lambda con, staged: _lose_first(con))
    stage = Stage(home, "r1")
    stage.file("o.xml", "CEB311", [order("1"), order("2")])
    with pytest.raises(ConservationError, match=r"to be stored 2 rows.*stored 1 rows"):
        stage.commit(lake)


def _lose_first(con):
    """As if the classes and the insert disagreed."""
    con.execute("CREATE OR REPLACE TEMP TABLE classes (file_hash VARCHAR, row_no BIGINT, class VARCHAR)")
    con.execute("CREATE OR REPLACE TEMP TABLE candidates (k UBIGINT)")
    con.execute("CREATE OR REPLACE TEMP MACRO sum_lost() AS 1")
    return _Once(con)


class _Once:
    """True when the insert asks, with a class that the count does not know."""

    def __init__(self, con):
        self.con, self.asked = con, 0

    def __bool__(self):
        self.asked += 1
        if self.asked == 1:
            files = "(SELECT file_hash FROM incoming_files LIMIT 1)"
            self.con.execute(f"INSERT INTO classes SELECT {files}, 1, 'duplicate'")
            return True
        self.con.execute("DELETE FROM classes")
        return False


def test_nothing_new_leaves_no_snapshot(home, lake):
    before = lake.snapshot()
    summary = Stage(home, "r1").commit(lake)
    assert summary.batch_id is None
    assert lake.snapshot() == before


def test_a_commit_without_validation_is_refused(home, lake):
    stage = Stage(home, "r1")
    stage.file("o.xml", "CEB311", [order("1")])
    stage.write()
    (stage.dir / "rejected.parquet").unlink()
    from warehouse import documents

    with pytest.raises(StagingError, match="validate"):
        documents.commit(lake, home, "zhengzhou", "r1", stage.dir, at("12 01:00"))


def test_coverage_adds_up_over_batches(home, lake):
    for run, hour in (("r1", "08:00"), ("r2", "21:00")):
        stage = Stage(home, run)
        stage.file(
            f"{run}.xml",
            "CEB311",
            [order(run, f"11 {hour}"), order(f"{run}b", None) if False else order(f"{run}b", "12 00:10")],
        )
        stage.commit(lake)
    rows = lake.con.execute(
        "SELECT business_date::VARCHAR, documents, files, strftime(first_document_at, '%H:%M'), "
        "strftime(last_document_at, '%H:%M') FROM wh.ledger.coverage ORDER BY 1"
    ).fetchall()
    assert rows == [("2026-11-11", 2, 2, "08:00", "21:00"), ("2026-11-12", 2, 2, "00:10", "00:10")]


def test_arrival_order_names_and_cutting_do_not_matter(home, lake):
    rows = [order(str(n), "11 09:00", f"{n}.00") for n in range(6)] + [
        order("1", "11 10:00"),
        order("1", "11 09:00", "1.00"),
    ]
    whole = Stage(home, "whole", zone="a")
    whole.file("x.xml", "CEB311", rows)
    whole.commit(lake)
    for index, cut in enumerate((rows[5:], rows[2:5], rows[:2])):
        part = Stage(home, f"cut{index}", zone="b")
        part.file(f"y{index}.xml", "CEB311", list(reversed(cut)))
        part.commit(lake)
    content = (
        "SELECT * EXCLUDE (zone, file_hash, row_no, line_no, loaded_at, batch_id) FROM wh.documents.import_orders "
        "WHERE zone = ? ORDER BY ALL"
    )
    assert lake.con.execute(content, ["a"]).fetchall() == lake.con.execute(content, ["b"]).fetchall()
