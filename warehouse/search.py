"""Which lists do new documents touch, and which documents belong to those lists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import duckdb

from sources.contracts import CONTRACTS
from transforms.inputs import ITEMS, NEEDED, PREFIX
from warehouse import links, sql
from warehouse.links import LINKS, LIST_KINDS, Identity
from warehouse.schema import document_table
from warehouse.window import Batches, Window, extents

#: Lists drawn in by sharing a number that should be theirs alone may draw in others; such chains are short.
CLOSURE_ROUNDS = 5
RECEIPT_KINDS = ("CEB622", "CEB604")
_LIST_NUMBER = "hash(flow || ' list', ebc_code, order_no)"


class Search:
    """Works on temporary tables of numbers (see warehouse.links): `needles`, the identities new documents
    spell; `touched`, the lists concerned; `targets`, every identity of the touched lists."""

    def __init__(self, con: duckdb.DuckDBPyConnection, window: Window, batches: Batches) -> None:
        self.con = con
        self.window = window
        self.batches = batches
        self.stored = extents(con, window.zone)

    def touch(self) -> int:
        """Fill `touched`: new lists, lists that new documents name, lists that share a number with those.

        Returns how many; widens the window to what can belong to them.
        """
        self._fill("needles", "h", None)
        self._fill("touched", "k", None)
        new = self.batches.among()
        families: set[str] = set()
        for kind in sorted(self.batches.kinds & LINKS.keys()):
            rows = self._of(kind, new)
            if kind in LIST_KINDS:
                self._add("touched", f"SELECT {links.key(kind)} FROM {rows}")
            else:
                self._spell("needles", LINKS[kind].lists + LINKS[kind].chain, rows)
                families |= LINKS[kind].families
        # From answers up to what they answer, and from versions to the other versions.
        for kind in self._kinds(links.CARRIERS):
            if families & LINKS[kind].families:
                self._spell(
                    "needles",
                    LINKS[kind].lists + LINKS[kind].chain,
                    self._among(kind, LINKS[kind].chain, "needles"),
                )
                families |= LINKS[kind].families
        for kind in self._kinds(LIST_KINDS):
            self._draw_in(kind, LINKS[kind].lists, "needles")
        self._draw_in_learnt("needles")
        self._distinct_touched()
        self.window = self._reach()
        return self._close()

    def _close(self) -> int:
        """Fill `targets`, drawing in lists that share a number until there are no more; returns the lists."""
        touched = -1
        for _ in range(CLOSURE_ROUNDS):
            if (now := self._distinct_touched()) == touched:
                break
            touched = now
            self._fill("targets", "h", None)
            for kind in self._kinds(LIST_KINDS):
                self._spell(
                    "targets", LINKS[kind].lists, self._of(kind, f"{links.key(kind)} IN (FROM touched)")
                )
            self._add(
                "targets",
                "SELECT unnest([hash(flow || ' pre', pre_no), hash(flow || ' invt', invt_no)]) FROM "
                + self._core(f"{_LIST_NUMBER} IN (FROM touched)"),
            )
            for kind in self._kinds(LIST_KINDS):
                own = [each for each in LINKS[kind].lists if each.name.split()[1] in links.EXCLUSIVE]
                self._draw_in(kind, own, "targets")
            self._draw_in_learnt("targets")
        return touched

    def _draw_in(self, kind: str, identities: Iterable[Identity], numbers: str) -> None:
        self._add(
            "touched",
            f"SELECT k FROM (SELECT {links.key(kind)} AS k, unnest({links.numbers(tuple(identities))}) AS h "
            f"FROM {self._of(kind)}) SEMI JOIN {numbers} USING (h)",
        )

    def _draw_in_learnt(self, numbers: str) -> None:
        """Lists that learnt their preNo or invtNo from receipts are known by them in core.lists."""
        self._add(
            "touched",
            f"SELECT k FROM (SELECT {_LIST_NUMBER} AS k, "
            "unnest([hash(flow || ' pre', pre_no), hash(flow || ' invt', invt_no)]) AS h "
            f"FROM {self._core()}) SEMI JOIN {numbers} USING (h)",
        )

    def _reach(self) -> Window:
        """The look-back around the touched lists: where their documents lie."""
        dated = [
            f"SELECT business_date FROM {self._of(kind)} WHERE {links.key(kind)} IN (FROM touched)"
            for kind in self._kinds(LIST_KINDS)
        ]
        dated.append(f"SELECT business_date FROM {self._core()} WHERE {_LIST_NUMBER} IN (FROM touched)")
        row = self.con.execute(
            f"SELECT min(business_date), max(business_date) FROM ({' UNION ALL '.join(dated)})"
        ).fetchone()
        return self.window.joined(Window.around(self.window.zone, row[0], row[1])) if row else self.window

    def fetch(self, folder: Path, more: Mapping[str, Sequence[str]]) -> dict[str, Path]:
        """Copy every document of the touched lists, and every new one, to Parquet files, by table name.

        `more` names columns to copy besides those the transforms read, by table.
        """
        files = {}
        for kind in self._kinds(RECEIPT_KINDS):
            # Receipts teach their list its preNo and invtNo, by which others refer to it.
            learnt = [each for each in LINKS[kind].lists if each.name.split()[1] in ("pre", "invt")]
            self._spell("targets", learnt, self._among(kind, LINKS[kind].lists, "targets"))
        # Down from what names a list to its answers and other versions; the verification list comes before
        # the receipt that gives it its number.
        for kind in self._kinds(reversed(links.CARRIERS)):
            every = LINKS[kind].lists + LINKS[kind].chain
            self._spell("targets", LINKS[kind].chain, self._among(kind, every, "targets"))
        for kind in self._kinds(LINKS):
            if kind in LIST_KINDS:
                rows = self._of(kind, f"{links.key(kind)} IN (FROM touched)")
            else:
                every = LINKS[kind].lists + LINKS[kind].chain
                rows = self._among(kind, every, "targets", or_else=self.batches.among())
            files[CONTRACTS[kind].table] = self._copy(kind, rows, folder, more)
        return files

    def _copy(self, kind: str, rows: str, folder: Path, more: Mapping[str, Sequence[str]]) -> Path:
        path = folder / f"{CONTRACTS[kind].table}.parquet"
        self.con.execute(
            f"COPY (SELECT {_columns(kind, more)} FROM {rows}) TO {sql.literal(path)} (COMPRESSION lz4)"
        )
        return path

    def _among(self, kind: str, identities: Iterable[Identity], numbers: str, or_else: str = "false") -> str:
        """Documents of a kind of which any identity is among the numbers, or the condition holds."""
        identities = tuple(identities)
        if not any(each.items for each in identities):
            tests = [f"coalesce({each.spelled()} IN (FROM {numbers}), false)" for each in identities]
            return self._of(kind, f"({' OR '.join([*tests, or_else])})")
        rows = self._of(kind)
        return (
            f"(SELECT * FROM {rows} SEMI JOIN (SELECT file_hash, row_no FROM (SELECT file_hash, row_no, "
            f"unnest({links.numbers(identities)}) AS h FROM {rows}) SEMI JOIN {numbers} USING (h) "
            f"UNION SELECT file_hash, row_no FROM {rows} WHERE {or_else}) USING (file_hash, row_no))"
        )

    def _spell(self, into: str, identities: Iterable[Identity], rows: str) -> None:
        self._add(into, f"SELECT unnest({links.numbers(tuple(identities))}) FROM {rows}")

    def _add(self, table: str, select: str) -> None:
        self.con.execute(f"INSERT INTO {table} {select}")

    def _fill(self, table: str, column: str, select: str | None) -> None:
        self.con.execute(
            f"CREATE OR REPLACE TEMP TABLE {table} " + (f"AS {select}" if select else f"({column} UBIGINT)")
        )

    def _distinct_touched(self) -> int:
        self._fill("touched", "k", "SELECT DISTINCT k FROM touched")
        row = self.con.execute("SELECT count(*) FROM touched").fetchone()
        return int(row[0]) if row else 0

    def _of(self, kind: str, condition: str = "true") -> str:
        return self.window.over(document_table(CONTRACTS[kind]), self.stored.get(kind), condition)

    def _core(self, condition: str = "true") -> str:
        return self.window.over("wh.core.lists", self.stored.get("core"), condition)

    def _kinds(self, kinds: Iterable[str]) -> list[str]:
        return [kind for kind in kinds if kind in self.stored]


def _columns(kind: str, more: Mapping[str, Sequence[str]]) -> str:
    """What the transforms read of a kind and columns more, items cut to the fields they read."""
    table = CONTRACTS[kind].table
    columns = [sql.name(each) for each in dict.fromkeys((*PREFIX, *NEEDED[table], *more.get(table, ())))]
    if table in ITEMS:
        fields = ", ".join(f"{sql.name(each)}: item.{sql.name(each)}" for each in ITEMS[table])
        columns.append(f"list_transform(items, lambda item: {{{fields}}}) AS items")
    return ", ".join(columns)
