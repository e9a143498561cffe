"""The part of the stored documents that can belong to what is new: dates around it, and undated ones."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import duckdb

from warehouse import sql

#: How far a document and the version that supersedes it, or a document and its list, may lie apart.
LOOK_BACK = timedelta(days=60)
#: An empty subquery's condition.
_NOWHERE = "false"


@dataclass(frozen=True)
class Extent:
    """Which dates of a kind (or of core.lists) are stored at all."""

    first: date | None
    last: date | None
    undated: bool


def extents(con: duckdb.DuckDBPyConnection, zone: str) -> dict[str, Extent]:
    """What is stored of each kind, and as `core` of the lists, from the ledger: saves asking empty tables."""
    rows = con.execute(
        "SELECT kind, min(business_date), max(business_date), count(*) > count(business_date) "
        f"FROM wh.ledger.coverage WHERE zone = {sql.literal(zone)} GROUP BY kind UNION ALL "
        "SELECT 'core', min(business_date), max(business_date), count(*) > count(business_date) "
        f"FROM wh.core.partitions WHERE zone = {sql.literal(zone)} HAVING count(*) > 0"
    ).fetchall()
    return {kind: Extent(first, last, undated) for kind, first, last, undated in rows}


@dataclass(frozen=True)
class Window:
    """Dates of a zone to look at; undated rows always belong to it."""

    zone: str
    first: date | None
    last: date | None
    #: Only these dates of it (null: undated), where they are known.
    dates: frozenset[date | None] | None = None

    @classmethod
    def around(cls, zone: str, first: date | None, last: date | None) -> Window:
        """The look-back on either side of two dates."""
        return cls(zone, first and first - LOOK_BACK, last and last + LOOK_BACK)

    def joined(self, other: Window) -> Window:
        """The dates from the earlier beginning to the later end."""
        firsts = [each for each in (self.first, other.first) if each]
        lasts = [each for each in (self.last, other.last) if each]
        return Window(self.zone, min(firsts, default=None), max(lasts, default=None))

    def only(self, dates: Collection[date | None]) -> Window:
        """The window cut to these dates, from the first of them to the last."""
        dated = [each for each in dates if each]
        return Window(self.zone, min(dated, default=None), max(dated, default=None), frozenset(dates))

    def condition(self) -> str:
        """SQL that a row lies in the window or is undated."""
        here = f"zone = {sql.literal(self.zone)}"
        if not (self.first and self.last):
            return f"{here} AND business_date IS NULL"
        span = f"business_date BETWEEN {sql.literal(self.first)} AND {sql.literal(self.last)}"
        return f"{here} AND ({span} OR business_date IS NULL)"

    def lists(self, con: duckdb.DuckDBPyConnection) -> int:
        """How many lists are stored in the window, undated ones included."""
        row = con.execute(
            f"SELECT coalesce(sum(lists), 0) FROM wh.core.partitions WHERE {self.condition()}"
        ).fetchone()
        return int(row[0]) if row else 0

    def reaches(self, extent: Extent | None) -> bool:
        """Whether anything stored lies in the window."""
        return extent is not None and (extent.undated or self._shared(extent) is not None)

    def _shared(self, extent: Extent) -> tuple[date, date] | None:
        """First and last date of both."""
        if not (extent.first and extent.last and self.first and self.last):
            return None
        first, last = max(self.first, extent.first), min(self.last, extent.last)
        return (first, last) if first <= last else None

    def over(self, table: str, extent: Extent | None, condition: str = "true") -> str:
        """Rows of a bulk table inside the window, as a subquery that opens no more partitions than it must."""
        here = f"SELECT * FROM {table} WHERE zone = {sql.literal(self.zone)}"
        if self.dates is not None:
            return f"({on_dates(here, self.dates, condition)})"
        scans = []
        if extent and extent.undated:
            scans.append(f"{here} AND business_date IS NULL AND {condition}")
        if extent and (shared := self._shared(extent)):
            span = f"business_date BETWEEN {sql.literal(shared[0])} AND {sql.literal(shared[1])}"
            scans.append(f"{here} AND {span} AND {condition}")
        # Two scans, because each prunes its partitions.
        return f"({' UNION ALL '.join(scans or [f'{here} AND {_NOWHERE}'])})"


def on_dates(here: str, dates: Collection[date | None], condition: str = "true") -> str:
    """A query cut to exactly these business dates; two scans, because each prunes its partitions."""
    dated = sorted(each for each in dates if each)
    scans = [f"{here} AND business_date IS NULL AND {condition}"] if None in dates else []
    if dated:
        listed = ", ".join(sql.literal(each) for each in dated)
        scans.append(f"{here} AND business_date IN ({listed}) AND {condition}")
    return " UNION ALL ".join(scans or [f"{here} AND {_NOWHERE}"])


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
        return cls._where(con, zone, "linked_at IS NULL")

    @classmethod
    def named(cls, con: duckdb.DuckDBPyConnection, zone: str, ids: Sequence[str]) -> Batches | None:
        """These batches of a zone, linked or not; none if there are none."""
        return cls._where(con, zone, f"list_contains({sql.literals(ids)}::VARCHAR[], batch_id)")

    @classmethod
    def _where(cls, con: duckdb.DuckDBPyConnection, zone: str, condition: str) -> Batches | None:
        row = con.execute(
            "SELECT list(batch_id ORDER BY batch_id), min(first_date), max(last_date), sum(undated) > 0, "
            "list_distinct(flatten(list(kinds))) FROM wh.ledger.batches "
            f"WHERE zone = {sql.literal(zone)} AND {condition}"
        ).fetchone()
        if not row or not row[0]:
            return None
        return cls(zone, tuple(row[0]), row[1], row[2], bool(row[3]), frozenset(row[4] or ()))

    def documents(self, con: duckdb.DuckDBPyConnection) -> int:
        """How many documents the batches stored."""
        row = con.execute(
            "SELECT coalesce(sum(documents), 0) FROM wh.ledger.deliveries "
            f"WHERE zone = {sql.literal(self.zone)} AND {self.among()}"
        ).fetchone()
        return int(row[0]) if row else 0

    def window(self, stored: Mapping[str, Extent]) -> Window:
        """The look-back around the batches; what belongs to undated documents is looked for around the newest."""
        window = Window.around(self.zone, self.first, self.last)
        if not self.undated:
            return window
        newest = max((each.last for each in stored.values() if each.last), default=None)
        return window.joined(Window.around(self.zone, newest, newest))

    def alone(self, con: duckdb.DuckDBPyConnection, window: Window) -> bool:
        """Whether everything in the window belongs to these batches: nothing there was linked before."""
        overlap = (
            f" OR (last_date >= {sql.literal(window.first)} AND first_date <= {sql.literal(window.last)})"
            if window.first
            else ""
        )
        row = con.execute(
            f"SELECT count(*) FROM wh.ledger.batches WHERE zone = {sql.literal(self.zone)} "
            f"AND linked_at IS NOT NULL AND (undated > 0{overlap})"
        ).fetchone()
        return row is not None and row[0] == 0

    def among(self) -> str:
        """Condition that a document belongs to these batches."""
        return f"batch_id IN ({', '.join(sql.literal(each) for each in self.ids)})"

    def new(self) -> str:
        """Condition that a document is not in the index of lists yet."""
        return self.among()

    def settle(self, con: duckdb.DuckDBPyConnection) -> None:
        """Note that they are linked."""
        con.execute(
            "UPDATE wh.ledger.batches SET linked_at = current_localtimestamp() "
            f"WHERE zone = {sql.literal(self.zone)} AND {self.among()}"
        )


@dataclass(frozen=True)
class OfDay(Batches):
    """The stored documents of one business date, whichever batch they came in: linked already, and again."""

    @classmethod
    def stored(cls, con: duckdb.DuckDBPyConnection, zone: str, day: date) -> OfDay | None:
        """All documents of a day; none if nothing is stored of it."""
        kinds = con.execute(
            f"SELECT kind FROM wh.ledger.coverage WHERE zone = {sql.literal(zone)} "
            f"AND business_date = {sql.literal(day)} AND documents > 0"
        ).fetchall()
        if not kinds:
            return None
        return cls(zone, (f"{day}",), day, day, False, frozenset(kind for (kind,) in kinds))

    def documents(self, con: duckdb.DuckDBPyConnection) -> int:
        """How many documents are stored of the day."""
        row = con.execute(
            "SELECT coalesce(sum(documents), 0) FROM wh.ledger.coverage "
            f"WHERE zone = {sql.literal(self.zone)} AND {self.among()}"
        ).fetchone()
        return int(row[0]) if row else 0

    def alone(self, con: duckdb.DuckDBPyConnection, window: Window) -> bool:
        """Never: its lists are stored already."""
        return False

    def among(self) -> str:
        """Condition that a document bears the day."""
        return f"business_date = {sql.literal(self.first)}"

    def new(self) -> str:
        """None is: the index has them since they were linked."""
        return "false"

    def settle(self, con: duckdb.DuckDBPyConnection) -> None:
        """Nothing waited."""
