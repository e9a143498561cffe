"""Row rules as tables: a good document, what is changed in it, the rules and fields found."""
# ruff: noqa: E501 - the table is read by its rows

from datetime import datetime
from decimal import Decimal

import pytest
from staged_day import document, findings, gate, item, rejected, stage

from expectations.rules import RULES
from sources.contracts import CONTRACTS

# kind, changed head fields, items (None: one good item), what must be found
CASES = [
    # K1, K2, K3: unusable
    ("CEB311", {"ebpCode": None}, None, {("K1", "ebpCode")}),
    ("CEB411", {"payCode": None, "payTransactionId": None}, None, {("K1", "payCode"), ("K1", "payTransactionId")}),
    ("CEB511", {"appTime": None}, None, {("K2", "appTime")}),
    ("CEB622", {"returnTime": None}, None, {("K1", "returnTime")}),
    ("CEB513", {"appTime": None}, None, {("K2", "appTime")}),
    ("CEB311", {"ebpCode": "x" * 19}, None, {("K3", "ebpCode")}),
    ("CEB311", {"ebpCode": "pii:0123456789abcdef"}, None, set()),  # a digest, not a broken length
    ("CEB623", {"invtNo": "x" * 17}, None, {("K3", "invtNo")}),
    ("CEB621", {"orderNo": ""}, None, {("K3", "orderNo")}),
    ("CEB507", {"copNo": "单" * 30}, None, set()),  # 30 characters, 90 bytes
    ("CEB507", {"copNo": "单" * 31}, None, {("K3", "copNo")}),
    # M1, M2
    ("CEB411", {"payName": None, "payerIdNumber": None}, None, {("M1", "payName"), ("M1", "payerIdNumber")}),
    ("CEB411", {"telephone": None}, None, set()),
    ("CEB311", {}, [item("CEB311", gmodel=None)], {("M1", "items.gmodel")}),
    ("CEB411", {"payName": "名" * 101}, None, {("M2", "payName")}),
    ("CEB621", {"preNo": "B1"}, None, {("M2", "preNo")}),
    ("CEB621", {"packNo": 10**9}, None, {("M2", "packNo")}),
    ("CEB311", {}, [item("CEB311", itemNo="x" * 31), item("CEB311", gnum=10000)], {("M2", "items.itemNo"), ("M2", "items.gnum"), ("A3", "goodsValue")}),
    ("CEB621", {"packNo": -(2**63)}, None, {("M2", "packNo")}),  # has no absolute value in 64 bits
    # M3
    ("CEB621", {"customsCode": "9007"}, None, {("M3", "customsCode")}),  # known, but not the zone's
    ("CEB621", {"portCode": "9007"}, None, set()),  # a border office may be anywhere
    ("CEB621", {"portCode": "9999"}, None, {("M3", "portCode")}),
    ("CEB603", {"ieFlag": "a", "tradeMode": "0101"}, None, {("M3", "ieFlag"), ("M3", "tradeMode")}),
    ("CEB622", {"returnStatus": "18"}, None, {("M3", "returnStatus")}),
    ("CEB622", {"returnStatus": "-621055"}, None, set()),
    ("CEB513", {"logisticsStatus": "10"}, None, {("M2", "logisticsStatus"), ("M3", "logisticsStatus")}),  # part of the key, unknown and kept
    ("CEB818", {"status": "10"}, None, {("M2", "status"), ("M3", "status")}),
    ("CEB621", {}, [item("CEB621", unit="件")], {("M3", "items.unit"), ("M2", "items.unit")}),
    ("CEB621", {"tradeMode": "1239"}, None, set()),
    # A1: below a fen is not seen in a payment
    ("CEB311", {"acturalPaid": "109.109"}, None, set()),
    ("CEB311", {"acturalPaid": "109.11"}, None, {("A1", "acturalPaid")}),
    ("CEB311", {"freight": 10, "discount": "9.5", "acturalPaid": "109.60"}, None, set()),
    ("CEB311", {"freight": None, "discount": None}, None, {("M1", "freight"), ("M1", "discount")}),
    # A3
    ("CEB311", {"goodsValue": "100.02", "acturalPaid": "109.12"}, None, {("A3", "goodsValue")}),
    ("CEB311", {"goodsValue": "100.01", "acturalPaid": "109.11"}, None, set()),
    ("CEB603", {}, [item("CEB603", qty=100, price=20, totalPrice=200)], {("A3", "items.totalPrice")}),
    ("CEB303", {"goodsValue": 100}, [item("CEB303", qty=3, price="33.33", totalPrice=100)], set()),
    ("CEB311", {}, [item("CEB311"), item("CEB311", gnum=2, price=0, totalPrice=0)], set()),  # a gift
    ("CEB621", {}, [item("CEB621", price=None)], {("M1", "items.price")}),  # nothing to multiply
    ("CEB603", {}, [item("CEB603", price="99999999999999.99999", qty="99999999999999.99999", totalPrice="-99999999999999.99999")], {("A3", "items.totalPrice")}),
    # A5
    ("CEB621", {"grossWeight": "0.9"}, None, {("A5", "netWeight")}),
    ("CEB621", {"grossWeight": 1}, None, set()),
    ("CEB625", {}, [item("CEB625", qty=0)], {("A5", "items.qty")}),
    ("CEB621", {"trafNo": "无", "billNo": "/"}, [item("CEB621", gmodel="空", barCode="无")], {("A5", "trafNo"), ("A5", "billNo"), ("A5", "items.gmodel")}),
    ("CEB603", {"ebpCode": "无"}, None, set()),
    ("CEB621", {"ebpCode": "无"}, None, {("A5", "ebpCode")}),
    # A6, A8 on orders: 6.3 % is the least, 9.1 % the standard rate, zero says nothing
    ("CEB311", {"taxTotal": 0, "acturalPaid": 100}, None, set()),
    ("CEB311", {"taxTotal": 6, "acturalPaid": 106}, None, {("A6", "taxTotal")}),
    ("CEB311", {"taxTotal": "23.06", "acturalPaid": "123.06"}, None, set()),  # consumption tax of 15 %
    ("CEB311", {"taxTotal": "28.90", "acturalPaid": "128.90"}, None, {("A6", "taxTotal")}),
    ("CEB311", {"taxTotal": "9.11", "acturalPaid": "109.11"}, None, {("A8", "taxTotal")}),
    ("CEB311", {"goodsValue": 6000, "taxTotal": 1, "acturalPaid": 6001}, [item("CEB311", price=3000, totalPrice=6000)], set()),  # over the limit
    ("CEB311", {"appTime": datetime(2018, 6, 1), "taxTotal": "11.20", "acturalPaid": "111.20"}, None, set()),
    ("CEB311", {"appTime": datetime(2018, 6, 1), "taxTotal": "6.50", "acturalPaid": "106.50"}, None, {("A6", "taxTotal")}),
    # A6, A7, A8 on tax bills
    ("CEB816", {"valueAddedTax": 10}, [item("CEB816", valueAddedTax=10)], {("A6", "items.valueAddedTax")}),
    ("CEB816", {"valueAddedTax": "37.31"}, [item("CEB816", taxPrice=410, valueAddedTax="37.31")], set()),
    ("CEB816", {"valueAddedTax": "37.32"}, [item("CEB816", taxPrice=410, valueAddedTax="37.32")], {("A8", "items.valueAddedTax")}),
    # cosmetics: CT 15 %: 100 / 0.85 x 15 % x 0.7 = 12.35; VAT 100 / 0.85 x 13 % x 0.7 = 10.71
    ("CEB816", {"valueAddedTax": "10.71", "consumptionTax": "12.35"}, [item("CEB816", valueAddedTax="10.71", consumptionTax="12.35")], set()),
    ("CEB816", {"valueAddedTax": "9.11"}, None, {("A7", "valueAddedTax")}),
    ("CEB816", {"customsTax": 5}, [item("CEB816", customsTax=5, valueAddedTax="9.10")], {("A7", "customsTax")}),
    # what the reader noticed
]  # fmt: skip


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """All cases in one run: (kind, place in CASES) -> rules and fields found."""
    run = tmp_path_factory.mktemp("rules")
    rows: dict[str, list[dict]] = {}
    where = {}
    for at, (kind, changes, items, _) in enumerate(CASES):
        unlike = {name: f"{name[0]}{at}" for name in ("orderNo", "taxNo", "payTransactionId")}
        rows.setdefault(kind, []).append(document(kind, items=items, **{**unlike, **changes}))
        where[kind, len(rows[kind])] = at
    gate(stage(run, **rows))
    result: dict[int, set] = {at: set() for at in range(len(CASES))}
    for kind, rule, row_no, field in findings(run):
        result[where[kind, row_no]].add((rule, field))
    return result


@pytest.mark.parametrize("at", range(len(CASES)), ids=lambda at: f"{CASES[at][0]}-{at}")
def test_row_rule(found, at):
    assert found[at] == CASES[at][3]


def test_a_good_document_of_every_kind_breaks_no_rule(tmp_path):
    report = gate(stage(tmp_path, **{kind: [document(kind)] for kind in CONTRACTS}))
    assert findings(tmp_path) == []
    assert rejected(tmp_path) == []
    assert set(report.rows) == set(CONTRACTS)
    assert {each.outcome for each in report.records} == {"passed"}


def test_readers_findings_keep_their_rule_and_severity(tmp_path):
    noticed = [("P1", "amountPaid", "a"), ("P3", "amountPaid", "b"), ("T0", "appTime", "c")]
    rows = [document("CEB411", findings=noticed), document("CEB411", payTransactionId="other")]
    report = gate(stage(tmp_path, CEB411=rows))
    assert rejected(tmp_path) == [("CEB411", 1, ["P1"])]
    assert findings(tmp_path) == [("CEB411", rule, 1, field) for rule, field, _ in noticed]
    assert report.found["CEB411", "P3"] == 1
    assert {rule: RULES[rule].severity.value for rule, *_ in noticed} == {
        "P1": "critical", "P3": "warning", "T0": "info",
    }  # fmt: skip


def test_a_row_with_several_critical_rules_is_rejected_once(tmp_path):
    bad = document("CEB311", orderNo=None, appTime=None, ebpCode="x" * 19, findings=[("P1", "qty", "")])
    report = gate(stage(tmp_path, CEB311=[document("CEB311"), bad]))
    assert rejected(tmp_path) == [("CEB311", 2, ["P1", "K1", "K2", "K3"])]
    assert report.rejected == {"CEB311": 1}


def test_template_rows_need_no_report_time_and_only_the_fields_their_file_fills(tmp_path):
    """Row 2 lacks the payer's name that row 1 fills; nobody in the file fills payName."""
    template = [("T0", "appTime", "")]
    common = {"guid": None, "appTime": None, "payName": None, "findings": template}
    rows = [
        document("CEB411", payTransactionId="1", **common),
        document("CEB411", payTransactionId="2", payerName=None, **common),
    ]
    gate(stage(tmp_path, CEB411=rows))
    assert rejected(tmp_path) == []
    assert [each for each in findings(tmp_path) if each[1] != "T0"] == [("CEB411", "M1", 2, "payerName")]


def test_details_say_the_figures(tmp_path):
    import polars as pl

    rows = [document("CEB311", acturalPaid="100.00"), document("CEB621", items=[item("CEB621"), item("CEB621", gnum=2, qty=-1, totalPrice=-50)])]  # fmt: skip
    gate(stage(tmp_path, CEB311=rows[:1], CEB621=rows[1:]))
    frame = pl.read_parquet(tmp_path / "findings.parquet")
    details = {(row["rule"], row["kind"]): row["detail"] for row in frame.to_dicts()}
    assert details["A1", "CEB311"] == "expected 109.10000, stated 100.00000"
    assert details["A5", "CEB621"] == "item 2: quantity -1.00000"
    assert frame["business_key"].to_list()[0] == "4101000001|O1"


def test_nothing_staged_gives_empty_files(tmp_path):
    report = gate(stage(tmp_path))
    assert (report.rows, report.records, report.broken) == ({}, (), ())
    assert findings(tmp_path) == rejected(tmp_path) == []
    assert (tmp_path / "validations.json").read_text() == "[]"


def test_amounts_are_compared_as_decimals(tmp_path):
    """0.1 + 0.2 is 0.3, and the largest amounts of the notation are summed exactly."""
    most = Decimal("99999999999999.99999")
    small = {"goodsValue": "0.1", "freight": "0.2", "taxTotal": 0, "acturalPaid": "0.3"}
    large = {"goodsValue": most, "freight": 0, "taxTotal": 0, "acturalPaid": most, "orderNo": "O2"}
    rows = [
        document("CEB311", items=[item("CEB311", qty=1, price="0.1", totalPrice="0.1")], **small),
        document("CEB311", items=[item("CEB311", qty=1, price=most, totalPrice=most)], **large),
    ]
    gate(stage(tmp_path, CEB311=rows))
    assert findings(tmp_path) == []
