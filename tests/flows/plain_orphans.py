"""Documents without a list, computed once more from all that is stored: plain loops over sets, no order of arrival.

Keys by hand from the message specifications: an order by platform (export: enterprise) and number, a waybill by
carrier and number, a parcel of a detail by carrier and number (export: by number), a tax bill by list number or
enterprise and order.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from warehouse import Home, Lake

Row = dict[str, Any]


@dataclass(frozen=True)
class Plain:
    """How one table is told apart and claimed."""

    table: str
    flow: str
    key: tuple[str, ...]
    claims: tuple[tuple[str, ...], ...]
    newest_by: str = "app_at"


TABLES = (
    Plain("import_orders", "I", ("ebp_code", "order_no"), (("ebp_code", "order_no"),)),
    Plain("export_orders", "E", ("ebc_code", "order_no"), (("ebc_code", "order_no"),)),
    Plain("payments", "I", ("pay_code", "pay_transaction_id"), (("ebp_code", "order_no"),)),
    Plain("export_payments", "E", ("ebc_code", "order_no", "pay_no"), (("ebc_code", "order_no"),)),
    Plain("import_waybills", "I", ("logistics_code", "logistics_no"), (("logistics_code", "logistics_no"),)),
    Plain("export_waybills", "E", ("logistics_code", "logistics_no"), (("logistics_code", "logistics_no"),)),
    Plain("tax_bills", "I", ("tax_no",), (("invt_no",), ("ebc_code", "order_no")), "return_at"),
)
#: A detail lists many parcels; what tells its versions apart, and what names a parcel.
DETAILS = (
    ("inbound_details", "I", ("customs_code", "cop_no"), ("logistics_code", "logistics_no")),
    ("export_arrivals", "E", ("customs_code", "cop_no", "msg_seq_no"), ("logistics_no",)),
)


def plain_orphans(home: Home) -> set[tuple[str, str]]:
    """(table, business key) of every stored document, receipts apart, that no list claims."""
    with Lake.read(home) as lake:

        def rows(table: str) -> list[Row]:
            result = lake.con.execute(f"SELECT * FROM wh.{table}")
            names = [each[0] for each in result.description or []]
            return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

        lists = {flow: [row for row in rows("core.lists") if row["flow"] == flow] for flow in "IE"}
        versions = {"I": rows("documents.import_lists"), "E": rows("documents.export_lists")}
        found: set[tuple[str, str]] = set()
        for plain in TABLES:
            numbers = (
                [*lists[plain.flow], *versions[plain.flow]]
                if plain.table == "tax_bills"
                else lists[plain.flow]
            )
            claimed = {key: borne(numbers, key) for key in plain.claims}
            for row in newest(rows(f"documents.{plain.table}"), plain.key, plain.newest_by):
                if not any(under(row, key) in claimed[key] for key in plain.claims):
                    found.add((plain.table, spelled(row, plain.key)))
        for table, flow, own, parcel in DETAILS:
            parcels = borne(lists[flow], parcel)
            for row in newest(rows(f"documents.{table}"), own, "app_at"):
                for item in row["items"] or []:
                    one = {**row, "logistics_no": item["logistics_no"]}
                    if under(one, parcel) not in parcels:
                        found.add((table, spelled(one, ("customs_code", "cop_no", "logistics_no"))))
    return found


def borne(lists: Iterable[Row], key: tuple[str, ...]) -> set[tuple[Any, ...]]:
    """What the lists bear under a key; one of which a part is missing claims nothing."""
    values = (tuple(each.get(name) for name in key) for each in lists)
    return {each for each in values if None not in each}


def under(row: Row, key: tuple[str, ...]) -> tuple[Any, ...]:
    """The row's own values under a key."""
    return tuple(row[name] for name in key)


def newest(rows: Iterable[Row], key: tuple[str, ...], by: str) -> list[Row]:
    """The greatest version of each key that is not a deletion."""
    current: dict[tuple[Any, ...], Row] = {}
    for row in rows:
        own = tuple(row[name] for name in key)
        if row[key[0]] is None:
            continue
        if own not in current or (row[by] is not None and row[by] >= current[own][by]):
            current[own] = row
    return [row for row in current.values() if row.get("app_type") != "3"]


def spelled(row: Row, key: tuple[str, ...]) -> str:
    """The key as core.reconciliation writes it."""
    return "|".join(row[name] or "" for name in key)
