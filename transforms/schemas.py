"""The core tables, column by column: type and meaning, declared once.

The warehouse derives its DDL from here (`sql_type`), the transforms their output types, the data
dictionary its descriptions. Times are local Beijing time to the millisecond (`_at`), money is CNY
(`_cny`), weights are kilograms (`_kg`).
"""

from __future__ import annotations

import polars as pl

TIME = pl.Datetime("ms")
MONEY = pl.Decimal(19, 5)
#: Sums of many lists; wide enough for years of a zone.
TOTAL = pl.Decimal(28, 5)
EXCLUSION = pl.Struct({"reason": pl.String(), "start_at": TIME, "end_at": TIME})
#: A goods line; `article` is the enterprise's number of the goods, else that of the bonded records.
GOODS = pl.Struct(
    {
        "hs": pl.String(),
        "article": pl.String(),
        "country": pl.String(),
        "value_cny": MONEY,
        "quantity": MONEY,
        "unit": pl.String(),
    }
)
PAYMENT = pl.Struct({"institution": pl.String(), "paid_at": TIME, "amount_cny": MONEY, "deleted_at": TIME})
#: A tax bill; times: first made, void; expected_cny null: cannot be told.
TAX_BILL = pl.Struct(
    {
        "assessed_at": TIME,
        "void_at": TIME,
        "customs_tax_cny": MONEY,
        "value_added_tax_cny": MONEY,
        "consumption_tax_cny": MONEY,
        "items": pl.Int64(),
        "dutiable_cny": MONEY,
        "expected_cny": MONEY,
    }
)
#: A tax bill that was summarised, first.
TAX_SUMMARY = pl.Struct(
    {"at": TIME, "customs_tax_cny": MONEY, "value_added_tax_cny": MONEY, "consumption_tax_cny": MONEY}
)
REJECTION = pl.Struct({"at": TIME, "reason": pl.String()})

_TEXT, _COUNT, _DATE, _FLAG, _REAL = pl.String(), pl.Int64(), pl.Date(), pl.Boolean(), pl.Float64()

_LISTS: tuple[tuple[str, pl.DataType, str], ...] = (
    ("zone", _TEXT, "pilot zone"),
    ("business_date", _DATE, "date of the first version's app_at, else of the first receipt"),
    ("flow", _TEXT, "I import, E export"),
    ("mode", _TEXT, "supervision mode (tradeMode)"),
    ("office", _TEXT, "declaration customs office (customsCode)"),
    ("port_code", _TEXT, "port customs office"),
    ("ebc_code", _TEXT, "e-commerce enterprise; with flow and order_no the key of a list"),
    ("order_no", _TEXT, "order number"),
    ("ebp_code", _TEXT, "e-commerce platform"),
    ("guid", _TEXT, "guid of the current version"),
    ("cop_no", _TEXT, "enterprise internal number"),
    ("pre_no", _TEXT, "e-port number, from the list or else from its receipts"),
    ("invt_no", _TEXT, "customs list number, from the list or else from its receipts"),
    ("agent_code", _TEXT, "declarant"),
    ("logistics_code", _TEXT, "carrier"),
    ("logistics_no", _TEXT, "waybill number"),
    ("traf_mode", _TEXT, "transport mode"),
    ("country", _TEXT, "import: country of departure, export: country of destination"),
    ("bill_no", _TEXT, "bill of lading or master air waybill"),
    ("app_at", TIME, "time of the current version by the enterprise's clock"),
    ("app_type", _TEXT, "report type of the current version; 3 is a deletion"),
    ("versions", _COUNT, "distinct version times seen"),
    ("items", _COUNT, "goods lines"),
    (
        "goods",
        pl.List(GOODS),
        "goods lines: HS code, article, import: country of origin, export: of destination, item total, "
        "quantity in the first legal unit, that unit",
    ),
    ("packages", _COUNT, "stated number of packages (packNo)"),
    ("value_cny", MONEY, "sum of the item totals; null where a rate is missing or no total is stated"),
    ("freight_cny", MONEY, "freight; null where not stated as an amount"),
    ("insured_fee_cny", MONEY, "insurance; null where not stated as an amount"),
    ("tax_cny", MONEY, "sum of the tax bills that are not void; null where there is no bill"),
    ("tax_bills", pl.List(TAX_BILL), "tax bills of the list, by time; see transforms.taxes"),
    ("tax_summaries", pl.List(TAX_SUMMARY), "those of them that were summarised, and when, by time"),
    ("gross_weight_kg", MONEY, "gross weight of the list"),
    ("net_weight_kg", MONEY, "net weight of the list"),
    ("has_order", _FLAG, "an order document is linked"),
    ("order_app_at", TIME, "app_at of the order"),
    ("actual_paid_cny", MONEY, "amount actually paid according to the order (import)"),
    ("has_payment", _FLAG, "at least one payment document is linked"),
    ("pay_at", TIME, "time of the last payment of the order"),
    ("amount_paid_cny", MONEY, "sum of the payments of the order"),
    (
        "payments",
        pl.List(PAYMENT),
        "payments of the order; amount_cny null: no amount or no rate; deleted_at: appType 3",
    ),
    ("has_waybill", _FLAG, "a waybill document is linked"),
    ("waybill_app_at", TIME, "app_at of the waybill"),
    ("saved_at", TIME, "first status 1, saved at the e-port"),
    ("declared_status_at", TIME, "first status 2, being declared"),
    ("sent_at", TIME, "first status 3, sent to customs"),
    ("failed_at", TIME, "first status 4, sending failed"),
    ("rejected_at", TIME, "first status 100, rejected by customs"),
    ("accepted_at", TIME, "first status 120, accepted into customs"),
    ("review_at", TIME, "first status 300, manual review"),
    ("review_done_at", TIME, "first status 399, review finished"),
    ("waiting_at", TIME, "first status 400, waits for the goods to arrive"),
    ("inspected_at", TIME, "first status 500, inspection"),
    ("detained_at", TIME, "first status 501, 502, 503, 509 or 599, detained"),
    ("suspended_at", TIME, "first status 600, suspended"),
    ("returned_abroad_at", TIME, "first status 700, returned abroad"),
    ("released_at", TIME, "first status 800, released"),
    ("closed_at", TIME, "first status 899, closed"),
    (
        "error_at",
        TIME,
        "first negative status, processing error; none that only refuses a message about an accepted list",
    ),
    ("declared_at", TIME, "first status 2, else app_at of the first version"),
    ("review_next_at", TIME, "next other status after the first 300"),
    ("waiting_next_at", TIME, "next other status after the first 400"),
    ("inspected_next_at", TIME, "next other status after the first 500"),
    ("arrived_at", TIME, "acceptance of the inbound detail (export: of the arrival), else its app_at"),
    ("gate_out_at", TIME, "second, else first gate passage out of the bonded zone (import)"),
    ("signed_at", TIME, "first waybill status S"),
    (
        "cancelled_at",
        TIME,
        "cancellation granted and no declaration since, or app_at of a deletion that is the newest version",
    ),
    ("returned_at", TIME, "return granted, or status 700"),
    ("amended_at", TIME, "first version that is a change (appType 2)"),
    ("cancel_asked_at", TIME, "first request for cancellation"),
    ("cancel_granted_at", TIME, "first granted cancellation, also where the list was declared again since"),
    ("cancel_refused_at", TIME, "first refusal of a cancellation that was never granted"),
    ("return_asked_at", TIME, "first request for return (import)"),
    ("return_refused_at", TIME, "first refusal of a return that was never granted"),
    (
        "rejections",
        pl.List(REJECTION),
        "rejections, failed sendings, errors and refused messages, by time; see transforms.rejections",
    ),
    ("state", _TEXT, "one of transforms.state.STATES"),
    ("state_at", TIME, "since when the list is in its state"),
    ("vanished_at", TIME, "when a later version of its file was found to lack it; null: its source tells it"),
    ("exclusions", pl.List(EXCLUSION), "times not charged to customs; end_at null: unfinished"),
    ("figure_dates", pl.List(_DATE), "days, besides those of DATED_BY, on which the list counts in a figure"),
)

_LIST_EVENTS: tuple[tuple[str, pl.DataType, str], ...] = (
    ("zone", _TEXT, "pilot zone"),
    ("business_date", _DATE, "business date of the list"),
    ("flow", _TEXT, "I import, E export"),
    ("ebc_code", _TEXT, "e-commerce enterprise of the list"),
    ("order_no", _TEXT, "order number of the list"),
    ("seq", _COUNT, "1-based order of the statuses of the list by time"),
    ("status", _TEXT, "receipt status; unknown codes are kept"),
    ("at", TIME, "time of the receipt"),
    ("info", _TEXT, "receipt text, reduced to its known phrases"),
    ("file_hash", _TEXT, "file the receipt came in (the smallest where it came in several)"),
)

_RECONCILIATION: tuple[tuple[str, pl.DataType, str], ...] = (
    ("zone", _TEXT, "pilot zone"),
    ("business_date", _DATE, "business date of the list, else of the newest version of the document"),
    ("subject", _TEXT, "list, else the documents table of a document that no list claims"),
    ("business_key", _TEXT, "key of the list or document, its parts joined by |"),
    ("flow", _TEXT, "I import, E export"),
    ("mode", _TEXT, "supervision mode of the list"),
    ("office", _TEXT, "declaration customs office of the list"),
    ("ebc_code", _TEXT, "e-commerce enterprise"),
    ("ebp_code", _TEXT, "e-commerce platform"),
    ("order_no", _TEXT, "order number"),
    ("logistics_code", _TEXT, "carrier"),
    ("logistics_no", _TEXT, "waybill number"),
    ("has_list", _FLAG, "the row is a list"),
    ("has_order", _FLAG, "the purchase has an order"),
    ("has_payment", _FLAG, "the purchase has a payment"),
    ("has_waybill", _FLAG, "the purchase has a waybill"),
    ("has_inbound", _FLAG, "an inbound detail (export: an arrival) names the waybill"),
    ("has_tax_bill", _FLAG, "there is a tax bill"),
    ("leads", _FLAG, "the one row that stands for its purchase; presence patterns count these"),
    ("result", _TEXT, "matched, else the first of the reasons"),
    ("reasons", pl.List(_TEXT), "every reason code, in order of precedence (docs/method-reconciliation.md)"),
    ("payments", _COUNT, "payments added up in paid_cny"),
    ("order_paid_cny", MONEY, "amount actually paid according to the order"),
    ("paid_cny", MONEY, "sum of the payments of the order"),
    ("difference_cny", MONEY, "paid_cny - order_paid_cny"),
    ("tolerance_cny", MONEY, "how far amounts may lie apart and still match"),
    ("value_cny", MONEY, "value of the list; goods value of an order without one"),
    ("dutiable_cny", MONEY, "goods, freight and insurance of an import list: what the limits are about"),
    ("counted_at", TIME, "release from which the list counts towards the buyer's year; null: it does not"),
    ("buyer", _COUNT, "60 bits of the digest of the buyer's identity: tells buyers apart; null: unknown"),
    ("first_at", TIME, "app_at of the first version of the first of the documents"),
    ("matched_at", TIME, "app_at of the last of the documents as they are; null where they do not agree"),
    ("hours_until_matched", _REAL, "matched_at - first_at in hours"),
)

#: core.lists: one row a customs list (flow, ebc_code, order_no).
LISTS: dict[str, pl.DataType] = {name: dtype for name, dtype, _ in _LISTS}
#: core.list_events: one row a status of a list.
LIST_EVENTS: dict[str, pl.DataType] = {name: dtype for name, dtype, _ in _LIST_EVENTS}
#: core.reconciliation: one row a list, and one row a document that no list claims (subject, flow, business_key).
RECONCILIATION: dict[str, pl.DataType] = {name: dtype for name, dtype, _ in _RECONCILIATION}
#: The core tables by name.
CORE: dict[str, dict[str, pl.DataType]] = {
    "lists": LISTS,
    "list_events": LIST_EVENTS,
    "reconciliation": RECONCILIATION,
}
#: What each column means, by table.
DESCRIPTIONS: dict[str, dict[str, str]] = {
    "lists": {name: text for name, _, text in _LISTS},
    "list_events": {name: text for name, _, text in _LIST_EVENTS},
    "reconciliation": {name: text for name, _, text in _RECONCILIATION},
}

#: Columns of core.lists whose day brings a list into the figures of that day; so do its `figure_dates`, the
#: days of what it has several of.
DATED_BY = (
    "declared_at",
    "accepted_at",
    "rejected_at",
    "released_at",
    "gate_out_at",
    "signed_at",
    "cancelled_at",
    "returned_at",
)
#: Columns with things whose figures stand on their own `at` alone: a list that changes in nothing else brings only
#: those days to be looked at again. Customs summarises the bills of a whole month at once.
QUIET = ("tax_summaries",)

_SQL: dict[type[pl.DataType], str] = {
    pl.String: "VARCHAR",
    pl.Int64: "BIGINT",
    pl.Boolean: "BOOLEAN",
    pl.Date: "DATE",
    pl.Datetime: "TIMESTAMP",
    pl.Float64: "DOUBLE",
}


def sql_type(dtype: pl.DataType) -> str:
    """DuckDB type of a Polars type; a type no table of ours uses is an error."""
    if isinstance(dtype, pl.Decimal):
        return f"DECIMAL({dtype.precision},{dtype.scale})"
    if isinstance(dtype, pl.List):
        return f"{sql_type(_instance(dtype.inner))}[]"
    if isinstance(dtype, pl.Struct):
        inner = ", ".join(f'"{each.name}" {sql_type(_instance(each.dtype))}' for each in dtype.fields)
        return f"STRUCT({inner})"
    try:
        return _SQL[type(dtype)]
    except KeyError:
        raise TypeError(f"no DuckDB type is declared for {dtype}; add it in transforms/schemas.py") from None


def _instance(dtype: object) -> pl.DataType:
    if isinstance(dtype, pl.DataType):
        return dtype
    if isinstance(dtype, type) and issubclass(dtype, pl.DataType):
        return dtype()
    raise TypeError(f"{dtype!r} is no Polars type")
