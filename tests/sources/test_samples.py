"""Every published sample is read completely, counted independently, or refused with rule, line and reason."""

from __future__ import annotations

import base64
import csv
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from pathlib import Path

import polars as pl
import pytest
from lxml import etree

from sources.contracts import CONTRACTS, Type
from sources.readers import read_files
from sources.staging import LandedFile

SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "samples"
pytestmark = [
    pytest.mark.samples,
    pytest.mark.skipif(not SAMPLES.is_dir(), reason="no ../shared/samples here"),
]
FILES = sorted(path for path in SAMPLES.rglob("*") if path.is_file())
#: What is known and not loaded: file name -> (rule, part of the reason).
REFUSED = {
    "README.md": ("F4", "no CSV extract"),
    "tpl_verification_list_body_1210.csv": ("F4", "核注清单表体"),
    "receipt_invt_entry_generated.xml": ("F4", "INV202"),
    "receipt_invt_processed.xml": ("F4", "transport answer"),
    "receipt_passport_processed.xml": ("F4", "transport answer"),
    "CheckGoodsInfo.xml": ("F4", "local picking message"),
    "DxpMsg_template.xml": ("F1", "template"),
    "SzcportTransfer_template.xml": ("F1", "template"),
    "SzcportDataResource.xsd": ("F4", "schema"),
}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_sample(path: Path, tmp_path: Path) -> None:
    landed = LandedFile("h", str(path), ("unnamed",), path.stat().st_size, "samples")
    (outcome,) = read_files([landed], tmp_path, b"key")
    if path.name in REFUSED:
        rule, reason = REFUSED[path.name]
        assert outcome.refusal is not None
        assert (outcome.refusal.rule, outcome.refusal.line is not None) == (rule, True)
        assert reason in outcome.refusal.message
        return
    assert outcome.refusal is None
    assert outcome.part is not None
    rows = pl.read_parquet(outcome.part)
    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as handle:
            records = list(csv.DictReader(handle))
        keys = ("订单编号", "物流运单编号") if "物流企业代码" in records[0] else ("订单编号", "支付交易编码")
        assert outcome.lines == len(records)
        assert outcome.rows == rows.height == len({tuple(each.get(key) for key in keys) for each in records})
        if CONTRACTS[outcome.kind].items:
            assert rows["items"].list.len().sum() == len(records)
        return
    documents = _documents(path)
    assert outcome.rows == rows.height == len(documents)
    for number, (head, items) in enumerate(documents):
        _same(rows.row(number, named=True), head, items, outcome.kind or "")


def _documents(path: Path) -> list[tuple[dict[str, str], list[dict[str, str]]]]:
    """Heads and items by plain lxml and the element names of the message tables."""
    tree = etree.parse(str(path)).getroot()
    if etree.QName(tree).localname == "GzeportTransfer":
        tree = etree.fromstring(base64.b64decode(tree.findtext("Data")))
    found = []
    for node in tree.iter("{*}*"):
        name = etree.QName(node).localname
        kind = next(
            (
                each
                for each in CONTRACTS.values()
                if each.node == name and node.getparent() is not None and _is(tree, each.root)
            ),
            None,
        )
        if kind is None or any(etree.QName(up).localname == name for up in node.iterancestors()):
            continue
        heads = [node] if kind.head is None else node.findall(f"{{*}}{kind.head}")
        head: dict[str, str] = {}
        for leaf in (leaf for each in heads for leaf in each.iter("{*}*") if not len(leaf)):
            head.setdefault(etree.QName(leaf).localname, (leaf.text or "").strip())
        items = node.findall(f"{{*}}{kind.items_node}") if kind.items_node else []
        found.append(
            (
                head,
                [{etree.QName(leaf).localname: (leaf.text or "").strip() for leaf in item} for item in items],
            )
        )
    return found


def _is(tree: etree._Element, root: str) -> bool:
    named = tree.find(".//{*}message_type")
    return (etree.QName(tree).localname if named is None else (named.text or "").strip()) == root


def _same(row: dict[str, object], head: dict[str, str], items: list[dict[str, str]], kind: str) -> None:
    contract = CONTRACTS[kind]
    for field in contract.fields:
        texts = [head[name] for name in (field.name, *field.aliases) if head.get(name)]
        value = row[field.column]
        if field.name in ("messageId", "sendTime"):
            assert value is not None or kind == "INV201"
        elif not texts:
            assert value is None, field.name
        elif field.personal:
            assert value is not None
        elif field.type is Type.DECIMAL:
            assert value == _number(texts[0]), field.name
        elif field.type is Type.TEXT:
            assert value == texts[0], field.name
        else:
            digits = "".join(each for each in texts[0] if each.isdigit())
            shown = "".join(each for each in str(value) if each.isdigit())
            assert shown.startswith(digits[: len(shown)]) or value is None, field.name
    if contract.items:
        nested = row["items"]
        assert isinstance(nested, list)
        assert len(nested) == len(items)
        for made, item in zip(nested, items, strict=True):
            for field in contract.items:
                if field.type is Type.DECIMAL:
                    assert made[field.column] == _number(item.get(field.name, "")), field.name


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text).quantize(Decimal("0.00001"), ROUND_HALF_UP)
    except InvalidOperation:
        return None


def test_the_deliberate_faults_of_the_templates_are_noticed(tmp_path: Path) -> None:
    noticed = set()
    for path in sorted((SAMPLES / "excel_templates_as_csv").glob("*.csv")):
        landed = LandedFile(path.name, str(path), ("unnamed",), path.stat().st_size, "samples")
        (outcome,) = read_files([landed], tmp_path, b"key")
        if outcome.part is None:
            continue
        flat = pl.read_parquet(outcome.part).select("findings").explode("findings").unnest("findings")
        noticed |= {
            (path.stem.removeprefix("tpl_"), *each) for each in flat.select("rule", "field").unique().rows()
        }
    assert ("payment_import", "P1", "payTime") in noticed
    assert ("payment_import", "P4", "ebpCode") in noticed
    assert ("order_import_9610", "P3", "items.totalPrice") in noticed
    assert ("list_import_9610", "P3", "grossWeight") in noticed
    assert not any(rule == "P6" for _, rule, _ in noticed)  # 匹, 头, 千克 are in the unit list
