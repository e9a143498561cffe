"""Linking batch by batch must give what linking everything at once gives, whatever the cutting and order."""

import json
import random
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from memory_lake import in_memory
from staged_runs import Stage, at, import_list, order, receipt

from transforms.lists import build
from transforms.reconciliation import orphans, reconcile
from warehouse import Home, Lake, linking, measuring

RATES = pl.LazyFrame(
    {"currency": ["142"], "valid_from": [date(2020, 1, 1)], "cny": [Decimal(1)]},
    schema={"currency": pl.String, "valid_from": pl.Date, "cny": pl.Decimal(18, 8)},
)


@pytest.fixture(params=["memory", pytest.param("ducklake", marks=pytest.mark.long)])
def lake(request, home):
    """The same statements in memory by default: any_arrival and the tests of whole days link in the real lake."""
    with in_memory(home) if request.param == "memory" else Lake.write(home) as opened:
        yield opened


def link(lake, zone="zhengzhou"):
    """What the flow does; returns how many lists changed, None where nothing waited."""
    inputs = linking.gather(lake, zone)
    if inputs is None:
        return None
    linked = build(inputs.documents, RATES)
    reconciled = reconcile(inputs.documents, linked.lists)
    without = orphans(inputs.documents, linked.lists, RATES)
    frames = pl.collect_all([linked.lists, linked.events, reconciled, without])
    return linking.store(lake, zone, "r", inputs, *frames)


def load(home, lake, run, documents, zone="zhengzhou"):
    """Commit documents given as (kind, row), one file a kind, and link them."""
    stage = Stage(home, run, zone)
    for kind in sorted({kind for kind, _ in documents}):
        stage.file(f"{run}-{kind}", kind, [row for each, row in documents if each == kind])
    stage.commit(lake)
    return link(lake, zone)


def core(lake, zone, table="lists"):
    return lake.con.execute(
        f"SELECT * EXCLUDE (zone{', file_hash' if table == 'list_events' else ''}) FROM wh.core.{table} "
        f"WHERE zone = '{zone}' ORDER BY ALL"
    ).fetchall()


def one(lake, columns, number="1"):
    return lake.con.execute(f"SELECT {columns} FROM wh.core.lists WHERE order_no = '{number}'").fetchone()


def everything(number):
    """A list with all that can belong to it, reached by every kind of link."""
    invt, pre, waybill = (
        f"46042026I{number:0>9}",
        f"B20261111{number:0>9}",
        {"logistics_code": "LC1", "logistics_no": f"W-{number}"},
    )
    own = {"ebc_code": "EBC1", "order_no": number, "invt_no": invt}
    return [
        ("CEB311", order(number, "10 23:50", currency="142")),
        (
            "CEB411",
            {
                "pay_code": "P",
                "pay_transaction_id": f"T{number}",
                "ebp_code": "EBP1",
                "order_no": number,
                "app_type": "1",
                "app_at": at("10 23:51"),
                "pay_at": at("10 23:51"),
                "amount_paid": Decimal(100),
                "currency": "142",
            },
        ),
        ("CEB511", {**waybill, "app_type": "1", "app_at": at("10 23:52")}),
        (
            "CEB513",
            {
                **waybill,
                "app_type": "1",
                "app_at": at("13 12:00"),
                "logistics_status": "S",
                "logistics_at": at("13 12:00"),
            },
        ),
        ("CEB621", import_list(number, "11 00:05", bill_no="MAWB1")),
        ("CEB622", receipt(number, "2", "11 00:06", pre_no=pre)),
        ("CEB622", receipt(number, "120", "11 00:07", pre_no=pre, invt_no=invt)),
        ("CEB622", receipt(number, "500", "11 00:08", guid="other", cop_no=None, pre_no=pre)),
        ("CEB622", receipt(number, "800", "12 09:00", guid="another", cop_no=None, invt_no=invt)),
        (
            "CEB816",
            {
                "guid": f"T-{number}",
                "tax_no": f"{invt}_0",
                "invt_no": invt,
                "status": "1",
                "return_at": at("12 10:00"),
                "customs_tax": Decimal(3),
            },
        ),
        ("CEB818", {"tax_no": f"{invt}_0", "status": "2", "return_at": at("12 11:00")}),
        (
            "CEB711",
            {
                "guid": f"D-{number}",
                "app_type": "1",
                "app_at": at("10 20:00"),
                "customs_code": "4604",
                "cop_no": f"IN-{number}",
                "logistics_code": "LC1",
                "bill_no": "MAWB1",
                "items": [{"gnum": 1, "logistics_no": f"W-{number}", "note": None}],
            },
        ),
        (
            "CEB712",
            {
                "guid": f"D-{number}",
                "customs_code": "4604",
                "cop_no": f"IN-{number}",
                "return_status": "120",
                "return_at": at("10 21:00"),
            },
        ),
        (
            "INV101",
            {
                "etps_inner_invt_no": f"V-{number}",
                "invt_dcl_at": at("12 12:00"),
                "items": [{"invt_no": invt}],
            },
        ),
        (
            "INV201",
            {
                "etps_inner_invt_no": f"V-{number}",
                "bond_invt_no": f"QD-{number}",
                "business_id": "b",
                "manage_at": at("12 12:30"),
            },
        ),
        (
            "SAS223",
            {
                "passport_no": f"Z-{number}",
                "io_flag": "E",
                "rlt_no": f"QD-{number}",
                "pass_at": at("12 14:00"),
                "secd_pass_at": at("12 14:10"),
            },
        ),
        (
            "CEB625",
            {
                **own,
                "guid": f"R-{number}",
                "app_type": "1",
                "app_at": at("15 08:00"),
                "agent_code": "AG1",
                "cop_no": f"RC-{number}",
            },
        ),
        ("CEB626", {"guid": f"R-{number}", "return_status": "399", "return_at": at("15 09:00")}),
    ]


def test_a_list_has_everything_that_belongs_to_it(home, lake):
    assert load(home, lake, "all", everything("1")) == 1
    columns = (
        "has_order, amount_paid_cny::INT, has_waybill, signed_at, pre_no, invt_no, accepted_at, inspected_at, "
        "released_at, tax_cny::INT, arrived_at, gate_out_at, returned_at, state"
    )
    assert one(lake, columns) == (
        True,
        100,
        True,
        at("13 12:00"),
        "B20261111000000001",
        "46042026I000000001",
        at("11 00:07"),
        at("11 00:08"),
        at("12 09:00"),
        3,
        at("10 21:00"),
        at("12 14:10"),
        at("15 09:00"),
        "returned",
    )


@pytest.mark.parametrize(
    "seed",
    [
        pytest.param(0, marks=pytest.mark.ci),
        *(pytest.param(each, marks=pytest.mark.long) for each in range(1, 8)),
    ],
)
def test_order_and_cutting_of_arrival_do_not_matter(home, lake, seed):
    documents = everything("1") + everything("2")
    documents.append(
        ("CEB621", import_list("2", "11 06:00", prices=("1.00",), guid="L-2b"))
    )  # declared again
    documents += [each for each in everything("3") if each[0] != "CEB621"]  # never declared
    documents.append(("CEB311", order("3", "10 23:55", paid="90.00", currency="142")))
    waybill = {"logistics_code": "LC1", "logistics_no": "W-9", "order_no": "3"}
    documents.append(("CEB511", {**waybill, "app_type": "1", "app_at": at("12 08:00")}))
    load(home, lake, "all", documents, zone="a")
    shuffled = random.Random(seed).sample(documents, len(documents))
    cuts = [shuffled[start : start + 10] for start in range(0, len(shuffled), 10)]
    for number, cut in enumerate(cuts):
        load(home, lake, f"cut{number}", cut, zone="b")
    assert core(lake, "a") == core(lake, "b")
    assert core(lake, "a", "list_events") == core(lake, "b", "list_events")
    assert core(lake, "a", "reconciliation") == core(lake, "b", "reconciliation")
    found = lake.con.execute(
        "SELECT subject, business_key FROM wh.core.reconciliation WHERE zone = 'a' ORDER BY ALL"
    ).fetchall()
    assert found == [
        (
            "import_list_receipts",
            "46042026I000000003",
        ),  # the two that name no request, by the number they bear
        ("import_list_receipts", "AG1|C-3"),
        ("import_list_receipts", "B20261111000000003"),
        ("import_orders", "EBP1|3"),
        ("import_waybills", "LC1|W-3"),
        ("import_waybills", "LC1|W-9"),
        ("inbound_details", "4604|IN-3|W-3"),
        ("list", "EBC1|1"),
        ("list", "EBC1|2"),
        ("payments", "P|T3"),
        ("tax_bills", "46042026I000000003_0"),
    ]
    assert lake.con.execute(
        "SELECT * EXCLUDE (zone) FROM wh.core.partitions WHERE zone = 'a'"
    ).fetchall() == (
        lake.con.execute("SELECT * EXCLUDE (zone) FROM wh.core.partitions WHERE zone = 'b'").fetchall()
    )


def test_the_index_says_the_same_whatever_came_first(home, lake):
    """A tax bill tells the number of a list before its receipt does: it is the list's own none the less."""
    bill, answer = (
        next(each for each in everything("1") if each[0] == kind) for kind in ("CEB816", "CEB622")
    )
    named = (bill[0], {**bill[1], "ebc_code": "EBC1", "order_no": "1"})
    given = (answer[0], {**answer[1], "invt_no": bill[1]["invt_no"]})
    load(home, lake, "a1", [("CEB621", import_list("1")), given], zone="a")
    load(home, lake, "a2", [named], zone="a")
    load(home, lake, "b1", [("CEB621", import_list("1")), named], zone="b")
    load(home, lake, "b2", [given], zone="b")
    said = "SELECT list, number, bool_or(tie = 'own') FROM wh.ledger.numbers WHERE zone = '{}' GROUP BY ALL ORDER BY ALL"
    one, other = (lake.con.execute(said.format(zone)).fetchall() for zone in "ab")
    assert one == other
    assert len(one) > 8


def test_nothing_waits_twice(home, lake):
    load(home, lake, "r1", everything("1"))
    snapshot = lake.snapshot()
    assert link(lake) is None
    assert lake.snapshot() == snapshot


def test_only_lists_that_changed_are_written_and_their_dates_noted(home, lake):
    load(home, lake, "r1", everything("1") + everything("2"))
    lake.con.execute("DELETE FROM wh.ledger.touched_dates")
    assert load(home, lake, "r2", [("CEB622", receipt("2", "899", "14 10:00"))]) == 1
    assert one(lake, "closed_at", "2") == (at("14 10:00"),)
    noted = lake.con.execute(
        "SELECT business_date::VARCHAR FROM wh.ledger.touched_dates ORDER BY 1"
    ).fetchall()
    assert noted == [(f"2026-11-{day}",) for day in (10, 11, 12, 13, 15)], (
        "paid, declared, released, signed, returned"
    )
    repeated = [("CEB622", receipt("2", "899", "14 10:00", guid="L-2", return_info="said again"))]
    assert load(home, lake, "r3", repeated) in (0, 1)
    assert lake.con.execute("SELECT count(*) FROM wh.core.lists").fetchall() == [(2,)]


@pytest.mark.long
def test_the_summary_of_a_tax_bill_touches_no_day_but_its_own(home, lake):
    """Customs summarises the bills of a whole month at once: that must not restate the month."""
    load(home, lake, "r1", everything("1"))
    lake.con.execute("DELETE FROM wh.ledger.touched_dates")
    ((invt,),) = lake.con.execute("SELECT invt_no FROM wh.core.lists").fetchall()
    bill = {"guid": "T2", "tax_no": f"{invt}_1", "invt_no": invt, "customs_tax": Decimal(1)}

    def noted():
        rows = lake.con.execute(
            "SELECT DISTINCT day(business_date) FROM wh.ledger.touched_dates ORDER BY 1"
        ).fetchall()
        lake.con.execute("DELETE FROM wh.ledger.touched_dates")
        return [day for (day,) in rows]

    load(home, lake, "r2", [("CEB818", {"tax_no": f"{invt}_0", "status": "2", "return_at": at("09 11:00")})])
    assert noted() == [9, 12], "summarised on the 9th instead of the 12th"
    load(home, lake, "r3", [("CEB816", {**bill, "status": "1", "return_at": at("20 10:00")})])
    assert noted() == [9, 10, 11, 12, 13, 15, 20], "a new bill changes the list itself"
    load(home, lake, "r4", [("CEB818", {"tax_no": f"{invt}_1", "status": "2", "return_at": at("25 11:00")})])
    assert noted() == [9, 25]
    assert one(lake, "len(tax_bills), len(tax_summaries), tax_cny::INT") == (2, 2, 4)


def test_receipts_without_their_list_wait_for_it(home, lake):
    assert load(home, lake, "r1", [("CEB622", receipt("1", "120", "11 00:07"))]) == 0
    assert load(home, lake, "r2", [("CEB621", import_list("1", "11 00:05"))]) == 1
    assert one(lake, "accepted_at, state") == (at("11 00:07"), "accepted")


def test_new_documents_without_a_list_are_handed_over_too(home, lake):
    load(home, lake, "r1", everything("1"))
    orphans = [each for each in everything("7") if each[0] != "CEB621"]
    for _, row in orphans:
        if row.get("guid") in ("other", "another"):  # list 1 has answers of these names
            row["guid"] += " 7"
    stage = Stage(home, "r2")
    for kind in sorted({kind for kind, _ in orphans}):
        stage.file(f"r2-{kind}", kind, [row for each, row in orphans if each == kind])
    stage.commit(lake)
    inputs = linking.gather(lake, "zhengzhou")
    found = {table: frame.collect() for table, frame in inputs.documents.items()}
    assert "import_lists" not in found, "nothing to open"
    counted = {table: frame.height for table, frame in found.items() if frame.height}
    assert counted == {
        "gate_passages": 1,
        "import_list_receipts": 4,
        "import_orders": 1,
        "import_return_receipts": 1,
        "import_returns": 1,
        "import_waybills": 1,
        "inbound_details": 1,
        "inbound_receipts": 1,
        "payments": 1,
        "tax_bill_statuses": 1,
        "tax_bills": 1,
        "verification_lists": 1,
        "verification_receipts": 1,
        "waybill_statuses": 1,
    }


@pytest.mark.long
def test_what_lies_far_apart_or_waits_is_found_again(home, lake):
    """Steps against one load: an order 50 days before its list, a receipt 50 days after, a verification list of
    two lists answered before the second arrives, a waybill without any date."""
    first, second = everything("1"), everything("2")
    shared = {"etps_inner_invt_no": "V-both", "invt_dcl_at": at("12 12:00")}
    shared["items"] = [{"invt_no": row["invt_no"]} for _, row in (first[6], second[6])]
    answer = {"etps_inner_invt_no": "V-both", "bond_invt_no": "QD-both", "business_id": "b"}
    early = order("2", "10 23:50", currency="142", app_at=at("11 08:00") - timedelta(days=50))
    late = receipt("2", "899", "12 10:00", guid="x", cop_no=None, invt_no=second[6][1]["invt_no"])
    late["return_at"] += timedelta(days=50)
    steps = [
        [*first[4:7], ("INV101", shared), ("CEB511", {**second[2][1], "app_at": None}), ("CEB311", early)],
        [("INV201", {**answer, "manage_at": at("12 12:30")})],
        [
            (
                "SAS223",
                {
                    "passport_no": "Z",
                    "io_flag": "E",
                    "rlt_no": "QD-both",
                    "pass_at": at("12 14:00"),
                    "secd_pass_at": at("12 14:10"),
                },
            )
        ],
        second[4:7],
        [("CEB622", late)],
    ]
    load(home, lake, "all", [each for step in steps for each in step], zone="a")
    for number, step in enumerate(steps):
        load(home, lake, f"step{number}", step, zone="b")
    for table in ("lists", "list_events", "reconciliation"):
        assert core(lake, "a", table) == core(lake, "b", table)
    seen = "has_order, has_waybill, gate_out_at, closed_at"
    assert one(lake, seen, "2") == (True, True, at("12 14:10"), late["return_at"])


def test_only_partitions_that_hold_the_lists_are_opened(home, lake):
    quiet = [("CEB621", import_list(f"q{day}", f"{day} 08:00")) for day in (13, 14, 15)]
    load(home, lake, "r1", [*everything("1"), *quiet])
    stage = Stage(home, "r2")
    stage.file("answer", "CEB622", [receipt("1", "899", "16 08:00")])
    stage.commit(lake)
    inputs = linking.gather(lake, "zhengzhou")
    assert inputs.window.dates == {date(2026, 11, 11)}
    assert inputs.documents["import_lists"].collect()["order_no"].to_list() == ["1"]


def test_a_payment_that_moves_to_another_order_changes_both_lists(home, lake):
    paid = dict(everything("1")[1][1])
    load(home, lake, "r1", [*everything("1"), ("CEB311", order("2")), ("CEB621", import_list("2"))])
    moved = {**paid, "order_no": "2", "app_at": at("11 09:00")}
    assert load(home, lake, "r2", [("CEB411", moved)]) == 2
    assert (one(lake, "has_payment"), one(lake, "has_payment", "2")) == ((False,), (True,))


def test_lists_for_gives_what_the_dates_need_and_skips_closed_partitions(home: Home, tmp_path: Path):
    with Lake.write(home) as lake:
        load(
            home,
            lake,
            "r1",
            [
                ("CEB621", import_list("old", "01 08:00")),
                ("CEB622", receipt("old", "120", "01 08:01")),
                ("CEB622", receipt("old", "800", "01 08:02")),
                ("CEB621", import_list("open", "02 08:00")),
                ("CEB622", receipt("open", "120", "02 08:01")),
                ("CEB621", import_list("late", "03 08:00")),
                ("CEB622", receipt("late", "120", "03 08:01")),
                ("CEB622", receipt("late", "800", "11 08:01")),
                ("CEB621", import_list("new", "11 08:00")),
                ("CEB621", import_list("future", "12 08:00")),
                ("CEB622", receipt("future", "120", "12 08:01")),
            ],
        )
        found = measuring.lists_for(lake, "zhengzhou", [date(2026, 11, 11)], tmp_path).collect()
        assert sorted(found["order_no"]) == ["late", "new", "open"]
        assert found.schema["released_at"] == pl.Datetime("us")
        assert measuring.lists_for(lake, "elsewhere", [date(2026, 11, 11)], tmp_path).collect().is_empty()
        open_lists = lake.con.execute("SELECT sum(open) FROM wh.core.partitions").fetchall()
        assert open_lists == [(2,)]
        assert isinstance(measuring.observed_until(lake, "zhengzhou", date(2026, 11, 1)), datetime)


def waiting(lake):
    return lake.con.execute(
        "SELECT subject, has_order, has_payment, has_waybill, leads FROM wh.core.reconciliation "
        "WHERE subject <> 'list' ORDER BY ALL"
    ).fetchall()


def test_documents_without_a_list_wait_for_it_together(home, lake):
    documents = dict(everything("1")[:3])
    load(home, lake, "r1", [("CEB411", documents["CEB411"])])
    assert waiting(lake) == [("payments", False, True, False, True)]
    load(home, lake, "r2", [("CEB311", documents["CEB311"])])
    assert waiting(lake) == [
        ("import_orders", True, True, False, True),
        ("payments", True, True, False, False),
    ]
    load(home, lake, "r3", [("CEB511", documents["CEB511"]), ("CEB621", import_list("1"))])
    assert waiting(lake) == []
    again = import_list("1", "11 09:00", guid="L-1b", logistics_no="W-other")
    load(home, lake, "r4", [("CEB621", again)])
    assert waiting(lake) == [("import_waybills", False, False, True, True)]
    gone = {**documents["CEB511"], "app_type": "3", "app_at": at("11 10:00")}
    load(home, lake, "r5", [("CEB511", gone)])
    assert waiting(lake) == []


def test_a_purchase_is_whole_where_the_look_back_ends_within_it(home, lake):
    """Order the day after its payment; 60 days after the order come another purchase, then its waybill."""
    documents = dict(everything("1")[:3])
    ordered = {**documents["CEB311"], "app_at": at("11 23:50")}
    load(home, lake, "r1", [("CEB411", documents["CEB411"]), ("CEB311", ordered)])
    whole = [("import_orders", True, True, False, True), ("payments", True, True, False, False)]
    assert waiting(lake) == whole
    sixty = timedelta(days=60)
    load(home, lake, "r2", [("CEB311", order("2", "11 08:00", app_at=at("11 08:00") + sixty))])
    assert waiting(lake) == [("import_orders", True, False, False, True), *whole]
    carried = {**documents["CEB511"], "order_no": "1", "app_at": at("11 09:00") + sixty}
    load(home, lake, "r3", [("CEB511", carried)])
    assert waiting(lake) == [
        ("import_orders", True, False, False, True),
        ("import_orders", True, True, True, True),
        ("import_waybills", True, True, True, False),
        ("payments", True, True, True, False),
    ]


def test_a_second_list_with_the_same_waybill_makes_both_duplicates(home, lake):
    load(home, lake, "r1", everything("1"))
    load(home, lake, "r2", [("CEB621", import_list("2", logistics_no="W-1"))])
    found = lake.con.execute(
        "SELECT order_no, list_contains(reasons, 'duplicate') FROM wh.core.reconciliation ORDER BY ALL"
    ).fetchall()
    assert found == [("1", True), ("2", True)]


def test_the_yearly_limit_is_told_over_all_days_whatever_came_first(home, lake):
    """Three lists of one buyer at 12,000 CNY: the last released is over 26,000, and it need not come last."""

    def bought(number, released):
        row = import_list(number, "11 08:00", prices=("12000.00",), buyer_id_number_digest="1f" * 16)
        return [("CEB621", {**row, "currency": "142"}), ("CEB622", receipt(number, "800", released))]

    def over():
        rows = lake.con.execute(
            "SELECT order_no FROM wh.core.reconciliation WHERE list_contains(reasons, 'over_annual_limit') "
            "ORDER BY ALL"
        ).fetchall()
        return [number for (number,) in rows]

    load(home, lake, "r1", bought("1", "13 08:00") + bought("2", "12 08:00"))
    assert over() == []
    load(home, lake, "r2", bought("3", "11 09:00"))
    assert over() == ["1"]
    load(home, lake, "r3", [("CEB622", receipt("3", "700", "20 08:00"))])
    assert over() == []


def test_a_detail_of_many_parcels_orphans_none_of_those_that_have_lists(home, lake):
    """Looked at for the sake of one list, it still names the other, which was linked before."""
    parcels = [{"gnum": place, "logistics_no": f"W-{place}", "note": None} for place in (1, 2, 3)]
    detail = dict(dict(everything("1"))["CEB711"], cop_no="IN-9", guid="D-9", items=parcels)
    load(home, lake, "r1", [("CEB621", import_list("1")), ("CEB621", import_list("2")), ("CEB711", detail)])
    load(home, lake, "r2", [("CEB622", receipt("1", "120", "11 00:07"))])
    orphans = lake.con.execute(
        "SELECT business_key FROM wh.core.reconciliation WHERE subject = 'inbound_details'"
    ).fetchall()
    assert orphans == [("4604|IN-9|W-3",)]


#: Joins that compare every row of one side with every row of the other.
ALL_WITH_ALL = ("BLOCKWISE_NL_JOIN", "NESTED_LOOP_JOIN", "CROSS_PRODUCT")
PLANNED = ("INSERT", "SELECT", "CREATE OR REPLACE TEMP TABLE", "COPY", "DELETE", "WITH", "FROM")


def quadratic(node):
    """Names of the joins in a plan that compare all with all, but for those with a side of one row."""
    found = [name for child in node["children"] for name in quadratic(child)]
    if node["name"].strip() not in ALL_WITH_ALL:
        return found
    side = node["children"][1]
    while side["name"].strip() == "PROJECTION":
        side = side["children"][0]
    return found if side["name"].strip() == "UNGROUPED_AGGREGATE" else [*found, node["name"]]


@pytest.mark.parametrize("lake", ["memory"], indirect=True)
def test_no_statement_compares_every_row_with_every_other(home, lake, monkeypatch):
    """A join by anything but equalities took a day of 260,000 lists from minutes to hours; few rows hide it."""
    load(home, lake, "r1", everything("1"))
    run, planned, slow = lake.con.execute, 0, []

    def watched(statement, *parameters):
        nonlocal planned
        if (
            statement.startswith(PLANNED) and "ledger.touched_dates" not in statement
        ):  # that one joins dates only
            ((_, plan),) = run(f"EXPLAIN (FORMAT json) {statement}", *parameters).fetchall()
            planned += 1
            slow.extend((each, statement) for node in json.loads(plan) for each in quadratic(node))
        return run(statement, *parameters)

    monkeypatch.setattr(lake.con, "execute", watched)
    load(
        home, lake, "r2", [*everything("2"), ("CEB311", order("1", "10 23:55", paid="90.00", currency="142"))]
    )
    assert planned > 100
    assert slow == []
