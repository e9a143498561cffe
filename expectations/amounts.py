"""The amount identities A1, A3, A6, A7 and A8 of one document, in exact decimals.

Tolerances. A1 compares amounts that are paid: a difference below one fen cannot be seen in a payment. A3
and A8 allow one fen an item, because each line may have been rounded on its own. A7 is exact: the head of
a tax bill is the sum of its lines.

What A6 can decide. Within the limits a parcel pays no duty and 70 % of import VAT and consumption tax:
`value x (CT + VAT) / (1 - CT) x 0.7`, which without consumption tax is value x VAT x 0.7 (9.1 % at 13 %).
- A tax bill states value, VAT and consumption tax of each item, so VAT = (0.7 x value + CT) x rate must
  hold for one of the VAT rates in force on its date. Items with duty are outside the limits: not decided.
- An order states one tax for all goods and no commodity codes. Decided only: tax above zero, CNY, value
  within the single limit; a finding where the tax is below what the reduced rate gives on the goods alone
  or above what the highest consumption tax (20 %) gives on goods and freight. In between a basket of
  several rates can explain it. A tax of zero means it was not withheld: not decided.
A8 records where the standard rate explains the tax up to one fen an item, but not to the fen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal

from expectations.clauses import Clause
from sources.contracts import Contract
from sources.contracts.tax_rates import RELIEF, SINGLE_LIMITS, VAT_RATES

FEN = "0.01"
#: The least value above half a fen at the scale of the products (8 decimals). A tax nearer than that to the
#: computed one is the computed one rounded to the fen.
OVER_HALF_FEN = "0.00500001"
CNY = "142"
#: Above every total that a field can hold (14 digits).
_NO_TOTAL = 10**15
HIGHEST_CONSUMPTION_TAX = Decimal("0.2")


#: First and last day the rows of a kind bear; one rate for all of them is cheaper than a rate a row.
Days = tuple[date, date] | None


def amount_clauses(contract: Contract, days: Days = None) -> list[Clause]:
    """The amount clauses a kind has the fields for."""
    heads, items = set(contract.sql_columns), {each.column for each in contract.items}
    found = []
    if {"actural_paid", "goods_value", "tax_total", "discount"} <= heads:
        found += _paid()
    if {"price", "qty", "total_price"} <= items:
        found += _totals(with_head="goods_value" in heads)
    if {"actural_paid", "tax_total", "currency"} <= heads:
        found += _order_tax(days)
    if "tax_price" in items:
        found += _tax_bill(days)
    return found


def _paid() -> list[Clause]:
    expected = "goods_value + coalesce(freight, 0) + coalesce(tax_total, 0) - coalesce(discount, 0)"
    detail = f"'expected ' || ({expected}) || ', stated ' || actural_paid"
    return [Clause("A1", "acturalPaid", f"abs({expected} - actural_paid) >= {FEN}", detail)]


def _totals(*, with_head: bool) -> list[Clause]:
    product = "i.price * i.qty"
    # The product of the largest values fills a DECIMAL(38): nothing can be taken from it.
    line = (
        f"case when abs({product}) >= {_NO_TOTAL} then true else abs({product} - i.total_price) > {FEN} end"
    )
    detail = "i.price || ' x ' || i.qty || ' is not ' || i.total_price"
    found = [Clause("A3", "items.totalPrice", line, detail, item=True)]
    if with_head:
        total = _sum("total_price")
        sql = f"abs(goods_value - {total}) > {FEN} * len(items) and {_all_stated('total_price')}"
        detail = f"'items add up to ' || {total} || ', stated ' || goods_value"
        found.append(Clause("A3", "goodsValue", sql, detail))
    return found


def _sum(column: str) -> str:
    return f"list_sum(list_transform(items, lambda i: i.{column}))"


def _all_stated(column: str) -> str:
    return f"len(list_filter(items, lambda i: i.{column} is null)) = 0"


def _dated(column: str, values: Sequence[tuple[str, Decimal | int]], days: Days) -> str:
    """SQL: the value in force at a time, null before the first and without a time."""
    if days:
        first, last = (_in_force(values, day) for day in days)
        if first is not None and first == last:
            return str(first)
    whens = " ".join(f"when {column} >= date '{since}' then {value}" for since, value in values)
    return f"(case {whens} end)"


def _in_force(values: Sequence[tuple[str, Decimal | int]], day: date) -> Decimal | int | None:
    return next((value for since, value in values if day.isoformat() >= since), None)


def _rates(column: str, days: Days, of: Callable[[Decimal, Decimal], Decimal]) -> str:
    """SQL: a figure made of the standard and the reduced VAT rate in force."""
    four = Decimal("0.00001")
    return _dated(
        column, [(since, of(vat, low).quantize(four).normalize()) for since, vat, low in VAT_RATES], days
    )


def _order_tax(days: Days) -> list[Clause]:
    ct = HIGHEST_CONSUMPTION_TAX
    low = _rates("app_at", days, lambda _, reduced: reduced * RELIEF)
    high = _rates("app_at", days, lambda vat, _: (ct + vat) / (1 - ct) * RELIEF)
    standard = _rates("app_at", days, lambda vat, _: vat * RELIEF)
    limit = _dated("app_at", SINGLE_LIMITS, days)
    dutiable = "(goods_value + coalesce(freight, 0))"
    slack = f"{FEN} * len(items)"
    decidable = f"app_at is not null and tax_total > 0 and currency = '{CNY}' and {dutiable} <= {limit}"
    off = f"(tax_total < goods_value * {low} - {slack} or tax_total > {dutiable} * {high} + {slack})"
    # The dutiable value includes freight, but platforms also tax the goods alone: either explains the tax.
    gap = f"least(abs(tax_total - goods_value * {standard}), abs(tax_total - {dutiable} * {standard}))"
    detail = f"'tax ' || tax_total || ' on ' || {dutiable}"
    computed = f" || ', the standard rate gives ' || round({dutiable} * {standard}, 4)"
    return [
        Clause("A6", "taxTotal", f"{off} and {decidable}", detail),
        Clause(
            "A8",
            "taxTotal",
            f"{gap} between {OVER_HALF_FEN} and {slack} and {decidable}",
            detail + computed,
        ),
    ]


def _tax_bill(days: Days) -> list[Clause]:
    found = []
    for name, column in (
        ("customsTax", "customs_tax"),
        ("valueAddedTax", "value_added_tax"),
        ("consumptionTax", "consumption_tax"),
    ):
        total = _sum(column)
        detail = f"'items add up to ' || {total} || ', stated ' || {column}"
        found.append(Clause("A7", name, f"{column} <> {total} and {_all_stated(column)}", detail))
    within = f"customs_tax <> 0 and {_sum('tax_price')} <= {_dated('return_at', SINGLE_LIMITS, days)}"
    found.append(Clause("A7", "customsTax", within, "'duty ' || customs_tax || ' within the limits'"))

    standard = _rates("return_at", days, lambda vat, _: vat)
    reduced = _rates("return_at", days, lambda _, low: low)
    base = f"(i.tax_price * {RELIEF} + i.consumption_tax)"
    gap = f"least({', '.join(f'abs(i.value_added_tax - {base} * {rate})' for rate in (standard, reduced))})"
    decidable = "i.customs_tax = 0 and return_at is not null"
    detail = f"'VAT ' || i.value_added_tax || ', the standard rate gives ' || round({base} * {standard}, 4)"
    name = "items.valueAddedTax"
    off = f"{gap} > {FEN} and {decidable}"
    near = f"{gap} between {OVER_HALF_FEN} and {FEN} and {decidable}"
    return [
        *found,
        Clause("A6", name, off, detail, item=True),
        Clause("A8", name, near, detail, item=True),
    ]
