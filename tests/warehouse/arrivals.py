"""Files of small records on their way into a lake: through the real landing and commit, read by a plain reader."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
from staged_runs import LOADED, at, import_list, order, receipt, total

from sources.contracts import CONTRACTS
from sources.staging import ReadOutcome, save, staged_schema
from warehouse import Lake, documents, landing

ORDER, PAYMENT, LIST, RECEIPT = "CEB311", "CEB411", "CEB621", "CEB622"
KINDS = (ORDER, PAYMENT, LIST, RECEIPT)
STATUSES = ("120", "800", "899")


class Record(NamedTuple):
    """One document, told by little: what it is about, when it was sent, which of its contents it has."""

    kind: str
    number: int
    time: int
    variant: int = 0
    deletes: bool = False
    broken: bool = False

    @property
    def at(self) -> datetime:
        """Times lie some days apart, so that the later ones restate dates long past."""
        return at("01 08:00") + timedelta(days=4 * (self.time // 2), minutes=self.time)

    @property
    def app_type(self) -> str:
        return "3" if self.deletes else "1"

    @property
    def amount(self) -> Decimal:
        """Control total."""
        return Decimal({ORDER: 100, PAYMENT: 200, LIST: 60, RECEIPT: 0}[self.kind]) + (
            self.variant if self.kind != RECEIPT else 0
        )

    @property
    def paid_for(self) -> int:
        """A payment may move to another order of its history."""
        history, number = divmod(self.number, 10)
        return 10 * history + (number if self.variant < 2 else number % 3 + 1)

    def of_history(self, history: int) -> Record:
        """The same document of another history: no two share an order."""
        return self._replace(number=10 * history + self.number)

    @property
    def status(self) -> str:
        return STATUSES[self.variant]

    def row(self) -> dict[str, Any]:
        """The document in the columns of its contract."""
        number, sent = str(self.number), {"app_type": self.app_type, "app_at": self.at}
        if self.kind == ORDER:
            return {**order(number, paid=str(self.amount)), **sent, "currency": "142"}
        if self.kind == LIST:
            return {**import_list(number, prices=[str(self.amount)]), **sent, "currency": "142"}
        if self.kind == RECEIPT:
            return {**receipt(number, self.status, "01 08:00"), "return_at": self.at}
        return {
            **sent,
            "pay_code": "P",
            "pay_transaction_id": f"T{number}",
            "ebp_code": "EBP1",
            "order_no": str(self.paid_for),
            "pay_at": self.at,
            "amount_paid": self.amount,
            "currency": "142",
        }


@dataclass(frozen=True)
class File:
    """Bytes of records of one kind; the same records in the same order are the same bytes."""

    kind: str
    records: tuple[Record, ...]

    @property
    def bytes(self) -> bytes:
        return json.dumps([self.kind, *self.records]).encode()

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.bytes).hexdigest()


class Inbox:
    """Delivers files under names; every delivery is a run of its own."""

    def __init__(self, lake: Lake, zone: str) -> None:
        self.lake, self.zone = lake, zone
        self.runs = 0

    def deliver(self, files: Sequence[tuple[str, File]]) -> list[tuple[str, File]]:
        """Land, read and commit; gives the files that were new."""
        self.runs += 1
        run_id = f"{self.zone}-{self.runs}"
        inbox, run_dir = self.lake.home.scratch / f"in-{run_id}", self.lake.home.staging / run_id
        for folder in (inbox, run_dir):
            folder.mkdir(parents=True)
        for name, file in files:
            (inbox / name).write_bytes(file.bytes)
        landed = landing.land(self.lake.home, [inbox], "inbox", self.lake, zone=self.zone)
        by_digest = {file.digest: file for _, file in files}
        new = [each for each in landed if not each.known]
        parts = {
            kind: self._part(run_dir, kind, [by_digest[each.file_hash] for each in new]) for kind in KINDS
        }
        outcomes = []
        for each in new:
            file = by_digest[each.file_hash]
            part = parts.pop(file.kind, None)  # the rows of all files of a kind lie in one part
            outcomes.append(self._outcome(each.file_hash, file, part))
        save(landed, run_dir / "landed.json")
        save(outcomes, run_dir / "outcomes.json")
        self._judge(run_dir, [by_digest[each.file_hash] for each in new])
        loaded_at = LOADED + timedelta(hours=self.runs)
        documents.commit(self.lake, self.lake.home, self.zone, run_id, run_dir, loaded_at)
        return [(each.names[0], by_digest[each.file_hash]) for each in new]

    def _part(self, run_dir: Path, kind: str, files: Sequence[File]) -> str:
        """Stage the rows of all files of one kind together; a part each would cost a hundred times as much."""
        contract = CONTRACTS[kind]
        rows = [
            {
                **dict.fromkeys(contract.schema),
                **record.row(),
                "file_hash": file.digest,
                "row_no": number,
                "line_no": number,
                "business_date": record.at.date(),
                "findings": [],
            }
            for file in files
            if file.kind == kind
            for number, record in enumerate(file.records, 1)
        ]
        schema = staged_schema(contract)
        part = run_dir / f"{kind}.parquet"
        pl.DataFrame(rows, schema=schema).select(*schema).write_parquet(part, compression="uncompressed")
        return str(part)

    def _outcome(self, digest: str, file: File, part: str | None) -> ReadOutcome:
        contract = CONTRACTS[file.kind]
        amount = sum((total(contract, record.row()) for record in file.records), Decimal(0))
        count = len(file.records)
        return ReadOutcome(digest, "jsonl", file.kind, part, count, count, amount)

    def _judge(self, run_dir: Path, files: Sequence[File]) -> None:
        """What the gate leaves: broken records are set aside, nothing else is found."""
        keys = {"kind": pl.String(), "file_hash": pl.String(), "row_no": pl.Int64()}
        rejected = [
            (file.kind, file.digest, number, ["P1"])
            for file in files
            for number, record in enumerate(file.records, 1)
            if record.broken
        ]
        schema = {**keys, "rules": pl.List(pl.String())}
        pl.DataFrame(rejected, schema=schema, orient="row").write_parquet(run_dir / "rejected.parquet")
        texts = dict.fromkeys(["rule", "severity", "business_key", "field", "detail"], pl.String())
        empty = pl.DataFrame(schema={**keys, **texts, "line_no": pl.Int64()})
        empty.write_parquet(run_dir / "findings.parquet")
        (run_dir / "validations.json").write_text("[]")


def stored(lake: Lake, zone: str) -> dict[str, Counter[tuple[Any, ...]]]:
    """The stored versions of each kind, as tuples of what tells records apart."""
    columns = {
        ORDER: "order_no, app_at, app_type, actural_paid",
        PAYMENT: "pay_transaction_id, app_at, app_type, amount_paid",
        LIST: "order_no, app_at, app_type, items[1].total_price",
        RECEIPT: "guid, return_at, return_status, 0",
    }
    return {
        kind: Counter(
            lake.con.execute(
                f"SELECT {columns[kind]} FROM wh.documents.{CONTRACTS[kind].table} WHERE zone = '{zone}'"
            ).fetchall()
        )
        for kind in KINDS
    }


def as_stored(record: Record) -> tuple[Any, ...]:
    """A record as `stored` gives it."""
    prefix = {ORDER: "", PAYMENT: "T", LIST: "", RECEIPT: "L-"}[record.kind]
    told = record.status if record.kind == RECEIPT else record.app_type
    amount = 0 if record.kind == RECEIPT else record.amount
    return (f"{prefix}{record.number}", record.at, told, amount)
