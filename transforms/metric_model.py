"""What a published table is made of: columns with their one definition, and the columns tables share."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from transforms.schemas import TOTAL


@dataclass(frozen=True)
class Column:
    """One column of a metric table; `formula` is written so that it can be computed by hand.

    `since` is the definition version the column, or its present formula, came with.
    """

    id: str
    zh: str
    en: str
    unit: str
    formula: str
    source: str
    since: str
    dtype: pl.DataType
    #: How days become a month: "sum", "max", "no" (it cannot be told from the days), or the ids of
    #: numerator and denominator, whose sums are divided again.
    over_days: str | tuple[str, str] = "no"


@dataclass(frozen=True)
class MetricTable:
    """A daily table: one row a combination of its grain columns."""

    name: str
    zh: str
    en: str
    grain: tuple[Column, ...]
    values: tuple[Column, ...]

    @property
    def columns(self) -> tuple[Column, ...]:
        """Grain columns, then value columns, in table order."""
        return (*self.grain, *self.values)

    @property
    def schema(self) -> dict[str, pl.DataType]:
        """Polars schema of the table."""
        return {each.id: each.dtype for each in self.columns}

    @property
    def grain_ids(self) -> tuple[str, ...]:
        """Names of the columns that make a row unique (with its vintage)."""
        return tuple(each.id for each in self.grain)


_TEXT, _COUNT, _REAL = pl.String(), pl.Int64(), pl.Float64()

ZONE = Column("zone", "综试区", "pilot zone", "code", "zone of the list", "lists.zone", "1", _TEXT)
DATE = Column(
    "business_date", "业务日期", "business date", "date", "calendar day in Asia/Shanghai", "", "1", pl.Date()
)
BREAKDOWN = (
    Column(
        "flow",
        "进出口",
        "import or export",
        "I, E, all",
        "flow of the list; all: both",
        "lists.flow",
        "1",
        _TEXT,
    ),
    Column(
        "mode",
        "监管方式",
        "supervision mode",
        "code, unknown, all",
        "tradeMode of the list; unknown where empty",
        "lists.mode",
        "1",
        _TEXT,
    ),
    Column(
        "office",
        "申报地海关",
        "customs office",
        "code, unknown, all",
        "customsCode of the list; unknown where empty",
        "lists.office",
        "1",
        _TEXT,
    ),
)


def basis(values: tuple[str, ...], formula: str) -> Column:
    """Which time puts a list into a day."""
    return text("basis", "口径", "basis", ", ".join(values), formula, "")


def text(
    id_: str, zh: str, en: str, unit: str, formula: str, source: str = "lists", since: str = "1"
) -> Column:
    """A breakdown or a reason: a code or word; `unit` lists the values or names the code list."""
    return Column(id_, zh, en, unit, formula, source, since, _TEXT)


def count(
    id_: str, zh: str, en: str, formula: str, source: str = "lists", since: str = "1", over_days: str = "sum"
) -> Column:
    """A number of things; distinct things do not add up over days (`over_days="no"`)."""
    return Column(id_, zh, en, "count", formula, source, since, _COUNT, over_days)


def hours(id_: str, zh: str, en: str, formula: str, source: str = "lists", since: str = "1") -> Column:
    """A duration in hours."""
    return Column(id_, zh, en, "h", formula, source, since, _REAL)


def share(
    id_: str, zh: str, en: str, unit: str, formula: str, source: str = "lists", since: str = "1"
) -> Column:
    """A fraction between 0 and 1; `unit` says of what, and a column of the row holds that number."""
    return Column(id_, zh, en, unit, formula, source, since, _REAL)


def money(id_: str, zh: str, en: str, formula: str, source: str = "lists", since: str = "1") -> Column:
    """A sum in CNY."""
    return Column(id_, zh, en, "CNY", formula, source, since, TOTAL, "sum")


def weight(id_: str, zh: str, en: str, formula: str, source: str = "lists", since: str = "1") -> Column:
    """A sum in kg."""
    return Column(id_, zh, en, "kg", formula, source, since, TOTAL, "sum")
