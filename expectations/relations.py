"""Rules that look at more than one row: M4 (versions), A2 (order and payment), A4 (list and order).

A2 and A4 compare current versions (greatest report time per key, deletions left out) over the staged rows
and, where a staged row's partner is not staged, the stored documents of the days around it. The finding
is attached to the order (A2) or the list (A4), or, if that is stored already, to the row that is staged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from expectations.amounts import CNY, FEN
from expectations.clauses import literal, quoted
from expectations.current import Stored, prepare, window
from expectations.stage import Staged, key_of, table
from sources.contracts import CONTRACTS, Contract


@dataclass(frozen=True)
class Relation:
    """A query for the rows of one kind that break `rule`, each failing row once.

    `rows` gives file_hash, row_no, line_no, business_key, found_field and found_detail.
    """

    rule: str
    kind: str
    rows: str


def relations(
    con: duckdb.DuckDBPyConnection, staged: Mapping[str, Staged], zone: str | None
) -> dict[str, list[Relation]]:
    """The relations of each staged kind, with the views they read made ready."""
    stored = Stored.around(con, staged.values(), zone)
    current = prepare(con, staged, stored)
    found: dict[str, list[Relation]] = {kind: [] for kind in staged}
    for kind, each in staged.items():
        if each.contract.version:
            found[kind].append(Relation("M4", kind, _same_version(con, each, stored)))
    for rule, main, other, build in _PAIRS:
        if not {main, other} <= set(current):
            continue
        if main in staged:
            found[main].append(Relation(rule, main, build(con, main, other, main)))
        if other in staged and current[main]:  # a stored partner bears no finding: the staged row does
            found[other].append(Relation(rule, other, build(con, main, other, other)))
    return found


def _now(con: duckdb.DuckDBPyConnection, kind: str) -> str:
    return table(con, f"now_{CONTRACTS[kind].table}")


def _payment(con: duckdb.DuckDBPyConnection, order: str, payment: str, kind: str) -> str:
    """A2, attached to rows of `kind`."""
    paid = (
        "select ebp_code, order_no, sum(amount_paid) as paid, bool_and(currency = "
        f"{literal(CNY)} and amount_paid is not null) as decidable from {_now(con, payment)} group by all"
    )
    differ = f"o.currency = {literal(CNY)} and p.decidable and abs(o.actural_paid - p.paid) >= {FEN}"
    text = "'order ' || o.actural_paid || ', payments ' || p.paid as found_detail"
    orders = f"{_now(con, order)} o join ({paid}) p using (ebp_code, order_no)"
    if kind == order:
        place = "o.file_hash, o.row_no, o.line_no, o.business_key, 'acturalPaid' as found_field"
        return f"select {place}, {text} from {orders} where o.staged and {differ}"
    place = "s.file_hash, s.row_no, s.line_no, s.business_key, 'amountPaid' as found_field"
    return (
        f"select {place}, {text} from {orders} join {_now(con, payment)} s using (ebp_code, order_no) "
        f"where s.staged and not o.staged and {differ}"
    )


def _items(con: duckdb.DuckDBPyConnection, list_kind: str, order_kind: str, kind: str) -> str:
    """A4, attached to rows of `kind`. Items without a number on either side are not compared."""
    same = "coalesce(y.qty = x.qty, true) and coalesce(y.price = x.price, true) "
    same += "and coalesce(y.total_price = x.total_price, true)"
    pair = f"y.gnum = x.gnum and {same}"
    unmatched = f"list_filter({{here}}, lambda x: len(list_filter({{there}}, lambda y: {pair})) = 0)"
    numbered = " and ".join(f"len(list_filter({each}.items, lambda x: x.gnum is null)) = 0" for each in "lo")
    listed = unmatched.format(here="l.items", there="o.items")
    ordered = unmatched.format(here="o.items", there="l.items")
    at, ready = ("l", "l.staged") if kind == list_kind else ("o", "o.staged and not l.staged")
    text = (
        "case when len(in_list) > 0 then 'item ' || in_list[1].gnum || ' of the list is not the order''s' "
        "else 'item ' || in_order[1].gnum || ' of the order is not in the list' end as found_detail"
    )
    pairs = (
        f"select {at}.file_hash, {at}.row_no, {at}.line_no, {at}.business_key, {listed} as in_list, "
        f"{ordered} as in_order from {_now(con, list_kind)} l join {_now(con, order_kind)} o "
        f"using (ebc_code, order_no) where {ready} and {numbered} and l.items <> o.items"
    )
    return (
        f"select file_hash, row_no, line_no, business_key, 'items' as found_field, {text} from ({pairs}) "
        "where len(in_list) > 0 or len(in_order) > 0 "
        "qualify row_number() over (partition by file_hash, row_no order by business_key) = 1"
    )


def _same_version(con: duckdb.DuckDBPyConnection, staged: Staged, lake: Stored) -> str:
    """M4 among the staged rows and against stored rows of the same dates; the guid is not content."""
    contract = staged.contract
    version = contract.version_column or contract.business_column
    keys = [*contract.key_columns, version]
    content = _content(contract)
    place = f"file_hash, row_no, line_no, {key_of(contract)} as business_key"
    twice = table(con, f"dup_{contract.table}")
    hashed = f"hash({', '.join(map(quoted, contract.key_columns))})"
    by = ", ".join(map(quoted, keys))
    rows = (
        f"select {place}, {content} as content, min({content}) over (partition by {by}) as other "
        f"from {staged.view} where {hashed} in (from {twice}) and {quoted(version)} is not null "
        f"qualify other <> max({content}) over (partition by {by})"
    )
    text = f"{literal(contract.version or '')} as found_field, "
    text += "'another document has the same key and version' as found_detail"
    found = f"select file_hash, row_no, line_no, business_key, {text} from ({rows})"
    stored = window(staged, lake, days=0)
    if stored is None:
        return found
    same = " and ".join(f"s.{quoted(each)} is not distinct from d.{quoted(each)}" for each in keys)
    older = (
        f"select s.file_hash, s.row_no, s.line_no, s.business_key, {text} from "
        f"(select *, {content} as content, {key_of(contract)} as business_key from {staged.view}) s "
        f"semi join (select *, {content} as content from ({stored})) d on {same} "
        f"and s.{quoted(version)} = d.{quoted(version)} and s.content <> d.content"
    )
    return f"select distinct on (file_hash, row_no) * from ({found} union all {older})"


def _content(contract: Contract) -> str:
    return f"hash({', '.join(quoted(each) for each in contract.sql_columns if each != 'guid')})"


#: rule, the kind that bears the finding, its partner, the query
_PAIRS = (
    ("A2", "CEB311", "CEB411", _payment),
    ("A4", "CEB621", "CEB311", _items),
    ("A4", "CEB603", "CEB303", _items),
)

#: The rules whose answer depends on what is stored.
RELATIONAL = ("M4", *dict.fromkeys(rule for rule, *_ in _PAIRS))
