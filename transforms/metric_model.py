"""What a published table is made of: columns with their one definition, and the columns tables share."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from transforms.schemas import TOTAL


@dataclass(frozen=True)
class Column:
    """One column of a metric table; `formula` is written so that it can be computed by hand.

    `since` is the definition version the column, or its present formula, came with; empty: its table's.
    """

    id: str
    zh: str
    en: str
    unit: str
    formula: str
    source: str
    since: str
    dtype: pl.DataType
    #: How days become a month: "sum", "max", "last" (that of the last day covered), "stock" (the same, and 0 where
    #: the cell has no row on that day), "no" (it cannot be told from the days), or (numerator, denominator), which
    #: are divided again. A numerator or denominator is a column's id for its sum, `max:<id>` for its largest day,
    #: `mean:<id>` for its mean day.
    over_days: str | tuple[str, str] = "no"
    #: Breakdowns that the amount does not tell apart: it is of all rows of the day that agree in the others. Over
    #: days it is added up over the whole of that group, since a day without a row of the cell still has it. Such
    #: an amount can only be a "sum", and some row of the group must be there on every day that has the amount.
    across: tuple[str, ...] = ()
    #: Where a column is a "stock" only in rows of one breakdown, that breakdown and its value: in the other rows every
    #: day has things of its own (a cohort), which add up. Empty: everywhere.
    stock_where: tuple[str, str] | None = None


@dataclass(frozen=True)
class MetricTable:
    """A daily table: one row a combination of its grain columns.

    `since` is the definition version the table came with; a column that came or changed later says its own.
    """

    name: str
    zh: str
    en: str
    grain: tuple[Column, ...]
    values: tuple[Column, ...]
    since: str = "2"

    @property
    def columns(self) -> tuple[Column, ...]:
        """Grain columns, then value columns, in table order."""
        return (*self.grain, *self.values)

    @property
    def schema(self) -> dict[str, pl.DataType]:
        """Polars schema of the table."""
        return {each.id: each.dtype for each in self.columns}

    def since_of(self, column: Column) -> str:
        """Definition version of a column of this table."""
        return column.since or self.since

    @property
    def grain_ids(self) -> tuple[str, ...]:
        """Names of the columns that make a row unique (with its vintage)."""
        return tuple(each.id for each in self.grain)


_TEXT, _COUNT, _REAL = pl.String(), pl.Int64(), pl.Float64()

ZONE = Column("zone", "综试区", "pilot zone", "code", "zone of the list", "lists.zone", "", _TEXT)
DATE = Column(
    "business_date", "业务日期", "business date", "date", "calendar day in Asia/Shanghai", "", "", pl.Date()
)
BREAKDOWN = (
    Column(
        "flow",
        "进出口",
        "import or export",
        "I, E, all",
        "flow of the list; all: both",
        "lists.flow",
        "",
        _TEXT,
    ),
    Column(
        "mode",
        "监管方式",
        "supervision mode",
        "code, unknown, all",
        "tradeMode of the list; unknown where empty",
        "lists.mode",
        "",
        _TEXT,
    ),
    Column(
        "office",
        "申报地海关",
        "customs office",
        "code, unknown, all",
        "customsCode of the list; unknown where empty",
        "lists.office",
        "",
        _TEXT,
    ),
)


def basis(values: tuple[str, ...], formula: str) -> Column:
    """Which time puts a list into a day."""
    return text("basis", "口径", "basis", ", ".join(values), formula, "")


def text(
    id_: str, zh: str, en: str, unit: str, formula: str, source: str = "lists", since: str = ""
) -> Column:
    """A breakdown or a reason: a code or word; `unit` lists the values or names the code list."""
    return Column(id_, zh, en, unit, formula, source, since, _TEXT)


def count(
    id_: str,
    zh: str,
    en: str,
    formula: str,
    source: str = "lists",
    since: str = "",
    over_days: str = "sum",
    across: tuple[str, ...] = (),
    stock_where: tuple[str, str] | None = None,
) -> Column:
    """A number of things; distinct things do not add up over days (`over_days="no"`)."""
    return Column(id_, zh, en, "count", formula, source, since, _COUNT, over_days, across, stock_where)


def hours(
    id_: str,
    zh: str,
    en: str,
    formula: str,
    source: str = "lists",
    since: str = "",
    over_days: str | tuple[str, str] = "no",
) -> Column:
    """A duration in hours."""
    return Column(id_, zh, en, "h", formula, source, since, _REAL, over_days)


def share(
    id_: str,
    zh: str,
    en: str,
    unit: str,
    formula: str,
    source: str = "lists",
    since: str = "",
    over_days: str | tuple[str, str] = "no",
) -> Column:
    """A fraction or ratio; `unit` says of what, and a column of the row holds that number."""
    return Column(id_, zh, en, unit, formula, source, since, _REAL, over_days)


def money(
    id_: str,
    zh: str,
    en: str,
    formula: str,
    source: str = "lists",
    since: str = "",
    over_days: str = "sum",
    across: tuple[str, ...] = (),
) -> Column:
    """A sum in CNY."""
    return Column(id_, zh, en, "CNY", formula, source, since, TOTAL, over_days, across)


def weight(
    id_: str,
    zh: str,
    en: str,
    formula: str,
    source: str = "lists",
    since: str = "",
    over_days: str = "sum",
    unit: str = "kg",
) -> Column:
    """A sum in kg, or another unit of quantity."""
    return Column(id_, zh, en, unit, formula, source, since, TOTAL, over_days)
