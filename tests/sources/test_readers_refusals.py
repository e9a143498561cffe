"""Bad files: refused with rule, line and what to do next, and never a traceback."""

from __future__ import annotations

import base64
import io
import json
import traceback
import zipfile
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from read_helpers import NAMESPACE, as_csv, document, flat_rows, message, read

from sources.readers.one_file import ReadingBrokeError

GOOD = message("CEB622", [document("CEB622")])
FLAT = as_csv(flat_rows("CEB411", [document("CEB411", at) for at in (1, 2, 3)]))
BOMB = '<!DOCTYPE a [<!ENTITY x "aaaa">' + "".join(
    f'<!ENTITY x{at} "{"&x" + str(at - 1) * (at > 1) + ";"}{"&x;" * 9}">' for at in range(1, 9)
)


def inside(text: str, addition: str) -> str:
    return text.replace("<ceb:InventoryReturn>", f"<ceb:InventoryReturn>{addition}", 1)


def envelope(data: str) -> str:
    return f'<DxpMsg xmlns="http://www.chinaport.gov.cn/dxp"><Data>{data}</Data></DxpMsg>'


def encoded(text: str, encoding: str = "utf-8") -> str:
    return base64.b64encode(text.encode(encoding)).decode()


BOMBED = GOOD.replace("<ceb:CEB622", BOMB + "]><ceb:CEB622", 1)
XXE = GOOD.replace("<ceb:CEB622", '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><ceb:CEB622', 1)
DEEP = inside(GOOD, "<ceb:d>" * 20 + "</ceb:d>" * 20)
VERY_DEEP = inside(GOOD, "<ceb:d>" * 200_000 + "</ceb:d>" * 200_000)
CROWDED = inside(GOOD, "<ceb:d " + " ".join(f'a{at}="1"' for at in range(70)) + "/>")
COMMENT = "<!-- so that the message is walked -->"
LONG = inside(GOOD, f"<ceb:copNo>{'x' * (1024 * 1024 + 1)}</ceb:copNo>")

XML = {
    "billion laughs": (BOMBED, "F2", 2),
    "external entity": (XXE, "F2", 2),
    "doctype behind a comment": (BOMBED.replace("<!DOCTYPE", COMMENT + "\n<!DOCTYPE", 1), "F2", 3),
    "doctype in a payload": (envelope(encoded(XXE)), "F2", 2),
    "doctype in a UTF-16 payload": (envelope(encoded(XXE.replace("UTF-8", "UTF-16"), "utf-16")), "F2", 2),
    "deep": (DEEP, "F3", 3),
    "deep, walked": (inside(DEEP, COMMENT), "F3", 3),
    "deeper than the parser goes": (VERY_DEEP, "F3", 3),
    "many attributes": (CROWDED, "F3", 3),
    "many attributes, walked": (inside(CROWDED, COMMENT), "F3", 3),
    "long text": (LONG, "F3", None),
    "long text, walked": (inside(LONG, COMMENT), "F3", 3),
    "cut off": (GOOD[:300], "F1", None),
    "not closed": (GOOD.replace("</ceb:guid>", "", 1), "F1", None),
    "undeclared prefix": (inside(GOOD, "<x:a/>"), "F1", 3),
    "control character": (GOOD.replace("copNo1", "copNo\x01"), "F1", None),
    "two roots": (GOOD + "<a/>", "F1", None),
    "unknown entity": (GOOD.replace("copNo1", "&nbsp;"), "F1", None),
    "two heads": (
        message("CEB411", [document("CEB411")]).replace(
            "</ceb:PaymentHead>", "</ceb:PaymentHead><ceb:PaymentHead/>"
        ),
        "F1",
        3,
    ),
    "no document": (GOOD.replace("InventoryReturn", "Inventory"), "F1", None),
    "no namespace": (GOOD.replace(NAMESPACE, "urn:other"), "F4", 2),
    "unknown CEB message": (GOOD.replace("CEB622Message", "CEB999Message"), "F4", 2),
    "another XML": ("<html><body/></html>", "F4", 1),
    "payload is a template": (envelope("${Data:Data}"), "F1", 1),
    "payload is not base64": (envelope("***"), "F1", 1),
    "payload is not XML": (envelope(encoded("hello")), "F4", 1),
    "payload is missing": (envelope(""), "F1", 1),
    "two payloads": (envelope(f"{encoded(GOOD)}</Data>\n<Data>{encoded(GOOD)}"), "F1", 2),
    "broken payload": (envelope(encoded(GOOD[:300])), "F1", None),
    "envelopes without end": (
        envelope(encoded(envelope(encoded(envelope(encoded(envelope(encoded(envelope(encoded(GOOD)))))))))),
        "F3",
        None,
    ),
    "gate message without type": ("<Package><EnvelopInfo/></Package>", "F4", 1),
    "gate message of another type": (
        "<Package><EnvelopInfo><message_type>INV202</message_type></EnvelopInfo></Package>",
        "F4",
        1,
    ),
    "transport answer": ("<CommonResponeMessage/>", "F4", 1),
}


@pytest.mark.parametrize("name", XML)
def test_xml_that_is_refused(name: str, tmp_path: Path) -> None:
    text, rule, line = XML[name]
    outcome, _ = read(tmp_path, text)
    assert outcome.refusal is not None
    assert (outcome.refusal.rule, outcome.part, outcome.rows) == (rule, None, 0)
    assert line is None or outcome.refusal.line == line
    assert len(outcome.refusal.message) > 20
    assert "root:" not in outcome.refusal.message
    assert not list((tmp_path / "parts").iterdir())


NAMED = {
    "tag never ended": (inside(GOOD, "<张三>"), "ends under another name"),
    "entity": (inside(GOOD, "<ceb:note>&王小明;</ceb:note>"), "begins no entity"),
    "element nobody closes": (GOOD + "<张三>", "not one element"),
    "prefix": (inside(GOOD, "<张三:a/>"), "prefix"),
    "root": ("<张三/>", "root element (hidden)"),
}


@pytest.mark.parametrize("name", NAMED)
def test_what_stands_where_a_name_belongs_is_not_repeated(name: str, tmp_path: Path) -> None:
    """As where a text was not escaped."""
    text, said = NAMED[name]
    outcome, _ = read(tmp_path, text)
    assert outcome.refusal is not None
    assert said in outcome.refusal.message
    assert outcome.refusal.message.isascii()


def test_an_unknown_element_is_named_where_it_is_a_plain_word(tmp_path: Path) -> None:
    outcome, _ = read(tmp_path, inside(GOOD, "<ceb:张三/><ceb:extra/>"))
    assert outcome.unknown_fields == ("extra", "(1 more)")


BYTES = {
    "xml declared UTF-8, written GBK": (GOOD.replace("copNo1", "企业").encode("gbk"), "F7"),
    "xml declared GBK, written UTF-8": (
        GOOD.replace("UTF-8", "GBK").replace("copNo1", "企业内部编号企业内部编号").encode(),
        "F7",
    ),
    "xml declared GB18030, bytes are not": (
        GOOD.replace("UTF-8", "GB18030").encode().replace(b"copNo1", b"\xff\xff"),
        "F7",
    ),
    "xml in another encoding": (GOOD.replace("UTF-8", "Big5").encode(), "F7"),
    "csv in UTF-16": (FLAT.encode("utf-16"), "F7"),
    "csv in UTF-8 with a broken character": (
        FLAT.replace("payName1", "支付企业名称支付企业名称").encode().replace("称".encode(), b"\xe7\xa7", 1),
        "F7",
    ),
    "csv in no encoding": (FLAT.encode().replace(b"payName1", b"\xff\xff"), "F7"),
    "empty": (b"", "F1"),
    "blank": (b"\n\n", "F1"),
    "picture": (b"\x89PNG\r\n\x1a\n\x00\x00", "F4"),
    "prose": ("今天没有数据\n请查收\n".encode(), "F4"),
    "parquet cut off": (b"PAR1" + b"\x00" * 99, "F1"),
    "zip that is no workbook": (b"", "F4"),
    "workbook cut off": (b"PK\x03\x04" + b"\x00" * 99, "F1"),
    "json array": (b'[{"guid": "1"}]', "F4"),
    "json object": (b'{\n"guid": "1"\n}', "F4"),
    "json line cut off": (json.dumps(document("CEB411")).encode()[:-9], "F1"),
    "json name twice": (json.dumps(document("CEB411")).encode()[:-1] + b', "guid": "2"}', "F1"),
    "json NaN": (
        json.dumps(document("CEB411", amountPaid=None)).encode()[:-1] + b', "amountPaid": NaN}',
        "F1",
    ),
    "json deep": (b'{"guid": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "F3"),
    "json of two kinds": (
        "\n".join(
            json.dumps({**document(kind), "messageType": kind}) for kind in ("CEB411", "CEB622")
        ).encode(),
        "F9",
    ),
}


@pytest.mark.parametrize("name", BYTES)
def test_bytes_that_are_refused(name: str, tmp_path: Path) -> None:
    data, rule = BYTES[name]
    if name == "zip that is no workbook":
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr("a.txt", "x")
        data = out.getvalue()
    outcome, _ = read(tmp_path, data)
    assert outcome.refusal is not None
    assert outcome.refusal.rule == rule, outcome.refusal


def lines(change: dict[int, str]) -> str:
    """FLAT with some lines (1-based) changed."""
    found = FLAT.splitlines()
    return "\n".join(change.get(at, text) for at, text in enumerate(found, 1)) + "\n"


ROW = FLAT.splitlines()[2]
CSV = {
    "extra delimiter": (lines({3: ROW + ","}), 3),
    "missing field": (lines({3: ROW.rpartition(",")[0]}), 3),
    "quote inside a field": (lines({3: ROW.replace("guid2", 'gu"id2')}), 3),
    "text after a closing quote": (lines({3: ROW.replace("guid2", '"guid2"x')}), 3),
    "blank after a closing quote": (lines({3: ROW.replace("guid2", '"guid2" ')}), 3),
    "quote never closed": (lines({3: ROW.replace("guid2", '"guid2')}), None),
    "NUL": (lines({3: ROW.replace("guid2", "gu\0id2")}), 3),
    "bare carriage return": (lines({3: ROW.replace("guid2", "gu\rid2")}), 3),
    "mixed line ends": (lines({3: ROW + "\r"}), 3),
    "mixed line ends the other way": (
        FLAT.replace("\n", "\r\n").replace("\r\n", "\n", 2).replace("\n", "\r\n", 1),
        2,
    ),
    "blank line at the end": (FLAT + "\n", 5),
    "column without a name": ("," + FLAT.replace("\n", "\nx,").removesuffix("x,"), 1),
    "column twice": (FLAT.replace("guid,", "appType,", 1), 1),
}


@pytest.mark.parametrize("name", CSV)
def test_csv_that_breaks_the_grammar(name: str, tmp_path: Path) -> None:
    text, line = CSV[name]
    outcome, _ = read(tmp_path, text)
    assert outcome.refusal is not None
    assert outcome.refusal.rule == "F6", outcome.refusal
    assert line is None or outcome.refusal.line == line, outcome.refusal


def test_csv_whose_kind_is_open_asks_for_the_kind(tmp_path: Path) -> None:
    rows = flat_rows("CEB622", [document("CEB622")])
    outcome, _ = read(tmp_path, as_csv(rows))
    assert outcome.refusal is not None
    assert outcome.refusal.rule == "F5"
    assert "messageType" in outcome.refusal.message
    mixed = [{**rows[0], "messageType": kind} for kind in ("CEB622", "CEB624")]
    outcome, _ = read(tmp_path, as_csv(mixed))
    assert outcome.refusal is not None
    assert outcome.refusal.rule == "F9"
    outcome, _ = read(tmp_path, as_csv([{**rows[0], "messageType": "CEB999"}]))
    assert outcome.refusal is not None
    assert outcome.refusal.rule == "F4"


def test_a_file_without_header_is_refused_and_not_repeated(tmp_path: Path) -> None:
    outcome, _ = read(
        tmp_path, "王小明,13800000000,110101190001010014\n王小红,13800000001,110101190001010022\n"
    )
    assert outcome.refusal is not None
    assert outcome.refusal.rule == "F4"
    assert not any(
        text in outcome.refusal.message for text in ("王小明", "13800000000", "110101190001010014")
    )


def test_parquet_of_a_type_no_field_can_be(tmp_path: Path) -> None:
    out = io.BytesIO()
    pl.DataFrame([document("CEB411")]).with_columns(payName=pl.lit([1, 2]).implode()).write_parquet(out)
    outcome, _ = read(tmp_path, out.getvalue())
    assert outcome.refusal is not None
    assert outcome.refusal.rule == "F1"


def table(name: str, column: pa.Array) -> bytes:
    """A payment as Parquet, with a column put behind it or in the place of its own."""
    columns = {key: pa.array([text]) for key, text in document("CEB411").items() if key != name}
    out = io.BytesIO()
    pq.write_table(pa.Table.from_arrays([*columns.values(), column], names=[*columns, name]), out)
    return out.getvalue()


ARROW = {
    "bytes in GBK": ("payName", pa.array(["支付".encode("gbk")], pa.binary()), "F7"),
    "map": ("payName", pa.array([[("a", "b")]], pa.map_(pa.string(), pa.string())), "F1"),
    "decimal256": ("amountPaid", pa.array([Decimal("1.5")], pa.decimal256(50, 2)), "F1"),
    "a type of the kind column": ("messageType", pa.array([[1]]), "F1"),
}


@pytest.mark.parametrize("name", ARROW)
def test_parquet_columns_that_no_field_can_be(name: str, tmp_path: Path) -> None:
    column, values, rule = ARROW[name]
    outcome, _ = read(tmp_path, table(column, values))
    assert outcome.refusal is not None
    assert outcome.refusal.rule == rule
    assert f"column {column}" in outcome.refusal.message


def test_parquet_with_a_column_twice(tmp_path: Path) -> None:
    out = io.BytesIO()
    pq.write_table(pa.Table.from_arrays([pa.array(["a"]), pa.array(["b"])], names=["guid", "guid"]), out)
    outcome, _ = read(tmp_path, out.getvalue())
    assert outcome.refusal is not None
    assert outcome.refusal.rule == "F6"


def test_parquet_columns_that_are_not_read_may_be_of_any_type(tmp_path: Path) -> None:
    outcome, _ = read(tmp_path, table("extra", pa.array([Decimal("1.5")], pa.decimal256(50, 2))))
    assert (outcome.refusal, outcome.unknown_fields) == (None, ("extra",))


def test_times_of_a_zone_nobody_knows_are_those_of_utc(tmp_path: Path) -> None:
    at = pa.array([datetime(2026, 11, 11)], pa.timestamp("ms", "Mars/Olympus"))
    _, rows = read(tmp_path, table("payTime", at))
    assert rows["pay_at"].to_list() == [datetime(2026, 11, 11, 8)]


def test_a_panic_of_polars_is_told_as_an_error_of_the_reader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def panics(*_: object) -> None:
        raise pl.exceptions.PanicException("王小明")

    monkeypatch.setattr("sources.readers.parts.stage", panics)
    with pytest.raises(ReadingBrokeError, match="broke with PanicException"):
        read(tmp_path, GOOD)


def test_an_error_of_the_reader_is_not_bad_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("王小明")

    monkeypatch.setattr("sources.readers.parts.stage", broken)
    with pytest.raises(
        ReadingBrokeError, match=r"broke with ZeroDivisionError at .*an error of Tongguan"
    ) as caught:
        read(tmp_path, GOOD)
    assert "王小明" not in "".join(traceback.format_exception(caught.value))
    assert not list((tmp_path / "parts").iterdir())
