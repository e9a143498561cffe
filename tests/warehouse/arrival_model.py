"""What a lake must hold after some deliveries, in plain Python: no query, no frame, nothing of the warehouse."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from arrivals import KINDS, LIST, ORDER, PAYMENT, RECEIPT, File, Record

CLASSES = ("accepted", "duplicate", "superseded", "quarantined")
Counts = dict[str, tuple[int, Decimal]]


@dataclass
class Model:
    """Files counted once, and the set of records that was accepted."""

    files: dict[str, Counts] = field(default_factory=dict)
    names: set[tuple[str, str]] = field(default_factory=set)
    records: set[Record] = field(default_factory=set)

    def deliver(self, files: Sequence[tuple[str, File]]) -> None:
        self.names |= {(file.digest, name) for name, file in files}
        new = {file.digest: file for _, file in files if file.digest not in self.files}
        for kind in KINDS:
            self._commit({digest: file for digest, file in new.items() if file.kind == kind})

    def _commit(self, files: dict[str, File]) -> None:
        """Rows in the order of file hash and place in the file; of equal ones the first is kept."""
        fresh, before, classes = set(), set(self.records), []
        for digest, file in sorted(files.items()):
            for record in file.records:
                what = "quarantined" if record.broken else "duplicate" if record in fresh | before else "new"
                if what == "new":
                    fresh.add(record)
                classes.append((digest, record, what))
        self.records |= fresh
        for digest in files:
            self.files[digest] = dict.fromkeys(CLASSES, (0, Decimal(0)))
        for digest, record, what in classes:
            if what == "new":
                newest = record.kind == RECEIPT or record == newest_of(self.records, record)
                what = "accepted" if newest else "superseded"
            rows, amount = self.files[digest][what]
            self.files[digest][what] = (rows + 1, amount + record.amount)

    def lists(self) -> dict[str, Expected]:
        """The lists by order number."""
        of: dict[str, set[Record]] = {
            kind: {each for each in self.records if each.kind == kind} for kind in KINDS
        }
        return {str(number): expected(number, of) for number in {each.number for each in of[LIST]}}


def version(record: Record) -> tuple[int, str, int]:
    """What decides between two versions: the time, and of two with one time the greater text."""
    return (record.time, record.app_type, record.variant)


def newest_of(records: Iterable[Record], like: Record) -> Record:
    """The version of a document that is in force."""
    return max((each for each in records if each[:2] == like[:2]), key=version)


@dataclass(frozen=True)
class Expected:
    """The columns of core.lists that these records decide."""

    declared_at: datetime
    app_at: datetime
    app_type: str
    versions: int
    value_cny: Decimal
    cancelled_at: datetime | None
    has_order: bool
    actual_paid_cny: Decimal | None
    has_payment: bool
    amount_paid_cny: Decimal | None
    accepted_at: datetime | None
    released_at: datetime | None
    closed_at: datetime | None
    state: str


def expected(number: int, of: dict[str, set[Record]]) -> Expected:
    """One list from the records there are, whatever brought them."""
    versions = [each for each in of[LIST] if each.number == number]
    kept = [each for each in versions if not each.deletes]
    last = max(each.at for each in versions)
    deleted = any(each.deletes and each.at == last for each in versions)
    orders = _in_force(each for each in of[ORDER] if each.number == number)
    payments = [each for each in _in_force(of[PAYMENT]) if each.paid_for == number]
    told = {
        status: min(
            (each.at for each in of[RECEIPT] if (each.number, each.status) == (number, status)), default=None
        )
        for status in ("120", "800", "899")
    }
    reached = [
        (deleted, "cancelled"),
        (told["899"], "closed"),
        (told["800"], "released"),
        (told["120"], "accepted"),
    ]
    return Expected(
        declared_at=min(each.at for each in kept or versions),
        app_at=last,
        app_type="3" if deleted else max(kept, key=version).app_type,
        versions=len({each.at for each in versions}),
        value_cny=max(kept or versions, key=version).amount,
        cancelled_at=last if deleted else None,
        has_order=bool(orders),
        actual_paid_cny=orders[0].amount if orders else None,
        has_payment=bool(payments),
        amount_paid_cny=sum((each.amount for each in payments), Decimal(0)) if payments else None,
        accepted_at=told["120"],
        released_at=told["800"],
        closed_at=told["899"],
        state=next((state for holds, state in reached if holds), "declared"),
    )


def _in_force(records: Iterable[Record]) -> list[Record]:
    """Of each document the newest version, unless that deletes it."""
    records = list(records)
    return [each for each in {newest_of(records, each) for each in records} if not each.deletes]
