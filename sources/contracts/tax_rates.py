"""Import VAT in force and the relief of retail imports: rules the tax bills of customs follow."""

from __future__ import annotations

from decimal import Decimal

#: VAT in force from a date: (first day, standard, reduced).
VAT_RATES = (
    ("2019-04-01", Decimal("0.13"), Decimal("0.09")),
    ("2018-05-01", Decimal("0.16"), Decimal("0.10")),
    ("2017-07-01", Decimal("0.17"), Decimal("0.11")),
    ("2009-01-01", Decimal("0.17"), Decimal("0.13")),
)
#: Share of import VAT and consumption tax that is due within the limits.
RELIEF = Decimal("0.7")
