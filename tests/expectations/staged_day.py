"""Tiny staged runs for the gate: a plain good document of a kind, changed field by field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from expectations.gate import GateReport, check
from sources.contracts import CONTRACTS, Field, Type
from sources.staging import ReadOutcome, save, staged_schema

OFFICES = ("4600", "4612")
DAY = date(2026, 1, 5)
AT = datetime(2026, 1, 5, 10)
_HEAD: dict[str, Any] = {
    "appType": "1", "appStatus": "2", "orderType": "I", "currency": "142", "fCurrency": "142",
    "iCurrency": "142", "fFlag": "3", "iFlag": "3", "country": "502", "customsCode": "4612",
    "portCode": "4604", "ieFlag": "I", "tradeMode": "1210", "trafMode": "5", "wrapType": "2",
    "buyerIdType": "1", "payerIdType": "1", "returnStatus": "120", "logisticsStatus": "S", "status": "1",
    "statisticsFlag": "A", "orderNo": "O1", "ebpCode": "4101000001", "ebcCode": "4101000002",
    "goodsValue": 100, "acturalPaid": "109.10", "taxTotal": "9.10", "amountPaid": "109.10", "freight": 0,
    "discount": 0, "grossWeight": "1.2", "netWeight": 1, "customsTax": 0, "valueAddedTax": "9.10",
    "consumptionTax": 0, "guid": "g", "invtNo": "46122026I000000001", "preNo": "B20260105000000001",
    "decState": "1", "manageResult": "1", "businessId": "B1", "ioTypecd": "I", "impexpMarkcd": "E",
    "dclPlcCuscd": "4612", "masterCuscd": "4612",
}  # fmt: skip
_ITEM: dict[str, Any] = {
    "gnum": 1, "qty": 2, "price": 50, "totalPrice": 100, "currency": "142", "country": "502", "unit": "011",
    "unit1": "011", "gcode": "3304990099", "taxPrice": 100, "customsTax": 0, "valueAddedTax": "9.10",
    "consumptionTax": 0, "qty1": 1, "invtNo": "46122026I000000001", "logisticsNo": "W1",
}  # fmt: skip


def _value(field: Field, known: Mapping[str, Any]) -> Any:
    if field.name in known:
        return known[field.name]
    if not field.mandatory:
        return None
    if field.type is Type.TIME:
        return AT
    if field.type is Type.DATE:
        return DAY
    if field.type is Type.TEXT:
        return "x" * (field.min_length or 4)
    return 1


def item(kind: str, **changes: Any) -> dict[str, Any]:
    """One good item; names are CEB names."""
    return {each.column: _typed(each, {**_ITEM, **changes}) for each in CONTRACTS[kind].items}


def document(
    kind: str,
    *,
    items: Sequence[dict[str, Any]] | None = None,
    findings: Sequence[tuple[str, str, str]] = (),
    **changes: Any,
) -> dict[str, Any]:
    """One good document as a staged row without its prefix; names are CEB names."""
    contract = CONTRACTS[kind]
    row = {each.column: _typed(each, {**_HEAD, **changes}) for each in contract.fields}
    if contract.items:
        row["items"] = [item(kind)] if items is None else list(items)
    row["findings"] = [dict(zip(("rule", "field", "detail"), each, strict=True)) for each in findings]
    return row


def _typed(field: Field, known: Mapping[str, Any]) -> Any:
    value = _value(field, known)
    return Decimal(str(value)) if field.type is Type.DECIMAL and value is not None else value


def stage(run_dir: Path, **rows: Sequence[dict[str, Any]]) -> Path:
    """Write the parts and outcomes.json of a run: kind=[documents], one file a kind."""
    (run_dir / "parts").mkdir(parents=True, exist_ok=True)
    outcomes = []
    for kind, documents in rows.items():
        contract, part = CONTRACTS[kind], f"parts/{kind.lower()}.parquet"
        prefixed = []
        for number, each in enumerate(documents, start=1):
            at = each[contract.business_column]
            day = at.date() if at else None
            prefix = {"file_hash": kind.lower(), "row_no": number, "line_no": number, "business_date": day}
            prefixed.append({**prefix, **each})
        pl.DataFrame(prefixed, schema=staged_schema(contract)).write_parquet(run_dir / part)
        outcomes.append(ReadOutcome(kind.lower(), "xml", kind, part, len(documents), len(documents)))
    save(outcomes, run_dir / "outcomes.json")
    return run_dir


def gate(run_dir: Path, con: duckdb.DuckDBPyConnection | None = None, **options: Any) -> GateReport:
    """Check a staged run for the test zone."""
    return check(con or duckdb.connect(), run_dir, OFFICES, **options)


def findings(run_dir: Path) -> list[tuple[str, str, int, str]]:
    """(kind, rule, row_no, field) of every finding, sorted."""
    frame = pl.read_parquet(run_dir / "findings.parquet")
    return sorted(frame.select("kind", "rule", "row_no", "field").rows())


def rejected(run_dir: Path) -> list[tuple[str, int, list[str]]]:
    """(kind, row_no, rules) of every rejected row."""
    return sorted(pl.read_parquet(run_dir / "rejected.parquet").select("kind", "row_no", "rules").rows())
