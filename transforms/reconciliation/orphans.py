"""Documents that no list claims: one row a document, by the keys of messages.md 1.2.

Orders and payments are claimed by their order key, waybills by carrier and number, a parcel of an inbound
detail by carrier and number (export arrival: by number, since it names the haulier), a tax bill by list number
or enterprise and order number, receipts by any of their numbers. A list whose newest version is a deletion
still claims its documents; a document whose newest version is a deletion is none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import polars as pl

from transforms.compute import computed
from transforms.current import live, newest
from transforms.inputs import Documents, document
from transforms.links import APART_DAYS, ORDER_KEY, PAYMENT, WAYBILL_KEY
from transforms.money import document_date, with_cny
from transforms.reconciliation.purchases import with_purchases
from transforms.schemas import RECONCILIATION

ORPHAN = "orphan"


@dataclass(frozen=True)
class Subject:
    """Documents of one table and the keys by which a list claims them; any of `claims` is enough.

    `key` makes the business key, `version` tells versions of it apart (None: every row is one).
    """

    table: str
    flow: str
    key: tuple[str, ...]
    claims: tuple[tuple[str, ...], ...]
    version: str | None = "app_at"
    #: Columns of the row, by name of core.reconciliation.
    columns: tuple[tuple[str, str], ...] = ()
    amount: tuple[str, str, str] | None = None  # column, its name in CNY, time that dates the rate


_TRADE = (("ebc_code", "ebc_code"), ("ebp_code", "ebp_code"), ("order_no", "order_no"))
_CARRIAGE = (("logistics_code", "logistics_code"), ("logistics_no", "logistics_no"))
_NUMBERS = (("guid",), ("agent_code", "cop_no"), ("pre_no",), ("invt_no",))
SUBJECTS: tuple[Subject, ...] = (
    Subject(
        "import_orders",
        "I",
        ORDER_KEY["I"],
        (ORDER_KEY["I"],),
        columns=_TRADE,
        amount=("actural_paid", "order_paid_cny", "app_at"),
    ),
    Subject("export_orders", "E", ORDER_KEY["E"], (ORDER_KEY["E"],), columns=_TRADE),
    Subject(
        "payments",
        "I",
        PAYMENT["I"][1],
        (ORDER_KEY["I"],),
        columns=_TRADE[1:],
        amount=("amount_paid", "paid_cny", "pay_at"),
    ),
    Subject(
        "export_payments",
        "E",
        PAYMENT["E"][1],
        (ORDER_KEY["E"],),
        columns=_TRADE,
        amount=("charge", "paid_cny", "accounting_at"),
    ),
    Subject("import_waybills", "I", WAYBILL_KEY, (WAYBILL_KEY,), columns=(*_CARRIAGE, _TRADE[2])),
    Subject("export_waybills", "E", WAYBILL_KEY, (WAYBILL_KEY,), columns=_CARRIAGE),
    Subject(
        "inbound_details",
        "I",
        ("customs_code", "cop_no", "logistics_no"),
        (WAYBILL_KEY,),
        columns=(*_CARRIAGE, ("office", "customs_code")),
    ),
    Subject(
        "export_arrivals",
        "E",
        ("customs_code", "cop_no", "logistics_no"),
        (("logistics_no",),),
        columns=(*_CARRIAGE[1:], ("office", "customs_code")),
    ),
    Subject(
        "tax_bills", "I", ("tax_no",), (("invt_no",), ORDER_KEY["E"]), "return_at", (_TRADE[0], _TRADE[2])
    ),
    Subject("import_list_receipts", "I", ("request",), _NUMBERS, None),
    Subject(
        "export_list_receipts",
        "E",
        ("request",),
        (*_NUMBERS, ORDER_KEY["E"]),
        None,
        (_TRADE[0], _TRADE[2]),
    ),
)
#: How details with a line a parcel tell their versions apart.
_DETAILS = {
    "inbound_details": ("customs_code", "cop_no"),
    "export_arrivals": ("customs_code", "cop_no", "msg_seq_no"),
}


def orphans(
    documents: Documents, lists: pl.LazyFrame, rates: pl.LazyFrame, tolerance_cny: Decimal = Decimal(0)
) -> pl.LazyFrame:
    """Rows of core.reconciliation: the documents given that none of the lists given claims.

    `documents`: all versions of each; `lists`: rows of core.lists. The business date is that of the newest
    version, of receipts the first. What shares an order key makes one purchase (`purchases`).
    """
    known = {each.flow: computed(_claims(documents, lists, each.flow)) for each in SUBJECTS[:2]}
    found = [_unclaimed(each, documents, known[each.flow], rates, tolerance_cny) for each in SUBJECTS]
    return pl.concat(found).pipe(with_purchases).pipe(computed)


def looked_at(stored: pl.LazyFrame, documents: Documents) -> pl.LazyFrame:
    """Those of the stored rows of documents without a list whose document is among the ones given."""
    return pl.concat(
        stored.filter(pl.col("subject") == each.table).join(
            _rows(each, documents).select(_business_key(each)), on="business_key", how="semi"
        )
        for each in SUBJECTS
    )


def _claims(documents: Documents, lists: pl.LazyFrame, flow: str) -> pl.LazyFrame:
    """Everything a list is known by: its current row, and the numbers of all its versions."""
    table = {"I": "import_lists", "E": "export_lists"}[flow]
    own = lists.filter(pl.col("flow") == flow)
    columns = ("guid", "agent_code", "cop_no", "pre_no", "invt_no")
    return pl.concat(
        [
            own.select(
                *columns,
                *("ebc_code", "ebp_code", "order_no", "logistics_code", "logistics_no"),
                pl.col("business_date").cast(pl.Int32).alias("_listed_on"),
            ),
            document(documents, table).select(columns),
        ],
        how="diagonal",
    )


def _unclaimed(
    subject: Subject, documents: Documents, claims: pl.LazyFrame, rates: pl.LazyFrame, tolerance_cny: Decimal
) -> pl.LazyFrame:
    rows = _rows(subject, documents)
    rest = computed(_without_list(rows, subject, claims))
    if subject.version is None:
        # Several receipts of a request share a date: all that the row shows decides, never the order of arrival.
        shown = ("business_date", "return_at", *(column for _, column in subject.columns))
        found = rest.sort(*shown, nulls_last=True).unique("request", keep="first", maintain_order=True)
    else:
        # A list may claim a document by another version of it, so all versions of the rest decide.
        own = list(subject.key)
        versions = rows.join(rest.select(own).unique(), on=own, how="semi", nulls_equal=True)
        current = live if "app_type" in rows.collect_schema() else newest
        found = _without_list(versions.pipe(current, own, subject.version), subject, claims)
    return _shaped(found, subject, rates, tolerance_cny)


def _rows(subject: Subject, documents: Documents) -> pl.LazyFrame:
    """Rows with the subject's key as columns: details by parcel, receipts by the request they answer."""
    found = document(documents, subject.table, compared=True)
    if subject.table in _DETAILS:
        current = found.pipe(live, _DETAILS[subject.table])
        found = current.rename({"item_logistics_no": "logistics_no"}).explode(
            "logistics_no", empty_as_null=False, keep_nulls=False
        )
    if subject.version is None:
        own = pl.concat_str("agent_code", "cop_no", separator="|")
        found = found.with_columns(pl.coalesce(own, "pre_no", "invt_no", "guid").alias("request"))
    return found.filter(pl.col(subject.key[0]).is_not_null())


def _without_list(rows: pl.LazyFrame, subject: Subject, claims: pl.LazyFrame) -> pl.LazyFrame:
    for key in subject.claims:
        if WAYBILL_KEY[-1] in key:
            rows = _without_near_list(rows, key, claims)
        else:
            rows = rows.join(claims.select(key).drop_nulls().unique(), on=list(key), how="anti")
    return rows


def _without_near_list(rows: pl.LazyFrame, key: Sequence[str], claims: pl.LazyFrame) -> pl.LazyFrame:
    """Rows whose waybill number no list names, or only lists too far away in time (links.APART_DAYS)."""
    listed = claims.drop_nulls(key).group_by(key).agg(pl.col("_listed_on").unique())
    apart = (pl.col("_listed_on") - pl.col("business_date").cast(pl.Int32)).list.eval(pl.element().abs())
    known = ~pl.col("_listed_on").list.eval(pl.element().is_null()).list.any()
    far = known & (apart.list.min() > APART_DAYS).fill_null(value=False)
    return (
        rows.join(listed, on=list(key), how="left")
        .filter(pl.col("_listed_on").is_null() | far)
        .drop("_listed_on")
    )


def _business_key(subject: Subject) -> pl.Expr:
    parts = [pl.col(each).fill_null("") for each in subject.key]
    return pl.concat_str(parts, separator="|").alias("business_key")


def _shaped(
    found: pl.LazyFrame, subject: Subject, rates: pl.LazyFrame, tolerance_cny: Decimal
) -> pl.LazyFrame:
    if subject.amount:
        amount, name, time = subject.amount
        found = found.with_columns(document_date(time)).pipe(with_cny, amount, name, rates)
    if subject.table == "import_orders":
        found = found.pipe(with_cny, "goods_value", "value_cny", rates)
    there = {
        "has_inbound": subject.table in _DETAILS,
        "has_tax_bill": subject.table == "tax_bills",
        "has_list": False,
    }
    time = {"app_at": "app_at", "return_at": "return_at", None: "return_at"}[subject.version]
    values = {
        **{name: pl.col(column) for name, column in subject.columns},
        **{name: pl.lit(flag) for name, flag in there.items()},
        **{
            name: pl.col(name)
            for name in ("order_paid_cny", "paid_cny", "value_cny")
            if name in found.collect_schema()
        },
        "zone": pl.col("zone"),
        "business_date": pl.col("business_date"),
        "subject": pl.lit(subject.table),
        "business_key": _business_key(subject),
        "flow": pl.lit(subject.flow),
        "result": pl.lit(ORPHAN),
        "reasons": pl.lit([ORPHAN]),
        "payments": pl.lit(1 if subject.table in ("payments", "export_payments") else 0),
        "tolerance_cny": pl.lit(tolerance_cny),
        "first_at": pl.col(time),
    }
    return found.select(
        values.get(name, pl.lit(None)).cast(dtype).alias(name) for name, dtype in RECONCILIATION.items()
    )
