"""Import VAT in force, and the relief and limits of retail imports: dated rules that documents are held against."""

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

#: Highest value in CNY of one purchase, and of a buyer's purchases in a calendar year, from a date on
#: (财关税〔2016〕18号, 〔2018〕49号).
SINGLE_LIMITS = (("2019-01-01", 5_000), ("2016-04-08", 2_000))
ANNUAL_LIMITS = (("2019-01-01", 26_000), ("2016-04-08", 20_000))
