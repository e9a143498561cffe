"""The current version of each staged document and of the stored partners it is compared with.

Makes, in the schema `stage`: `dup_<table>` (hashes of keys that occur more than once), `stored_<table>`
(stored documents that a staged row lacks as its partner) and the views `now_<table>`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import duckdb

from expectations.clauses import literal, quoted
from expectations.stage import Staged, key_of, table
from sources.contracts import CONTRACTS

#: Days around the staged ones in which the stored partner of a document is looked for: the three
#: documents of a parcel are reported within hours of each other, a late one within days.
PARTNER_DAYS = 7
LAKE = "wh"


@dataclass(frozen=True)
class Partner:
    """Documents of `kind` are compared with documents of `other` that agree in `on`."""

    kind: str
    other: str
    on: tuple[str, str]


PARTNERS = (
    Partner("CEB311", "CEB411", ("ebp_code", "order_no")),
    Partner("CEB411", "CEB311", ("ebp_code", "order_no")),
    Partner("CEB311", "CEB621", ("ebc_code", "order_no")),
    Partner("CEB621", "CEB311", ("ebc_code", "order_no")),
    Partner("CEB303", "CEB603", ("ebc_code", "order_no")),
    Partner("CEB603", "CEB303", ("ebc_code", "order_no")),
)
_ITEMS = (
    "list_transform(items, lambda i: "
    "struct_pack(gnum := i.gnum, qty := i.qty, price := i.price, total_price := i.total_price)) as items"
)
#: What the comparisons need of each kind.
_COLUMNS = {
    "CEB311": f"ebp_code, ebc_code, order_no, app_at, app_type, currency, actural_paid, {_ITEMS}",
    "CEB411": "ebp_code, order_no, app_at, app_type, currency, amount_paid, pay_code, pay_transaction_id",
    "CEB621": f"ebc_code, order_no, app_at, app_type, {_ITEMS}",
    "CEB303": f"ebc_code, order_no, app_at, app_type, {_ITEMS}",
    "CEB603": f"ebc_code, order_no, app_at, app_type, {_ITEMS}",
}


@dataclass(frozen=True)
class Stored:
    """On which dates the lake holds documents of each kind: nothing else is asked of it in vain."""

    zone: str | None  # null: of every zone
    dates: Mapping[str, frozenset[date]]

    @classmethod
    def around(cls, con: duckdb.DuckDBPyConnection, staged: Iterable[Staged], zone: str | None) -> Stored:
        """What the attached lake holds around the staged rows; nothing where none is attached."""
        days = [day for each in staged for day in each.days or ()]
        attached = f"select 1 from duckdb_databases() where database_name = {literal(LAKE)}"
        if not days or not con.execute(attached).fetchall():
            return cls(zone, {})
        here = f"and zone = {literal(zone)}" if zone else ""
        near = f"date '{min(days)}' - {PARTNER_DAYS} and date '{max(days)}' + {PARTNER_DAYS}"
        rows = con.execute(
            f"select kind, list(business_date) from {LAKE}.ledger.coverage "
            f"where documents > 0 and business_date between {near} {here} group by kind"
        ).fetchall()
        return cls(zone, {kind: frozenset(days) for kind, days in rows})


def prepare(con: duckdb.DuckDBPyConnection, staged: Mapping[str, Staged], stored: Stored) -> dict[str, bool]:
    """Make the tables and views; gives the kinds that have a `now_` view: whether it has stored rows."""
    for each in staged.values():
        if each.contract.version:
            _duplicates(con, each.contract.table, each.view, each.contract.key_columns)
    ready = {}
    for kind in _COLUMNS:
        sources = []
        if kind in staged:
            sources.append(_columns(kind, _kept(con, staged[kind]), staged=True))
        if partners := _stored_partners(con, staged, kind, stored):
            name = table(con, f"stored_{CONTRACTS[kind].table}")
            con.execute(f"create table {name} as {partners}")
            if con.execute(f"select 1 from {name} limit 1").fetchall():
                sources.append(f"select * from {name}")
        if sources:
            _now(con, kind, sources, in_one_place=len(sources) == 1 and kind in staged)
            ready[kind] = not (len(sources) == 1 and kind in staged)
    return ready


def _columns(kind: str, source: str, *, staged: bool) -> str:
    key = key_of(CONTRACTS[kind])
    return (
        f"select {str(staged).lower()} as staged, file_hash, row_no, line_no, {key} as business_key, "
        f"{_COLUMNS[kind]} from {source}"
    )


def _kept(con: duckdb.DuckDBPyConnection, staged: Staged) -> str:
    """The staged view of a kind without its rejected rows."""
    rejected, kind = table(con, "rejected"), literal(staged.contract.kind)
    if not con.execute(f"select 1 from {rejected} where kind = {kind} limit 1").fetchall():
        return staged.view
    rows = f"(select file_hash, row_no from {rejected} where kind = {kind})"
    return f"(select * from {staged.view} anti join {rows} using (file_hash, row_no))"


def _duplicates(con: duckdb.DuckDBPyConnection, name: str, source: str, key: tuple[str, ...]) -> None:
    hashed = f"hash({', '.join(map(quoted, key))})"
    con.execute(
        f"create or replace table {table(con, f'dup_{name}')} as "
        f"select {hashed} as h from {source} group by h having count(*) > 1"
    )


def _now(con: duckdb.DuckDBPyConnection, kind: str, sources: list[str], *, in_one_place: bool) -> None:
    """The view of current versions. Only keys that occur twice are sorted."""
    contract = CONTRACTS[kind]
    all_of = table(con, f"all_{contract.table}")
    con.execute(f"create view {all_of} as {' union all '.join(sources)}")
    if not in_one_place:
        _duplicates(con, contract.table, all_of, contract.key_columns)
    view = table(con, f"now_{contract.table}")
    undeleted = "app_type is distinct from '3'"
    duplicates = table(con, f"dup_{contract.table}")
    if not con.execute(f"select 1 from {duplicates} limit 1").fetchall():
        con.execute(f"create view {view} as from {all_of} where {undeleted}")
        return
    keys = ", ".join(map(quoted, contract.key_columns))
    twice = f"hash({keys}) in (from {duplicates})"
    newest = (
        f"row_number() over (partition by {keys} order by app_at desc nulls last, staged desc, "
        "file_hash desc, row_no desc) = 1"
    )
    con.execute(
        f"create view {view} as from (select * from {all_of} where not {twice} union all "
        f"(select * from {all_of} where {twice} qualify {newest})) where {undeleted}"
    )


def _stored_partners(
    con: duckdb.DuckDBPyConnection, staged: Mapping[str, Staged], kind: str, stored: Stored
) -> str | None:
    """SELECT of the stored documents of `kind` that staged documents have as partners but lack."""
    selects = []
    for each in PARTNERS:
        if each.other != kind or each.kind not in staged:
            continue
        source = window(staged[each.kind], stored, days=PARTNER_DAYS, kind=kind)
        if source is None:
            continue
        on = ", ".join(each.on)
        lacking = f"select {on} from {staged[each.kind].view}"
        if kind in staged:
            lacking += f" anti join {staged[kind].view} using ({on})"
        if con.execute(f"select 1 from ({lacking}) limit 1").fetchall():
            selects.append(f"select * from ({source}) semi join ({lacking}) using ({on})")
    if not selects:
        return None
    found = f"select distinct on (file_hash, row_no) * from ({' union all '.join(selects)})"
    return _columns(kind, f"({found})", staged=False)


def window(staged: Staged, stored: Stored, *, days: int, kind: str | None = None) -> str | None:
    """SELECT of the stored documents of `kind` (or the same kind) dated within `days` of the staged rows.

    None where none are stored.
    """
    contract = CONTRACTS[kind] if kind else staged.contract
    if staged.days is None:
        return None
    first, last = staged.days[0] - timedelta(days=days), staged.days[1] + timedelta(days=days)
    if not any(first <= day <= last for day in stored.dates.get(contract.kind, ())):
        return None
    where = f"business_date between date '{first}' and date '{last}'"
    where += f" and zone = {literal(stored.zone)}" if stored.zone else ""
    return f"select * from {LAKE}.documents.{quoted(contract.table)} where {where}"
