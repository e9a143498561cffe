"""The same documents in every format give the same staged rows, whatever the file is called."""

from __future__ import annotations

import base64
import gzip
import io
import json
import zipfile
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from openpyxl import Workbook
from read_helpers import KEY, NAMESPACE, as_csv, document, flat_rows, land, message, read

from sources.archives import ArchiveRefused, expand
from sources.contracts import CONTRACTS
from sources.readers import read_files
from sources.readers.recognise import layout
from sources.readers.refusal import RefusalError

DOCUMENTS = {
    "CEB621": [document("CEB621", 1, items=2), document("CEB621", 2, items=1)],
    "CEB622": [document("CEB622", 1), document("CEB622", 2)],
    "CEB311": [document("CEB311", 1, items=3, buyerName="王五", note="放行")],
    "CEB816": [document("CEB816", 1, items=1)],
}


def parquet(kind: str, rows: list[dict[str, object]]) -> bytes:
    out = io.BytesIO()
    pl.DataFrame(rows).with_columns(messageType=pl.lit(kind)).write_parquet(out)
    return out.getvalue()


def xlsx(rows: list[dict[str, str]]) -> bytes:
    book, out = Workbook(), io.BytesIO()
    sheet = book.active
    sheet.append(list(rows[0]))
    for row in rows:
        sheet.append(list(row.values()))
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize("kind", DOCUMENTS)
def test_every_format_gives_the_same_rows(kind: str, tmp_path: Path) -> None:
    documents = DOCUMENTS[kind]
    named = [{**row, "messageType": kind} for row in flat_rows(kind, documents)]
    lines = "\n".join(json.dumps({**each, "messageType": f"{kind}Message"}) for each in documents)
    flat_lines = "\n".join(json.dumps(each) for each in named)
    files: dict[str, bytes] = {
        "xml": message(kind, documents).encode(),
        "xml without prefix": message(kind, documents, prefix="").encode(),
        "xml in GB18030": message(kind, documents).replace("UTF-8", "GB18030").encode("gb18030"),
        "xml in UTF-16": message(kind, documents).replace("UTF-8", "UTF-16").encode("utf-16"),
        "csv": as_csv(named).encode(),
        "csv with mark": as_csv(named).encode("utf-8-sig"),
        "csv in GB18030, CR LF": as_csv(named).replace("\n", "\r\n").encode("gb18030"),
        "parquet": parquet(kind, documents),
        "flat parquet": parquet(kind, named),
        "jsonl": lines.encode(),
        "flat jsonl": flat_lines.encode(),
        "xlsx": xlsx(named),
    }
    expected = None
    for name, data in files.items():
        outcome, rows = read(tmp_path, data)
        assert outcome.refusal is None, name
        assert (outcome.kind, outcome.rows, outcome.unknown_fields) == (kind, len(documents), ()), name
        content = (outcome.amount_total, rows.drop("file_hash", "line_no").to_dicts())
        expected = expected or content
        assert content == expected, name


def test_a_document_by_hand(tmp_path: Path) -> None:
    made = document("CEB622", returnTime="20260615171556654", returnInfo="[Code:2600;Desc:放行]", copNo=None)
    outcome, rows = read(
        tmp_path, message("CEB622", [made, document("CEB622", 2, returnTime="20260616000000")])
    )
    assert (outcome.format, outcome.kind, outcome.rows, outcome.lines) == ("xml", "CEB622", 2, 2)
    first, second = rows.to_dicts()
    assert first["return_at"] == datetime(2026, 6, 15, 17, 15, 56, 654000)
    assert (first["business_date"], second["business_date"]) == (date(2026, 6, 15), date(2026, 6, 16))
    assert (first["return_info"], first["cop_no"], first["findings"]) == ("[Code:2600];放行", None, [])
    assert (first["row_no"], first["line_no"], second["line_no"]) == (1, 3, 6)


def test_control_total_is_exact(tmp_path: Path) -> None:
    documents = [document("CEB311", at, acturalPaid=f"{at}.00001") for at in range(1, 4)]
    outcome, _ = read(tmp_path, message("CEB311", documents))
    assert outcome.amount_total == Decimal("6.00003")
    outcome, _ = read(tmp_path, message("CEB621", [document("CEB621", items=3)]))
    assert outcome.amount_total == Decimal("7.5")  # 1.50 + 2.50 + 3.50


def test_plain_and_walked_xml_are_the_same(tmp_path: Path) -> None:
    documents = [document("CEB621", at, items=2, ebcName="甲 & 乙 <丙>") for at in range(1, 4)]
    plain = message("CEB621", documents)
    noted = plain.replace("</ceb:Inventory>", "</ceb:Inventory><!-- a note -->", 1)
    wrapped = plain.replace("甲 &amp; 乙 &lt;丙&gt;", "<![CDATA[甲 & 乙 <丙>]]>")
    arrow = plain.replace("&gt;", ">")
    (_, first), *others = [read(tmp_path, each) for each in (plain, noted, wrapped, arrow)]
    assert first["ebc_name"].to_list() == ["甲 & 乙 <丙>"] * 3
    for _, rows in others:
        assert rows.drop("file_hash").equals(first.drop("file_hash"))


def test_unknown_elements_are_named_and_mixed_text_is_no_value(tmp_path: Path) -> None:
    text = message("CEB816", [document("CEB816", customsTax="1.5")])
    text = text.replace(
        "<ceb:customsTax>1.5</ceb:customsTax>", "<ceb:customsTax>1.5</ceb:customsTax> 应征关税", 1
    )
    text = text.replace("<ceb:TaxHeadRd>", "<ceb:TaxHeadRd><ceb:novelty>x</ceb:novelty>")
    outcome, rows = read(tmp_path, text)
    assert outcome.unknown_fields == ("novelty",)
    assert rows["customs_tax"].to_list() == [Decimal("1.5")]


def test_an_element_given_twice_is_noticed(tmp_path: Path) -> None:
    text = message("CEB622", [document("CEB622"), document("CEB622", 2)])
    text = text.replace("<ceb:preNo>preNo1</ceb:preNo>", "<ceb:preNo>A</ceb:preNo><ceb:preNo>B</ceb:preNo>")
    _, rows = read(tmp_path, text)
    assert rows["pre_no"].to_list() == ["A", "preNo2"]
    assert rows["findings"].to_list()[0] == [
        {"rule": "P1", "field": "preNo", "detail": "(given twice with different values)"}
    ]


def test_envelopes_in_envelopes(tmp_path: Path) -> None:
    inner = base64.b64encode(message("CEB622", [document("CEB622")]).encode()).decode()
    dxp = (
        '<DxpMsg ver="1.0" xmlns="http://www.chinaport.gov.cn/dxp"><TransInfo><MsgType>CEB622Message</MsgType>'
        f"</TransInfo><Data>{inner}</Data></DxpMsg>"
    )
    outer = f"<GzeportTransfer><Head/><Data>\n{base64.b64encode(dxp.encode()).decode()}\n</Data></GzeportTransfer>"
    for text in (dxp, outer):
        outcome, rows = read(tmp_path, text)
        assert (outcome.kind, outcome.rows, rows["guid"].to_list()) == ("CEB622", 1, ["guid1"])


def test_a_gate_receipt_takes_the_audit_result_first(tmp_path: Path) -> None:
    text = """<?xml version="1.0"?><Package xmlns="http://www.w3.org/2000/09/xmldsig#"><EnvelopInfo>
    <message_id>M1</message_id><message_type>SAS223</message_type></EnvelopInfo><DataInfo><BussinessData><SAS223>
    <HdeApprResult><manageResult>1</manageResult><manageDate>2019-01-31 23:59:59</manageDate></HdeApprResult>
    <SasPassportBsc><passportNo>Z1</passportNo><ioTypecd>E</ioTypecd><rltNo>QD1</rltNo><vehicleNo>A1</vehicleNo>
    <passTime>2019-01-28 16:01:31</passTime><secdPassTime>
    </secdPassTime></SasPassportBsc></SAS223></BussinessData></DataInfo></Package>"""
    outcome, rows = read(tmp_path, text)
    row = rows.to_dicts()[0]
    assert (outcome.kind, row["passport_no"], row["rlt_no"], row["message_id"]) == (
        "SAS223",
        "Z1",
        "QD1",
        "M1",
    )
    assert (row["pass_at"], row["secd_pass_at"]) == (datetime(2019, 1, 28, 16, 1, 31), None)
    assert (row["business_date"], row["vehicle_no_digest"]) == (date(2019, 1, 28), "present")


def test_truth_and_manifest_are_no_extracts(tmp_path: Path) -> None:
    for text, form in (
        ('{"tongguan_truth": 1, "rows": 2}', "truth"),
        ('{\n "files": [\n {"name": "a", "sha256": "b"}]}', "manifest"),
    ):
        outcome, _ = read(tmp_path, text)
        assert (outcome.format, outcome.kind, outcome.refusal) == (form, None, None)


def test_a_refused_file_does_not_stop_the_others(tmp_path: Path) -> None:
    good = land(tmp_path, message("CEB622", [document("CEB622")]).encode())
    bad = land(tmp_path, b"<cut")
    calls: list[tuple[int, int]] = []
    outcomes = read_files([bad, good], tmp_path / "parts", KEY, progress=lambda *at: calls.append(at))
    assert [each.file_hash for each in outcomes] == [bad.file_hash, good.file_hash]
    assert [each.refusal is None for each in outcomes] == [False, True]
    assert calls == [(1, 2), (2, 2)]


def test_several_processes_give_what_one_gives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = [land(tmp_path, message(kind, DOCUMENTS[kind]).encode()) for kind in DOCUMENTS]
    alone = read_files(files, tmp_path / "alone", KEY, workers=1)
    monkeypatch.setattr("sources.readers.pool.SMALL_BYTES", 0)
    together = read_files(files, tmp_path / "together", KEY, workers=2)
    for one, other in zip(alone, together, strict=True):
        assert one.part and other.part
        assert pl.read_parquet(one.part).equals(pl.read_parquet(other.part))


def test_archives_give_their_members(tmp_path: Path) -> None:
    (tmp_path / "into").mkdir()
    packed = tmp_path / "a"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("sub/一.csv", "a,b\n")
        archive.writestr("../../evil.csv", "c")
        archive.writestr("__MACOSX/x", "")
    members = [(name, path.read_text(), path.parent) for name, path in expand(packed, tmp_path / "into")]
    assert [each[:2] for each in members] == [("sub/一.csv", "a,b\n"), ("evil.csv", "c")]
    assert {each[2] for each in members} == {tmp_path / "into"}
    packed.write_bytes(gzip.compress(b"text"))
    assert [path.read_bytes() for _, path in expand(packed, tmp_path / "into")] == [b"text"]
    for bad in (
        gzip.compress(gzip.compress(b"x")),
        gzip.compress(b"text" * 99)[:-9],
        gzip.compress(bytes(2**26)),
    ):
        packed.write_bytes(bad)
        with pytest.raises(ArchiveRefused):
            list(expand(packed, tmp_path / "into"))


def test_every_kind_is_recognised_or_ambiguous_by_name() -> None:
    """Full headers decide the kind, or the refusal names the kinds and asks for messageType."""
    ambiguous = set()
    for kind, contract in CONTRACTS.items():
        row = flat_rows(kind, [document(kind)])[0]
        assert layout(row, kind).contract is contract
        try:
            assert layout(row, None).contract is contract
        except RefusalError as error:
            assert error.refusal.rule == "F5"
            assert kind in error.refusal.message
            assert "messageType" in error.refusal.message
            ambiguous.add(kind)
    assert ambiguous == {"CEB312", "CEB304", "CEB512", "CEB506", "CEB622", "CEB624", "CEB626"}


def test_namespace_of_the_helpers() -> None:
    assert all(each.namespace in (NAMESPACE, "") for each in CONTRACTS.values())
