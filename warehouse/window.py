"""The part of the stored documents that can belong to what is new: dates around it, and undated ones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import duckdb

from sources.contracts import CONTRACTS
from warehouse import sql
from warehouse.classify import LOOK_BACK
from warehouse.schema import document_table


@dataclass(frozen=True)
class Batches:
    """Committed batches that were not linked yet."""

    zone: str
    ids: tuple[str, ...]
    first: date | None
    last: date | None
    undated: bool
    kinds: frozenset[str]

    @classmethod
    def waiting(cls, con: duckdb.DuckDBPyConnection, zone: str) -> Batches | None:
        """Batches of a zone without `linked_at`; none if there are none."""
        row = con.execute(
            "SELECT list(batch_id ORDER BY batch_id), min(first_date), max(last_date), sum(undated) > 0, "
            "list_distinct(flatten(list(kinds))) FROM wh.ledger.batches "
            f"WHERE zone = {sql.literal(zone)} AND linked_at IS NULL"
        ).fetchone()
        if not row or not row[0]:
            return None
        return cls(zone, tuple(row[0]), row[1], row[2], bool(row[3]), frozenset(row[4] or ()))

    def alone(self, con: duckdb.DuckDBPyConnection, window: Window) -> bool:
        """Whether everything in the window belongs to these batches: nothing there was linked before."""
        row = con.execute(
            f"SELECT count(*) FROM wh.ledger.batches WHERE zone = {sql.literal(self.zone)} AND linked_at IS NOT NULL "
            f"AND (undated > 0 OR (last_date >= {sql.literal(window.first)} AND first_date <= {sql.literal(window.last)}))"
        ).fetchone()
        return row is not None and row[0] == 0

    def among(self) -> str:
        """Condition that a document belongs to these batches."""
        return f"batch_id IN ({', '.join(sql.literal(each) for each in self.ids)})"


@dataclass(frozen=True)
class Window:
    """Dates of a zone to look at; undated documents always belong to it."""

    zone: str
    first: date | None
    last: date | None

    @classmethod
    def around(cls, batches: Batches, newest: date | None) -> Window:
        """The look-back on either side of the batches; undated ones are looked for around the newest date."""
        first = _least(batches.first, newest if batches.undated else None)
        last = _greatest(batches.last, newest if batches.undated else None)
        return cls(batches.zone, first and first - LOOK_BACK, last and last + LOOK_BACK)

    def widened(self, first: date | None, last: date | None) -> Window:
        """This window and the look-back on either side of these dates."""
        return Window(
            self.zone,
            _least(self.first, first and first - LOOK_BACK),
            _greatest(self.last, last and last + LOOK_BACK),
        )

    def of(self, kind: str, condition: str = "true") -> str:
        """Documents of a kind inside the window, as a subquery."""
        return self.over(document_table(CONTRACTS[kind]), condition)

    def over(self, table: str, condition: str = "true") -> str:
        """Rows of a bulk table inside the window. Two scans, because each prunes its partitions."""
        scans = [
            f"SELECT * FROM {table} WHERE zone = {sql.literal(self.zone)} AND business_date IS NULL AND {condition}"
        ]
        if self.first and self.last:
            scans.append(
                f"SELECT * FROM {table} WHERE zone = {sql.literal(self.zone)} AND business_date BETWEEN "
                f"{sql.literal(self.first)} AND {sql.literal(self.last)} AND {condition}"
            )
        return f"({' UNION ALL '.join(scans)})"


def _least(*dates: date | None) -> date | None:
    return min((each for each in dates if each), default=None)


def _greatest(*dates: date | None) -> date | None:
    return max((each for each in dates if each), default=None)
