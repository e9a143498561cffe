"""No clear personal value leaves the reader: not in parts, not in outcomes, not in messages."""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path

import polars as pl
import pytest
from read_helpers import KEY, as_csv, document, findings, flat_rows, message, read

from sources import phrases, privacy
from sources.contracts import CONTRACTS, Personal

ID = "110101190001010014"
CLEAR = {
    Personal.ID: ID,
    Personal.NAME: "王小明",
    Personal.PHONE: "13812345678",
    Personal.ADDRESS: "河南省郑州市测试路88号",
    Personal.ACCOUNT: "wang_xiaoming@example.com",
    Personal.FREE_TEXT: f"[Code:1800;Desc:逻辑校验通过] 王小明 13812345678 {ID} 运单信息不存在",
}


def filled(kind: str) -> dict[str, object]:
    contract = CONTRACTS[kind]
    made = document(kind, **{each.name: CLEAR[each.personal] for each in contract.fields if each.personal})
    for item in made.get("items", []):
        item.update({each.name: CLEAR[each.personal] for each in contract.items if each.personal})
    return made


def holds_clear_value(data: bytes | str) -> list[str]:
    raw = data.encode() if isinstance(data, str) else data
    words = ["王小明", "13812345678", ID, "测试路", "wang_xiaoming", "12345678"]
    return [word for word in words if word.encode() in raw]


@pytest.mark.parametrize("kind", [kind for kind, each in CONTRACTS.items() if each.namespace])
def test_no_clear_value_in_any_part(kind: str, tmp_path: Path) -> None:
    made = filled(kind)
    rows = [{**row, "messageType": kind} for row in flat_rows(kind, [made])]
    for data in (
        message(kind, [made]),
        as_csv(rows),
        json.dumps({**made, "messageType": kind}, ensure_ascii=False),
    ):
        outcome, staged = read(tmp_path, data)
        assert outcome.part is not None
        # The staged text, and the bytes of a part written without compression.
        staged.write_parquet(tmp_path / "plain.parquet", compression="uncompressed")
        assert holds_clear_value((tmp_path / "plain.parquet").read_bytes()) == []
        assert holds_clear_value(json.dumps(staged.to_dicts(), default=str, ensure_ascii=False)) == []
        assert holds_clear_value(str(outcome)) == []


def test_clear_values_in_wrong_places(tmp_path: Path) -> None:
    """In amounts, times, codes and the header of a file without one."""
    wrong = document(
        "CEB411",
        amountPaid="13812345678x",
        payTime=ID,
        ebpCode="13812345678",
        payCode=ID.replace("4", "X", 0),
    )
    outcome, staged = read(tmp_path, message("CEB411", [wrong]))
    assert holds_clear_value(json.dumps(staged.to_dicts(), default=str)) == []
    assert holds_clear_value(str(outcome)) == []
    row = staged.row(0, named=True)
    phone = hmac.digest(KEY, b"phone:13812345678", "sha256").hex()
    person = hmac.digest(KEY, f"id:{ID}".encode(), "sha256").hex()
    assert (row["ebp_code"], row["pay_code"]) == (f"pii:{phone[:16]}", f"pii:{person[:16]}")
    assert {each[1] for each in findings(staged)} == {"P1", "P4"}
    assert {each[3] for each in findings(staged)} == {"(hidden)"}


def test_digest_is_hmac_sha256() -> None:
    for key in (b"k", b"k" * 64, b"k" * 65):
        expected = hmac.new(key, "name:张三".encode(), hashlib.sha256).hexdigest()[:32]
        assert privacy.digester(key)(Personal.NAME, ["张三"]) == [expected]
    with pytest.raises(ValueError, match="TONGGUAN_PII_KEY"):
        privacy.digester(b"")


@pytest.mark.parametrize(
    ("field", "one", "other", "same"),
    [
        ("buyerIdNumber", "11010119000101001x", "11010119000101001X", True),
        ("buyerIdNumber", "１１０１０１19000101001X", "11010119000101001X", True),
        ("buyerTelephone", "+86 138-1234-5678", "13812345678", True),
        ("buyerTelephone", "8613812345678", "13812345678", True),
        ("buyerTelephone", "0371-65912345", "037165912345", True),
        ("buyerTelephone", "13812345678", "13812345679", False),
        ("buyerTelephone", "无", "none", False),
        ("buyerName", "张 三", "张三", True),
        ("buyerName", "张三", "李四", False),
        ("consigneeAddress", "河南省 郑州市　测试路１号", "河南省郑州市测试路1号", True),
    ],
)
def test_what_is_equal_for_comparison(field: str, one: str, other: str, same: bool, tmp_path: Path) -> None:
    documents = [document("CEB311", 1, **{field: one}), document("CEB311", 2, **{field: other})]
    _, rows = read(tmp_path, message("CEB311", documents))
    first, second = rows[CONTRACTS["CEB311"][field].column].to_list()
    assert len(first) == len(second) == 32
    assert (first == second) is same


def test_equal_across_documents_but_not_across_classes_or_keys(tmp_path: Path) -> None:
    _, order = read(tmp_path, message("CEB311", [document("CEB311", buyerIdNumber=ID, buyerName=ID)]))
    _, payment = read(tmp_path, as_csv(flat_rows("CEB411", [document("CEB411", payerIdNumber=ID)])))
    assert order["buyer_id_number_digest"].to_list() == payment["payer_id_number_digest"].to_list()
    assert order["buyer_id_number_digest"].to_list() != order["buyer_name_digest"].to_list()
    other = privacy.digester(b"another key")(Personal.ID, [ID])
    assert order["buyer_id_number_digest"].to_list() != other


def test_masked_present_and_empty(tmp_path: Path) -> None:
    made = document(
        "CEB311", buyerIdNumber="445***********3731", buyerName="", buyerRegNo="x", consigneeDistrict=""
    )
    _, rows = read(tmp_path, message("CEB311", [made]))
    row = rows.row(0, named=True)
    assert row["buyer_id_number_digest"] == "masked"
    assert (row["buyer_name_digest"], row["consignee_district_digest"]) == (None, None)
    assert row["buyer_reg_no_digest"] == "present"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("[Code:2600;Desc:放行]", "[Code:2600];放行"),
        ("[Code:1800;Desc:逻辑校验通过]", "[Code:1800];逻辑校验通过"),
        ("[Code:9;Desc:王小明]", "[Code:9]"),
        ("王小明的运单信息不存在", "运单信息不存在"),
        ("支付信息不存在,订单信息不存在", "支付信息不存在;订单信息不存在"),
        ("王小明", "other text"),
    ],
)
def test_free_text_keeps_known_phrases_only(text: str, kept: str) -> None:
    assert phrases.known(text) == kept
    assert phrases.kept(pl.Series([text, None, text])).to_list() == [kept, None, kept]
