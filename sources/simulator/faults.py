"""The faults a simulation can be asked for, and the documents they fall on.

A rate is a share of documents, of lists (missing_payment, amount_mismatch) or of files (wrong_encoding,
truncated_file). Of a copy, a delay, a malformed row, a vanishing and a rewritten time at most one falls on a document;
a masked identity and an amount that differs may come on top of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from sources.contracts import CONTRACTS, Contract, Type
from sources.simulator.chance import Chance, Flags, Ids, Ints

#: Name -> what happens.
FAULTS = {
    "missing_payment": "the payment of a list never comes",
    "amount_mismatch": "the payment differs from what the order says was paid (rule A2)",
    "duplicate": "the same document comes again in another file",
    "late": "a document comes one to three days after its time",
    "masked_identity": "the identity number is masked with asterisks",
    "malformed": "a value does not parse, or a key is missing: the row is quarantined",
    "vanished": "a list is missing when its file is delivered again with other bytes",
    "rewritten_time": "a release is told again with an earlier time",
    "wrong_encoding": "a file holds bytes that are no text: it is refused",
    "truncated_file": "a file is cut short: it is refused",
}
#: At most one of these falls on a document of any kind, or in their place one that falls on some kinds only.
_EITHER = ("duplicate", "late", "malformed")
#: How a malformed row is broken; 0 is not at all.
KEY, TIME, AMOUNT = 1, 2, 3
_MASKED = {"CEB311": "buyerIdNumber", "CEB411": "payerIdNumber", "CEB621": "buyerIdNumber"}
_LISTS = ("CEB621", "CEB603")
_RECEIPTS = ("CEB622", "CEB604")
_KEYS = ("orderNo", "invtNo", "logisticsNo", "payTransactionId", "copNo", "taxNo", "guid")


class FaultError(ValueError):
    """A fault name or rate that cannot be used; the text lists the names there are."""


@dataclass
class Record:
    """What a fault fell on."""

    count: int = 0
    keys: list[str] = field(default_factory=list)


def checked(faults: Mapping[str, float]) -> dict[str, float]:
    """The faults asked for, or FaultError."""
    for name, rate in faults.items():
        if name not in FAULTS:
            raise FaultError(f"no fault {name!r}; there are: {', '.join(sorted(FAULTS))}")
        if not 0 <= rate <= 1:
            raise FaultError(f"the rate of fault {name} is {rate}; it must be a share between 0 and 1")
    for last in ("vanished", "rewritten_time"):  # these two fall on different kinds
        if (together := sum(faults.get(each, 0) for each in (*_EITHER, last))) > 1:
            named = ", ".join(each for each in (*_EITHER, last) if faults.get(each))
            raise FaultError(
                f"the rates of {named} add up to {together:g}; at most one of these falls on a document, so they must "
                "not add up to more than 1"
            )
    return {name: float(rate) for name, rate in faults.items() if rate > 0}


def broken_key(contract: Contract) -> str:
    """The key field that a malformed row lacks."""
    return next((each for each in _KEYS if each in contract.key), contract.key[0])


def broken_amount(contract: Contract) -> str | None:
    """The money field of the head that a malformed row holds no number in."""
    return next((each for each in contract.amounts if not each.startswith("items.")), None)


@dataclass(frozen=True)
class Marks:
    """Faults of each document of a batch. `delay` is in days; `broken` says how a row is malformed."""

    gone: Flags
    twice: Flags
    delay: Ints
    broken: Ints
    vanishes: Flags
    rewritten: Flags


class Faults:
    """Decides what falls on which document and keeps the record for the truth."""

    def __init__(self, rates: Mapping[str, float], chance: Chance) -> None:
        self.rates, self.chance = checked(rates), chance
        self.records = {name: Record() for name in self.rates}

    def note(self, name: str, frame: pl.DataFrame, kind: str, which: Flags) -> None:
        """Write down the documents a fault fell on, by their business keys."""
        if not which.any():
            return
        keys = business_keys(frame.filter(pl.Series(which)), kind)
        self.records[name].count += len(keys)
        self.records[name].keys += keys

    def note_file(self, name: str, path: str) -> None:
        """Write down a file a fault fell on."""
        self.records[name].count += 1
        self.records[name].keys.append(path)

    def _share(self, name: str, draw: str, ids: Ids) -> Flags:
        rate = self.rates.get(name, 0.0)
        return (
            self.chance.happens(f"{name} {draw}", ids, rate) if rate else np.zeros(len(ids), dtype=np.bool_)
        )

    def marks(self, kind: str, frame: pl.DataFrame, docs: Ids, facts: Mapping[str, Ints]) -> Marks:
        """What falls on the documents of a batch; `docs` number them within their kind."""
        nothing = np.zeros(len(docs), dtype=np.bool_)
        gone = nothing
        if kind in ("CEB411", "CEB412"):
            gone = self._share("missing_payment", "list", facts["list"].astype(np.uint64))
        drawn = self.chance.uniform("fault " + kind, docs)
        edge, falls = 0.0, {}
        for name in (*_EITHER, "vanished", "rewritten_time"):
            fits = (name != "vanished" or kind in _LISTS) and (name != "rewritten_time" or kind in _RECEIPTS)
            rate = self.rates.get(name, 0.0) if fits else 0.0
            falls[name] = (drawn >= edge) & (drawn < edge + rate) & ~gone
            edge += rate
        if kind in _RECEIPTS:
            falls["rewritten_time"] &= facts["status"] == 800
        contract = CONTRACTS[kind]
        ways = 3 if broken_amount(contract) else 2
        how = self.chance.between("how malformed", docs, KEY, KEY + ways)
        return Marks(
            gone=gone,
            twice=falls["duplicate"],
            delay=np.where(falls["late"], self.chance.between("days late", docs, 1, 4), 0),
            broken=np.where(falls["malformed"], how, 0),
            vanishes=falls["vanished"],
            rewritten=falls["rewritten_time"],
        )

    def changed(
        self, kind: str, frame: pl.DataFrame, docs: Ids, facts: Mapping[str, Ints]
    ) -> tuple[pl.DataFrame, dict[str, Ints]]:
        """The batch with masked identities and payments that differ, and 1 for those documents, by mark."""
        marks: dict[str, Ints] = {}
        if kind in _MASKED:
            marks["masked"] = np.zeros(len(docs), dtype=np.int64)
        if kind == "CEB411":
            marks["differs"] = np.zeros(len(docs), dtype=np.int64)
        if kind == "CEB411" and "amount_mismatch" in self.rates:
            which = self._share("amount_mismatch", "list", facts["list"].astype(np.uint64))
            which &= ~self._share("missing_payment", "list", facts["list"].astype(np.uint64))
            more = pl.lit("1.00").cast(pl.Decimal(19, 5))
            frame = frame.with_columns(
                pl.when(pl.Series(which))
                .then(pl.col("amountPaid") + more)
                .otherwise("amountPaid")
                .alias("amountPaid")
                .cast(pl.Decimal(19, 5))
            )
            self.note("amount_mismatch", frame, kind, which)
            marks["differs"] = which.astype(np.int64)
        if kind in _MASKED and "masked_identity" in self.rates:
            which, name = self._share("masked_identity", kind, docs), _MASKED[kind]
            hidden = pl.concat_str(pl.col(name).str.head(3), pl.lit("***********"), pl.col(name).str.tail(4))
            frame = frame.with_columns(pl.when(pl.Series(which)).then(hidden).otherwise(name).alias(name))
            self.note("masked_identity", frame, kind, which)
            marks["masked"] = which.astype(np.int64)
        return frame, marks

    def of_file(self, path: str) -> str | None:
        """The fault of a file, if any; `path` is without its ending, so that all formats suffer alike."""
        own = np.frombuffer(path.encode().ljust(8 * (len(path.encode()) // 8 + 1)), dtype=np.uint64)
        name = np.bitwise_xor.reduce(own * np.arange(1, 2 * len(own), 2, dtype=np.uint64))[None]
        for fault in ("wrong_encoding", "truncated_file"):
            if self._share(fault, "file", name).any():
                return fault
        return None


def business_keys(frame: pl.DataFrame, kind: str) -> list[str]:
    """The key of each document as text, its parts joined by `|`; times as they are sent."""
    parts = []
    for name in CONTRACTS[kind].key:
        column = pl.col(name)
        if CONTRACTS[kind][name].type is Type.TIME:
            column = column.dt.strftime("%Y%m%d%H%M%S%3f")
        parts.append(column.cast(pl.String).fill_null(""))
    return frame.select(pl.concat_str(parts, separator="|")).to_series().to_list()
