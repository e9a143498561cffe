"""Which lists do new documents touch, and which documents belong to those lists.

Looked up in the index of lists (warehouse.numbers): stored documents are opened on those dates only on
which documents of the lists found lie, and once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb

from sources.contracts import CONTRACTS
from transforms.inputs import ITEMS, NEEDED, PREFIX
from warehouse import links, numbers, sql, temporary
from warehouse.links import LINKS, LIST_KINDS
from warehouse.schema import document_table
from warehouse.window import Batches, Window, extents, on_dates

#: Lists drawn in by sharing a number that should be theirs alone may draw in others; such chains are short.
CLOSURE_ROUNDS = 5
#: What dates the lists that bear no time themselves.
RECEIPT_KINDS = ("CEB622", "CEB604")


class Search:
    """Works on temporary tables: `fresh`, the numbers of new documents; `touched`, the lists concerned;
    `targets`, every number by which documents of these may be found; `hits`, what the index says of those."""

    def __init__(self, con: duckdb.DuckDBPyConnection, window: Window, batches: Batches) -> None:
        self.con = con
        self.window = window
        self.batches = batches
        self.stored = extents(con, window.zone)

    def touch(self) -> int:
        """Fill `touched`: new lists, lists that new documents name, lists that share a number with those.

        Returns how many; `targets` and `hits` then hold what `fetch` needs.
        """
        self._spell_new()
        temporary.fill(
            self.con,
            "hits",
            f"SELECT business_date, list, number, tie FROM {self._index} WHERE {self._new_number}",
        )
        self.con.execute("INSERT INTO touched SELECT list FROM hits SEMI JOIN needles USING (number)")
        touched = -1
        for _ in range(CLOSURE_ROUNDS):
            temporary.fill(self.con, "touched", "SELECT DISTINCT list FROM touched")
            if (now := self._count("touched")) == touched:
                break
            touched = now
            self._close()
        return touched

    def _spell_new(self) -> None:
        """`fresh`, `own` and `needles` of the new documents; new lists are touched."""
        temporary.fill(self.con, "touched", "SELECT 0::UBIGINT AS list WHERE false")
        temporary.fill(
            self.con, "own", "SELECT 0::UBIGINT AS list, 0::UBIGINT AS number, '' AS tie WHERE false"
        )
        temporary.fill(self.con, "fresh", numbers.spelled(numbers.UNTOLD))
        for kind in sorted(self.batches.kinds & LINKS.keys()):
            rows = self._new(kind)
            if kind in LIST_KINDS:
                self.con.execute(f"INSERT INTO own {numbers.owned(kind, rows)}")
                self.con.execute(f"INSERT INTO touched SELECT {links.key(kind)} FROM {rows}")
            else:
                self.con.execute(f"INSERT INTO fresh {numbers.spelled(numbers.told(kind, rows, 'true'))}")
        temporary.fill(self.con, "needles", "SELECT DISTINCT number FROM fresh")
        temporary.fill(
            self.con,
            "targets",
            "SELECT number FROM needles SEMI JOIN (FROM fresh WHERE leads) USING (number) UNION SELECT number FROM own",
        )

    def _close(self) -> None:
        """Add the numbers of the touched lists, what waits for them, and the lists that share what is theirs."""
        days = self._dates("SELECT DISTINCT business_date FROM hits SEMI JOIN touched USING (list)")
        theirs = on_dates(f"SELECT list, number, tie FROM wh.ledger.numbers WHERE {self._here}", days)
        self.con.execute(
            f"INSERT INTO own SELECT list, number, tie FROM ({theirs}) SEMI JOIN touched USING (list)"
        )
        temporary.fill(self.con, "targets", "FROM targets UNION SELECT number FROM own")
        self._await()
        temporary.fill(
            self.con,
            "hits",
            f"SELECT business_date, list, number, tie FROM {self._index} "
            "WHERE number IN (FROM targets) OR number IN (FROM needles)",
        )
        self.con.execute(
            "INSERT INTO touched SELECT list FROM hits WHERE tie <> 'shared' "
            "AND number IN (SELECT number FROM own WHERE tie = 'own')"
        )

    def _await(self) -> None:
        """Documents that wait for a number found: `awaited`, and into `targets` what leads on from them."""
        waiting = f"(FROM wh.ledger.waiting WHERE {self.window.condition()})"
        for _ in range(CLOSURE_ROUNDS):
            before = self._count("targets")
            temporary.fill(
                self.con,
                "awaited",
                f"SELECT DISTINCT kind, document, business_date FROM {waiting} SEMI JOIN targets USING (number)",
            )
            self.con.execute(
                f"INSERT INTO targets SELECT DISTINCT number FROM (FROM {waiting} WHERE leads) "
                "SEMI JOIN awaited USING (kind, document) ANTI JOIN targets USING (number)"
            )
            if self._count("targets") == before:
                break

    def fetch(self, folder: Path, more: Mapping[str, Sequence[str]]) -> dict[str, Path]:
        """Copy every document of the touched lists, and every new one, to Parquet files, by table name.

        `more` names columns to copy besides those the transforms read, by table.
        """
        places = self._places()
        if self._count("(SELECT 1 FROM hits ANTI JOIN touched USING (list) WHERE tie = 'learnt' LIMIT 1)"):
            # A document of many lists waits for this one too: what answers it lies with the other lists.
            for kind in reversed(links.CARRIERS):
                if kind in places:
                    chain = links.numbers(LINKS[kind].chain)
                    self.con.execute(
                        f"INSERT INTO targets SELECT unnest({chain}) FROM {self._named(kind, places[kind])}"
                    )
        temporary.drop(self.con, "fresh", "needles", "own", "awaited")
        files = {}
        for kind, dates in places.items():
            path = folder / f"{CONTRACTS[kind].table}.parquet"
            self.con.execute(
                f"COPY (SELECT {_columns(kind, more)} FROM {self._named(kind, dates)}) TO {sql.literal(path)} "
                "(COMPRESSION lz4)"
            )
            files[CONTRACTS[kind].table] = path
        self.window = self.window.only(self._list_dates(files))
        temporary.drop(self.con, "targets", "touched", "hits")
        return files

    def _places(self) -> dict[str, set[date | None]]:
        """Dates to open, by kind."""
        rows = self.con.execute(
            f"SELECT kind, document_date FROM wh.ledger.places WHERE {self._here} AND EXISTS "
            "(SELECT 1 FROM hits WHERE hits.business_date IS NOT DISTINCT FROM places.business_date) "
            "UNION SELECT kind, business_date FROM awaited UNION SELECT kind, business_date FROM fresh"
        ).fetchall()
        found: dict[str, set[date | None]] = {kind: set() for kind in LINKS if kind in self.stored}
        for kind, day in rows:
            found[kind].add(day)
        new = self._dates_of_new_lists()
        for kind in LIST_KINDS:
            if kind in found:
                found[kind] |= new.get(kind, set())
        return {kind: dates for kind, dates in found.items() if dates}

    def _dates_of_new_lists(self) -> dict[str, set[date | None]]:
        return {
            kind: self._dates(f"SELECT DISTINCT business_date FROM {self._new(kind)}")
            for kind in LIST_KINDS
            if kind in self.batches.kinds
        }

    def _named(self, kind: str, dates: Iterable[date | None]) -> str:
        """Documents of a kind on these dates that belong to the touched lists or are new."""
        table = f"SELECT * FROM {document_table(CONTRACTS[kind])} WHERE {self._here}"
        if kind in LIST_KINDS:
            return f"({on_dates(table, set(dates), f'{links.key(kind)} IN (FROM touched)')})"
        spelled = on_dates(
            f"SELECT rowid AS id, {links.leading(kind)} || {links.inside(kind)} AS numbers, {self.batches.among()} AS new "
            f"FROM {document_table(CONTRACTS[kind])} WHERE {self._here}",
            set(dates),
        )
        # One join for all the numbers of a document: a condition on each would hold the targets in memory so many times.
        theirs = (
            f"SELECT id FROM (SELECT id, unnest(numbers) AS number FROM ({spelled})) SEMI JOIN targets USING (number) "
            f"UNION ALL SELECT id FROM ({spelled}) WHERE new"
        )
        return f"({on_dates(table, set(dates), f'rowid IN ({theirs})')})"

    def _list_dates(self, files: dict[str, Path]) -> set[date | None]:
        """Dates on which the touched lists are stored or will be."""
        dates = self._dates("SELECT DISTINCT business_date FROM hits SEMI JOIN touched USING (list)")
        for kinds in (LIST_KINDS, RECEIPT_KINDS):
            paths = [files[CONTRACTS[kind].table] for kind in kinds if CONTRACTS[kind].table in files]
            for path in paths:
                dates |= self._dates(f"SELECT DISTINCT business_date FROM {sql.parquet([path])}")
            if None not in dates:  # receipts date the lists that bear no time
                break
        return dates

    @property
    def _here(self) -> str:
        return f"zone = {sql.literal(self.window.zone)}"

    @property
    def _index(self) -> str:
        return f"(FROM wh.ledger.numbers WHERE {self.window.condition()})"

    @property
    def _new_number(self) -> str:
        return "number IN (FROM needles) OR number IN (FROM targets)"

    def _new(self, kind: str) -> str:
        """The new documents of a kind; undated ones are looked for only where the batches have any."""
        within = Window(self.window.zone, self.batches.first, self.batches.last)
        extent = self.stored.get(kind)
        if extent and not self.batches.undated:
            extent = replace(extent, undated=False)
        return within.over(document_table(CONTRACTS[kind]), extent, self.batches.among())

    def _dates(self, query: str) -> set[date | None]:
        return {day for (day,) in self.con.execute(query).fetchall()}

    def _count(self, table: str) -> int:
        row = self.con.execute(f"SELECT count(*) FROM {table}").fetchone()
        return int(row[0]) if row else 0


def _columns(kind: str, more: Mapping[str, Sequence[str]]) -> str:
    """What the transforms read of a kind and columns more, items cut to the fields they read, and the batch."""
    table = CONTRACTS[kind].table
    names = dict.fromkeys((*PREFIX, "batch_id", *NEEDED[table], *more.get(table, ())))
    columns = [sql.name(each) for each in names]
    if table in ITEMS:
        fields = ", ".join(f"{sql.name(each)}: item.{sql.name(each)}" for each in ITEMS[table])
        columns.append(f"list_transform(items, lambda item: {{{fields}}}) AS items")
    return ", ".join(columns)
