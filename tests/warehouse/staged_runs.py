"""Small staged runs for the warehouse tests: documents as dicts in, a run's folder out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from sources.contracts import CONTRACTS, Contract
from sources.staging import LandedFile, ReadOutcome, Refusal, save, staged_schema
from warehouse import Home, Lake, documents

LOADED = datetime(2026, 11, 12, 1)
Row = Mapping[str, Any]


def at(text: str) -> datetime:
    """`11 08:30` is a time of November 2026."""
    return datetime.strptime(f"2026-11-{text}", "%Y-%m-%d %H:%M")


def total(contract: Contract, row: Row) -> Decimal:
    """The control total, computed the plain way."""
    money = Decimal(0)
    for each in contract.amounts:
        if each.startswith("items."):
            column = contract.item(each.removeprefix("items.")).column
            money += sum((item[column] or 0 for item in row.get("items") or []), Decimal(0))
        else:
            money += row.get(contract[each].column) or 0
    return money


class Stage:
    """A run's folder under construction: add files, then commit."""

    def __init__(self, home: Home, run_id: str, zone: str = "zhengzhou") -> None:
        self.home, self.run_id, self.zone = home, run_id, zone
        home.prepare()
        self.dir = home.staging / run_id
        (self.dir / "parts").mkdir(parents=True)
        self.landed: list[LandedFile] = []
        self.outcomes: list[ReadOutcome] = []
        self.rejected: list[dict[str, Any]] = []
        self.findings: list[dict[str, Any]] = []

    def file(
        self, name: str, kind: str, rows: Sequence[Row], reject: Mapping[int, Sequence[str]] | None = None
    ) -> str:
        """Stage a file of documents; `reject` maps row numbers (from 1) to the rules they break."""
        contract = CONTRACTS[kind]
        digest = self._land(f"{name} {kind} {rows}".encode(), name)
        full = []
        for number, row in enumerate(rows, 1):
            time = row.get(contract.business_column)
            full.append(
                {
                    "file_hash": digest,
                    "row_no": number,
                    "line_no": number * 10,
                    "business_date": time.date() if time else None,
                    "findings": row.get("findings", []),
                    **{column: row.get(column) for column in contract.schema},
                }
            )
        schema = staged_schema(contract)
        part = self.dir / "parts" / f"{digest}.parquet"
        pl.DataFrame(full, schema=schema).select(*schema).write_parquet(part)
        amount = sum((total(contract, row) for row in rows), Decimal(0))
        self.outcomes.append(ReadOutcome(digest, "xml", kind, str(part), len(rows), len(rows), amount))
        for number, rules in (reject or {}).items():
            self.rejected.append({"kind": kind, "file_hash": digest, "row_no": number, "rules": list(rules)})
        return digest

    def refused(self, name: str, rule: str, line: int | None = None) -> str:
        digest = self._land(name.encode(), name)
        self.outcomes.append(ReadOutcome(digest, "xml", None, refusal=Refusal(rule, "not well-formed", line)))
        return digest

    def _land(self, content: bytes, name: str) -> str:
        digest = hashlib.sha256(content).hexdigest()
        path = self.home.landing / digest[:2] / digest
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        self.landed.append(LandedFile(digest, str(path), (name,), len(name), "inbox"))
        return digest

    def write(self) -> Path:
        save(self.landed, self.dir / "landed.json")
        save(self.outcomes, self.dir / "outcomes.json")
        text, number = pl.String(), pl.Int64()
        keys = {"kind": text, "file_hash": text, "row_no": number}
        pl.DataFrame(self.rejected, schema={**keys, "rules": pl.List(text)}).write_parquet(
            self.dir / "rejected.parquet"
        )
        found = {
            **keys,
            **dict.fromkeys(["rule", "severity", "business_key", "field", "detail"], text),
            "line_no": number,
        }
        pl.DataFrame(self.findings, schema=found).write_parquet(self.dir / "findings.parquet")
        (self.dir / "validations.json").write_text(json.dumps([]))
        return self.dir

    def commit(self, lake: Lake, loaded_at: datetime = LOADED) -> documents.CommitSummary:
        return documents.commit(lake, self.home, self.zone, self.run_id, self.write(), loaded_at)


def order(number: str, time: str = "11 08:00", paid: str = "100.00", **more: Any) -> dict[str, Any]:
    """An import order."""
    return {
        "guid": f"O-{number}",
        "app_type": "1",
        "app_at": at(time),
        "order_no": number,
        "ebp_code": "EBP1",
        "ebc_code": "EBC1",
        "actural_paid": Decimal(paid),
        **more,
    }


def import_list(
    number: str, time: str = "11 08:05", prices: Sequence[str] = ("60.00", "40.00"), **more: Any
) -> dict[str, Any]:
    """An import list with one item a price."""
    return {
        "guid": f"L-{number}",
        "app_type": "1",
        "app_at": at(time),
        "order_no": number,
        "ebp_code": "EBP1",
        "ebc_code": "EBC1",
        "agent_code": "AG1",
        "cop_no": f"C-{number}",
        "logistics_code": "LC1",
        "logistics_no": f"W-{number}",
        "customs_code": "4604",
        "trade_mode": "1210",
        "items": [_item(gnum, price) for gnum, price in enumerate(prices, 1)],
        **more,
    }


def _item(gnum: int, price: str) -> dict[str, Any]:
    blank = dict.fromkeys(each.column for each in CONTRACTS["CEB621"].items)
    return {**blank, "gnum": gnum, "total_price": Decimal(price)}


def receipt(number: str, status: str, time: str, **more: Any) -> dict[str, Any]:
    """A list receipt."""
    return {
        "guid": f"L-{number}",
        "agent_code": "AG1",
        "cop_no": f"C-{number}",
        "return_status": status,
        "return_at": at(time),
        "return_info": f"[Code:{status}]",
        **more,
    }
