"""Raw texts -> typed values and findings; flat rows -> documents. Expected values are by hand."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from openpyxl import Workbook
from read_helpers import as_csv, document, findings, flat_rows, message, read

from sources.contracts import CONTRACTS

TIME = datetime(2026, 11, 11, 8, 1, 2)
TIMES = [
    # raw, value, rule
    ("20261111080102", TIME, None),
    ("20261111080102345", TIME.replace(microsecond=345000), None),
    ("2026-11-11 08:01:02", TIME, None),
    ("2026-11-11T08:01:02", TIME, None),
    ("2026-11-11 08:01:02.34", TIME.replace(microsecond=340000), None),
    ("2026-11-11 08:01:02.345678", TIME.replace(microsecond=345000), "P5"),
    ("20261111080102345678", TIME.replace(microsecond=345000), "P5"),
    (" 20261111080102 ", TIME, None),
    ("", None, None),
    ("2026111108010", None, "P1"),
    ("202611110801020", None, "P1"),
    ("20261311080102", None, "P1"),
    ("20260230080102", None, "P1"),
    ("20261111250102", None, "P1"),
    ("20261111235960", None, "P1"),  # not the next day
    ("20261111235960000", None, "P1"),
    ("2026-11-11 23:59:60", None, "P1"),
    ("20261111", None, "P1"),
    ("11010119000101", None, "P1"),  # the year 1101
    ("110101190001010014", None, "P1"),
    ("2026111108 102", None, "P1"),
    ("+2026111108010", None, "P1"),
    ("２０２６１１１１０８０１０２", None, "P1"),
    ("2026-11-11 08:01:02+08:00", None, "P1"),
]
DATES = [
    ("20261111", date(2026, 11, 11), None),
    ("2026-11-11", date(2026, 11, 11), None),
    ("20180809120000", date(2018, 8, 9), "P5"),
    ("20180809120000123", date(2018, 8, 9), "P5"),
    ("20180809999999", None, "P1"),
    ("2018089", None, "P1"),
    ("20181301", None, "P1"),
    ("11010119", None, "P1"),
]
DECIMALS = [
    ("12.5", "12.5", None),
    ("-0.00001", "-0.00001", None),
    ("+5", "5", None),
    (".5", "0.5", None),
    ("5.", "5", None),
    ("1.000005", "1.00001", "P3"),  # half away from zero, not to even
    ("-1.000005", "-1.00001", "P3"),
    ("1.000025", "1.00003", "P3"),
    ("1559.555559", "1559.55556", "P3"),
    ("1.500000", "1.5", None),  # nothing is lost
    ("1e3", "1000", None),
    ("1E-6", "0", "P3"),
    ("99999999999999.99999", "99999999999999.99999", None),
    ("100000000000000", None, "P1"),
    ("99999999999999.999999", None, "P1"),
    ("1,000", None, "P1"),
    ("1_000", None, "P1"),
    ("一", None, "P1"),
    ("NaN", None, "P1"),
    ("-", None, "P1"),
]
INTEGERS = [("3", 3, None), ("3.0", 3, None), ("3.5", None, "P1"), ("-1", -1, None), ("x", None, "P1")]
CASES = [
    *(("CEB621", "appTime", "app_at", *each) for each in TIMES),
    *(("CEB621", "ieDate", "ie_date", *each) for each in DATES),
    *(("CEB621", "freight", "freight", raw, value and Decimal(value), rule) for raw, value, rule in DECIMALS),
    *(("CEB621", "packNo", "pack_no", *each) for each in INTEGERS),
]


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    """All cases as documents of one file: one bad value must not touch its neighbours."""
    documents = [document("CEB621", at, **{name: raw}) for at, (_, name, _, raw, _, _) in enumerate(CASES, 1)]
    _, rows = read(tmp_path_factory.mktemp("values"), message("CEB621", documents))
    return rows


@pytest.mark.parametrize("at", range(len(CASES)), ids=lambda at: f"{CASES[at][1]} {CASES[at][3]!r}")
def test_value(at: int, together: pl.DataFrame) -> None:
    _, name, column, raw, value, rule = CASES[at]
    row = together.row(at, named=True)
    assert row[column] == value
    detail = raw.strip()
    long = len(detail) >= 17 and detail[:17].isdigit()
    if rule is None:
        assert row["findings"] == []
    else:
        (finding,) = row["findings"]
        assert (finding["rule"], finding["field"]) == (rule, name)
        assert finding["detail"] in (
            {detail, "(hidden)"} if long else {detail if detail.isascii() else "(hidden)"}
        )


def test_native_parquet_types_are_read_as_they_are(tmp_path: Path) -> None:
    made = document("CEB621")
    made |= {
        "appTime": datetime(2026, 11, 11, 8, 1, 2, 345000),
        "ieDate": date(2026, 11, 12),
        "packNo": 3,
        "freight": Decimal("1.5"),
        "customsCode": 4612,
        "grossWeight": 0.1,
    }
    frame = pl.DataFrame([made]).with_columns(
        pl.col("netWeight").cast(pl.Decimal(30, 8)) + pl.lit("0.000005").cast(pl.Decimal(30, 8))
    )
    out = io.BytesIO()
    frame.write_parquet(out)
    _, rows = read(tmp_path, out.getvalue())
    row = rows.row(0, named=True)
    assert (row["app_at"], row["ie_date"]) == (datetime(2026, 11, 11, 8, 1, 2, 345000), date(2026, 11, 12))
    assert (row["pack_no"], row["freight"], row["customs_code"]) == (3, Decimal("1.5"), "4612")
    assert row["gross_weight_kg"] == Decimal("0.1")
    assert row["net_weight_kg"] == Decimal("1.50001")
    assert findings(rows) == [(1, "P3", "netWeight", "1.50000500")]


def test_json_numbers_never_pass_a_float(tmp_path: Path) -> None:
    text = '{"guid":"g","payCode":"P","payTransactionId":"T","amountPaid":12345678901234.12345,"appTime":20261111080102}'
    names = [name for name in document("CEB411") if f'"{name}"' not in text]
    text = text[:-1] + "".join(f',"{name}":"{document("CEB411")[name]}"' for name in names) + "}"
    outcome, rows = read(tmp_path, text)
    assert rows["amount_paid"].to_list() == [Decimal("12345678901234.12345")]
    assert outcome.amount_total == Decimal("12345678901234.12345")
    assert findings(rows) == []


SHOWN = {
    "12.5.3": "12.5.3",
    "2026-11-11 25:00": "2026-11-11 25:00",
    "3 PCS": "3 PCS",
    "张小明": "(hidden)",
    "郑州市金水区1号": "(hidden)",
    "li@example.com": "(hidden)",
    "Li Ming": "(hidden)",
    "138 0000 0000": "(hidden)",
    "11010119900101001X": "(hidden)",
}


def test_a_finding_shows_only_what_is_no_personal_value(tmp_path: Path) -> None:
    documents = [document("CEB411", number, amountPaid=text) for number, text in enumerate(SHOWN, 1)]
    _, rows = read(tmp_path, message("CEB411", documents))
    assert [each[3] for each in findings(rows) if each[1] == "P1"] == list(SHOWN.values())


def jsonl(*documents: dict[str, object]) -> str:
    return "".join(json.dumps(each) + "\n" for each in documents)


def test_a_text_with_a_nul_is_no_value(tmp_path: Path) -> None:
    first, second = document("CEB411", payTransactionId="T\0001"), document("CEB411", 2)
    _, rows = read(tmp_path, jsonl(first, second))
    assert rows["pay_transaction_id"].to_list() == [None, "payTransactionId2"]
    assert findings(rows) == [(1, "P1", "payTransactionId", "(hidden)")]
    outcome, _ = read(tmp_path, jsonl({**document("CEB411"), "a\0b": "x"}))
    assert outcome.refusal is not None
    assert (outcome.refusal.rule, outcome.refusal.line) == ("F6", 1)


def test_a_code_kept_as_a_number_gets_its_leading_zeros_back(tmp_path: Path) -> None:
    codes = {"gcode": 101210000, "unit": 11, "qty1": 7, "gname": 5}
    made = {**document("CEB621", customsCode="4604"), "portCode": 601, "orderNo": 77}
    made["items"] = [{**made["items"][0], **codes}]
    rows_of_file = [{**flat_rows("CEB621", [made])[0], "portCode": 601, "orderNo": 77, **codes}]
    columns, book, out = io.BytesIO(), Workbook(), io.BytesIO()
    pl.DataFrame(rows_of_file).write_parquet(columns)
    for cells in (rows_of_file[0].keys(), rows_of_file[0].values()):
        book.active.append(list(cells))
    book.save(out)
    floats = pl.DataFrame(rows_of_file).with_columns(pl.col("gcode", "unit", "portCode").cast(pl.Float64))
    floating = io.BytesIO()
    floats.write_parquet(floating)
    texts = jsonl(made), jsonl(*rows_of_file), jsonl(*rows_of_file).replace("101210000", "101210000.0")
    for data in (*texts, columns.getvalue(), floating.getvalue(), out.getvalue()):
        _, rows = read(tmp_path, data)
        (item,) = rows["items"][0]
        assert (item["gcode"], item["unit"], item["qty1"]) == ("0101210000", "011", Decimal(7))
        assert (item["gname"], rows["port_code"][0], rows["order_no"][0]) == ("5", "0601", "77")


def test_a_native_date_is_no_amount_and_no_time_of_another_age(tmp_path: Path) -> None:
    out = io.BytesIO()
    dates = pl.DataFrame([document("CEB411")]).with_columns(
        amountPaid=pl.lit(date(2026, 11, 11)), payTime=pl.lit(datetime(1, 1, 1))
    )
    dates.write_parquet(out)
    _, rows = read(tmp_path, out.getvalue())
    assert (rows["amount_paid"][0], rows["pay_at"][0]) == (None, None)
    assert [each[1:] for each in findings(rows)] == [
        ("P1", "amountPaid", "2026-11-11"),
        ("P1", "payTime", "0001-01-01 00:00:00.000"),
    ]


def test_half_a_character_is_no_value(tmp_path: Path) -> None:
    """JSON writes \\ud800 alone, which no UTF-8 text can hold; nested, flat and in a name."""
    wrong = document("CEB411", payTransactionId="T\ud800", payerName="王\udc00")
    for rows_of_file in ([wrong], flat_rows("CEB411", [wrong])):
        _, rows = read(tmp_path, jsonl(*rows_of_file, *flat_rows("CEB411", [document("CEB411", 2)])))
        assert rows["pay_transaction_id"].to_list() == [None, "payTransactionId2"]
        assert findings(rows) == [
            (1, "P1", "payTransactionId", "(hidden)"),
            (1, "P1", "payerName", "(hidden)"),
        ]
    outcome, _ = read(tmp_path, jsonl({**document("CEB411"), "a\ud800": "x"}))
    assert outcome.refusal is not None
    assert (outcome.refusal.rule, outcome.refusal.line) == ("F6", 1)


def test_a_number_in_powers_of_ten_tells_nothing_apart(tmp_path: Path) -> None:
    """As a spreadsheet or a float writes long numbers. E27, 7E27 and a name are what they are."""
    changed = {"payTransactionId": "4.20000E+27", "payerIdNumber": "4.10E+17", "orderNo": "4.2e27"}
    kept = document("CEB411", 2, payTransactionId="E27", orderNo="7E27", payName="4.2E+27")
    _, rows = read(tmp_path, as_csv(flat_rows("CEB411", [document("CEB411", **changed), kept])))
    assert rows["pay_transaction_id"].to_list() == [None, "E27"]
    assert rows["order_no"].to_list() == [None, "7E27"]
    assert rows["pay_name"][1] == "4.2E+27"
    assert rows[CONTRACTS["CEB411"]["payerIdNumber"].column].is_null().to_list() == [True, False]
    assert findings(rows) == [
        (1, "P1", "orderNo", "4.2e27"),
        (1, "P1", "payTransactionId", "4.20000E+27"),
        (1, "P1", "payerIdNumber", "(hidden)"),
    ]


def test_units_as_words(tmp_path: Path) -> None:
    made = document("CEB621", items=4)
    for item, unit in zip(made["items"], ("千克", "035", "拖", "匹"), strict=True):
        item["unit"] = unit
    _, rows = read(tmp_path, message("CEB621", [made]))
    assert [item["unit"] for item in rows["items"][0]] == ["035", "035", "拖", "130"]
    assert findings(rows) == [(1, "P6", "items.unit", "(hidden)")]


def test_flat_rows_become_documents(tmp_path: Path) -> None:
    """Rows of B lie apart; C comes twice; D has no items; E disagrees in a head field."""
    made = {name: document("CEB621", at, items=2, guid=name) for at, name in enumerate("ABCDE", 1)}
    a, b, c, d, e = (flat_rows("CEB621", [each]) for each in made.values())
    empty = dict.fromkeys(set(d[0]) - set(made["D"]), "")
    rows = [b[0], *a, b[1], *c, *c, d[0] | empty, e[0], e[1] | {"freight": "9"}]
    outcome, staged = read(tmp_path, as_csv(rows))
    assert (outcome.lines, outcome.rows) == (11, 6)
    assert staged["guid"].to_list() == ["B", "A", "C", "C", "D", "E"]
    assert staged["items"].list.len().to_list() == [2, 2, 2, 2, 0, 2]
    assert staged["line_no"].to_list() == [2, 3, 6, 8, 10, 11]
    assert findings(staged) == [(6, "P2", "freight", "(rows of one document differ)")]
    assert staged["freight"].to_list()[5] == Decimal("5.5")


def test_flat_rows_without_guid_share_key_and_time(tmp_path: Path) -> None:
    rows = [
        *flat_rows("CEB311", [document("CEB311", items=2, guid="")]),
        *flat_rows("CEB311", [document("CEB311", guid="", appTime="20261112000000")]),
    ]
    _, staged = read(tmp_path, as_csv(rows))
    assert staged["items"].list.len().to_list() == [2, 1]


ORDER_SHEET = """订单编号,企业商品名称,商品规格型号,数量,计量单位,总价,电商平台代码,电商平台名称,电商企业代码,电商企业名称,\
订购人注册号,订购人证件号码,订购人姓名,订购人电话,收货人姓名,收货人电话,收件地址,运杂费,非现金抵扣金额,代扣税款,原产国,备注
O1,衣服,大,1,件,1559.555559,P,甲,E,乙,r,110101190001010014,王,13800000001,李,13800000002,路1号,20.12345,200,100,601,
O1,衣服,小,2,件,1.1,P,甲,E,乙,r,110101190001010014,王,13800000001,李,13800000002,路1号,20.12345,200,100,601,一
O2,帽子,大,1,件,,P,甲,E,乙,r,110101190001010014,王,13800000001,李,13800000002,路1号,,,,601,
"""


def test_an_order_sheet(tmp_path: Path) -> None:
    outcome, rows = read(tmp_path, ORDER_SHEET)
    assert (outcome.kind, outcome.lines, outcome.rows) == ("CEB311", 3, 2)
    first, second = rows.to_dicts()
    # 1559.55556 + 1.1 = 1560.65556; + 20.12345 + 100 - 200 = 1480.77901
    assert (first["goods_value"], first["actural_paid"]) == (Decimal("1560.65556"), Decimal("1480.77901"))
    assert (second["goods_value"], second["actural_paid"]) == (None, None)
    assert (first["app_type"], first["app_status"], first["order_type"], first["currency"]) == (
        "1",
        "2",
        "I",
        "142",
    )
    assert [item["unit"] for item in first["items"]] == ["011", "011"]
    assert (first["business_date"], outcome.amount_total) == (None, Decimal("1480.77901"))
    assert [each[:3] for each in findings(rows)] == [
        (1, "P3", "items.totalPrice"),
        (1, "T0", "appTime"),
        (2, "T0", "appTime"),
    ]


def test_a_payment_sheet_is_dated_by_its_payment(tmp_path: Path) -> None:
    text = (
        "订单编号,支付企业代码,支付企业名称,支付交易编码,电商平台代码,电商平台名称,支付金额,支付人证件号码,"
        "支付人姓名,支付时间,备注\nO1,P,甲,T1,13800000099,乙,100.1,110101190001010014,王,2018080808080,\n"
        "O2,P,甲,T2,E,乙,100.1,110101190001010014,王,20180808080808,\n"
    )
    _, rows = read(tmp_path, text)
    assert rows["business_date"].to_list() == [None, date(2018, 8, 8)]
    assert rows["ebp_code"].str.starts_with("pii:").to_list() == [True, False]
    assert findings(rows)[:3] == [
        (1, "P1", "payTime", "2018080808080"),
        (1, "P4", "ebpCode", "(hidden)"),
        (1, "T0", "appTime", "template payment_import has no report time"),
    ]


def test_a_sheet_with_a_column_twice_is_refused(tmp_path: Path) -> None:
    """With and without the mark of mandatory columns it is the same column."""
    header, first, *_ = ORDER_SHEET.splitlines()
    outcome, _ = read(tmp_path, f"{header},*订单编号\n{first},O9\n")
    assert outcome.refusal is not None
    assert (outcome.refusal.rule, outcome.refusal.line) == ("F6", 1)


def test_a_sheet_that_comes_near_a_template_is_told_what_it_lacks(tmp_path: Path) -> None:
    outcome, _ = read(tmp_path, ORDER_SHEET.replace("原产国", "产地"))
    assert outcome.refusal is not None
    assert outcome.refusal.rule == "F4"
    assert "order_import_9610" in outcome.refusal.message
    assert "原产国" in outcome.refusal.message


SHEET = "xl/worksheets/sheet1.xml"
PAYMENT_HEADER = [
    *("订单编号", "支付企业代码", "支付企业名称", "支付交易编码", "电商平台代码", "电商平台名称"),
    *("支付金额", "支付人证件号码", "支付人姓名", "支付时间", "备注"),
]


def payment_row(number: int) -> list[str]:
    return [
        f"O{number}",
        "P",
        "甲",
        f"T{number}",
        "E",
        "乙",
        "1.5",
        "110101190001010014",
        "王",
        "20180808080808",
        "",
    ]


def workbook(*others: tuple[str, list[list[str]]], dimension: str | None = None) -> bytes:
    """A payment sheet of three rows, other sheets (state, rows) behind it, and what it says of its size."""
    book, out = Workbook(), io.BytesIO()
    for cells in (PAYMENT_HEADER, *(payment_row(number) for number in (1, 2, 3))):
        book.active.append(cells)
    for state, rows in others:
        sheet = book.create_sheet()
        sheet.sheet_state = state
        for cells in rows:
            sheet.append(cells)
    book.save(out)
    if dimension is None:
        return out.getvalue()
    changed = io.BytesIO()
    with zipfile.ZipFile(out) as before, zipfile.ZipFile(changed, "w") as after:
        for part in before.infolist():
            text = before.read(part)
            assert (part.filename == SHEET) == (b'<dimension ref="A1:K4"' in text)
            after.writestr(
                part, text.replace(b'<dimension ref="A1:K4"', b'<dimension ref="%s"' % dimension.encode())
            )
    return changed.getvalue()


def test_all_rows_of_a_sheet_are_read_whatever_it_says_of_its_size(tmp_path: Path) -> None:
    outcome, rows = read(tmp_path, workbook(dimension="A1:K2"))
    assert (outcome.rows, outcome.lines, outcome.amount_total) == (3, 3, Decimal("4.5"))
    assert rows["order_no"].to_list() == ["O1", "O2", "O3"]


def test_a_sheet_that_is_not_understood_refuses_the_workbook(tmp_path: Path) -> None:
    outcome, _ = read(tmp_path, workbook(("visible", [payment_row(4), payment_row(5)])))
    assert outcome.refusal is not None
    assert outcome.refusal.message.startswith("sheet 2 beside the documents of sheet 1 cannot be read")
    assert "O4" not in outcome.refusal.message


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ([], "(sheet 2, a text)"),
        ([payment_row(4)], None),  # a title above documents
    ],
)
def test_a_sheet_of_text_alone_is_named(tmp_path: Path, more: list[list[str]], named: str | None) -> None:
    outcome, rows = read(tmp_path, workbook(("visible", [["填写说明"], ["一、日期写作 20181111"], *more])))
    if named is None:
        assert outcome.refusal is not None
    else:
        assert (outcome.refusal, rows.height, outcome.unknown_fields) == (None, 3, (named,))


def test_a_hidden_sheet_of_choices_is_named(tmp_path: Path) -> None:
    outcome, rows = read(tmp_path, workbook(("hidden", [["千克"], ["件"]])))
    assert (outcome.refusal, rows.height) == (None, 3)
    assert outcome.unknown_fields == ("(hidden sheet 2)",)
