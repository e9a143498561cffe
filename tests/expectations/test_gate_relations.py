"""Rules across rows: versions (M4), order and payment (A2), list and order (A4), staged and stored."""

from datetime import datetime, timedelta
from itertools import count

import duckdb
import polars as pl
import pytest
from staged_day import AT, DAY, document, findings, gate, item, stage

from expectations.again import compare_again
from sources.contracts import CONTRACTS

LATER = AT + timedelta(hours=1)


_folders = count()


def folder(run):
    """A new folder: DuckDB may answer from its cache for a file that was rewritten within a tick."""
    return run / f"run{next(_folders)}"


def check(run, con=None, **rows):
    run = stage(folder(run), **rows)
    gate(run, con)
    return findings(run)


def order(**changes):
    return document("CEB311", **changes)


def payment(**changes):
    return document("CEB411", **changes)


@pytest.mark.parametrize(
    ("orders", "payments", "expected"),
    [
        ([order()], [payment()], []),
        ([order()], [payment(amountPaid="109.109")], []),  # less than a fen
        ([order()], [payment(amountPaid="109.11")], [("CEB311", "A2", 1, "acturalPaid")]),
        # an order paid in two parts
        ([order()], [payment(amountPaid=100), payment(payTransactionId="2", amountPaid="9.10")], []),
        # another order's payment, another platform's: nothing to compare
        ([order()], [payment(orderNo="O2", amountPaid=1)], []),
        ([order()], [payment(ebpCode="other", amountPaid=1)], []),
        # not both in CNY: not decided
        ([order()], [payment(currency="502", amountPaid=1)], []),
        # the newest version of each counts, a deleted one does not
        ([order()], [payment(amountPaid=1), payment(appTime=LATER)], []),
        ([order()], [payment(), payment(appTime=LATER, amountPaid=1)], [("CEB311", "A2", 1, "acturalPaid")]),
        ([order(), order(appTime=LATER, freight=1, acturalPaid="110.10")], [payment()], [("CEB311", "A2", 2, "acturalPaid")]),
        ([order()], [payment(amountPaid=1), payment(appTime=LATER, appType="3", amountPaid=1)], []),
        # a rejected row takes no part
        ([order()], [payment(), payment(payTransactionId=None, amountPaid=5)], [("CEB411", "K1", 2, "payTransactionId")]),
    ],
)  # fmt: skip
def test_a2(tmp_path, orders, payments, expected):
    assert check(tmp_path, CEB311=orders, CEB411=payments) == expected


TWO = [item("CEB311"), item("CEB311", gnum=2, qty=1, price=5, totalPrice=5)]
LIST_TWO = [item("CEB621"), item("CEB621", gnum=2, qty=1, price=5, totalPrice=5)]


def two_items(**changes):
    return order(goodsValue=105, acturalPaid="114.10", items=TWO, **changes)


@pytest.mark.parametrize(
    ("items", "detail"),
    [
        (LIST_TWO, None),
        (LIST_TWO[::-1], None),  # the order of the items does not matter
        ([LIST_TWO[0], item("CEB621", gnum=2, qty=5, price=1, totalPrice=5)], "item 2 of the list is not the order's"),
        ([LIST_TWO[0]], "item 2 of the order is not in the list"),
        ([*LIST_TWO, item("CEB621", gnum=3)], "item 3 of the list is not the order's"),
        ([item("CEB621"), item("CEB621", gnum=None, qty=1, price=5, totalPrice=5)], None),  # cannot be paired
    ],
)  # fmt: skip
def test_a4_import(tmp_path, items, detail):
    run = stage(tmp_path, CEB311=[two_items()], CEB621=[document("CEB621", items=items)])
    gate(run)
    found = duckdb.sql(f"select kind, rule, row_no, detail from '{run}/findings.parquet'").fetchall()
    assert found == ([("CEB621", "A4", 1, detail)] if detail else [])


def test_a4_export(tmp_path):
    rows = {
        "CEB303": [document("CEB303")],
        "CEB603": [document("CEB603", items=[item("CEB603", qty=1, price=100)])],
    }
    assert check(tmp_path, **rows) == [("CEB603", "A4", 1, "items")]


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        ({}, []),  # the same again
        ({"guid": "another"}, []),  # sent again under another id: the same content
        ({"ebpName": "other"}, [1, 2]),
        ({"ebpName": "other", "appTime": LATER}, []),  # a new version
        ({"ebpName": "other", "orderNo": "O2"}, []),
    ],
)
def test_m4(tmp_path, second, expected):
    found = check(tmp_path, CEB621=[document("CEB621"), document("CEB621", **second)])
    assert found == [("CEB621", "M4", row_no, "appTime") for row_no in expected]


@pytest.fixture
def lake():
    """A database attached as `wh` with the tables the gate reads."""
    con = duckdb.connect()
    con.execute("attach ':memory:' as wh; create schema wh.documents; create schema wh.ledger")
    con.execute(
        "create table wh.ledger.coverage (zone VARCHAR, business_date DATE, kind VARCHAR, documents BIGINT)"
    )
    for kind in ("CEB311", "CEB411", "CEB621"):
        contract = CONTRACTS[kind]
        own = {"zone": "VARCHAR", "business_date": "DATE", "file_hash": "VARCHAR", "row_no": "BIGINT"}
        columns = {**own, "line_no": "BIGINT", **contract.sql_columns}
        con.execute(
            f"create table wh.documents.{contract.table} "
            f"({', '.join(f'{name} {kind}' for name, kind in columns.items())})"
        )
    return con


def store(con, run, **rows):
    """Put documents into the lake's tables."""
    for kind, documents in rows.items():
        part = stage(folder(run), **{kind: documents}) / f"parts/{kind.lower()}.parquet"
        table = CONTRACTS[kind].table
        con.execute(
            f"insert into wh.documents.{table} by name select 'zz' as zone, "
            f"'stored' as file_hash, * exclude (file_hash, findings) from '{part}'"
        )
        con.execute(
            f"insert into wh.ledger.coverage select 'zz', business_date, '{kind}', count(*) from '{part}' group by all"
        )


def test_stored_partners_are_compared_and_the_staged_row_bears_the_finding(lake, tmp_path):
    store(lake, tmp_path, CEB311=[order()])
    assert check(tmp_path, lake, CEB411=[payment(amountPaid=5)]) == [("CEB411", "A2", 1, "amountPaid")]
    store(lake, tmp_path, CEB411=[payment(orderNo="O2", amountPaid=5)])
    assert check(tmp_path, lake, CEB311=[order(orderNo="O2")]) == [("CEB311", "A2", 1, "acturalPaid")]
    store(lake, tmp_path, CEB621=[document("CEB621", orderNo="O3", items=LIST_TWO)])
    assert check(tmp_path, lake, CEB311=[order(orderNo="O3")]) == [("CEB311", "A4", 1, "items")]


def test_stored_documents_far_from_the_staged_days_are_not_partners(lake, tmp_path):
    long_ago = datetime(DAY.year - 1, 1, 5)
    store(lake, tmp_path, CEB311=[order(appTime=long_ago)])
    assert check(tmp_path, lake, CEB411=[payment(amountPaid=5)]) == []


def test_m4_against_the_store(lake, tmp_path):
    store(lake, tmp_path, CEB621=[document("CEB621")])
    assert check(tmp_path, lake, CEB621=[document("CEB621")]) == []
    changed = document("CEB621", packNo=2)
    assert check(tmp_path, lake, CEB621=[changed]) == [("CEB621", "M4", 1, "appTime")]
    assert check(tmp_path, lake, CEB621=[{**changed, "app_at": LATER}]) == []


def test_comparisons_asked_again_find_what_a_fresh_check_finds(lake, tmp_path):
    rows = {
        "CEB411": [
            payment(amountPaid=5),
            payment(payTransactionId=None),
            payment(orderNo="O2", payTransactionId="2", amountPaid=1),
        ],
        "CEB621": [document("CEB621"), document("CEB621", ebpName="other")],
        "CEB311": [order(orderNo="O2", findings=[("P3", "note", "cut")])],
    }
    early = stage(folder(tmp_path), **rows)
    gate(early, lake, zone="zz")
    store(lake, tmp_path, CEB311=[order()], CEB621=[document("CEB621", packNo=2)])
    late = stage(folder(tmp_path), **rows)
    fresh = gate(late, lake, zone="zz")
    assert findings(early) != findings(late)
    again = compare_again(lake, early, zone="zz")
    assert pl.read_parquet(early / "findings.parquet").equals(pl.read_parquet(late / "findings.parquet"))
    assert sorted(map(repr, again.records)) == sorted(map(repr, fresh.records))
    assert (again.rejected, again.found, again.rows) == (fresh.rejected, fresh.found, fresh.rows)
