"""What a family of figures is: its tables, the stored rows it reads, and the function that computes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

import polars as pl

from transforms.examples.form import Example
from transforms.metric_model import MetricTable
from transforms.stated import Stated


@dataclass(frozen=True)
class Read:
    """Stored rows a family needs besides the lists: those of the dates measured, by `business_date`.

    `table` is a table of the lake with a zone and a business date ("documents.payments",
    "ledger.coverage"); `before` and `after` are days more on either side of each date.
    """

    table: str
    columns: tuple[str, ...]
    before: int = 0
    after: int = 0


@dataclass(frozen=True)
class Inputs:
    """Everything figures are computed from. `rows` holds what was asked for (`Read`), by table name.

    `lists`: rows of core.lists that were declared, accepted, released, ... (schemas.DATED_BY) on any of
    the dates, or open at the end of one; more do no harm. `rates`: see transforms.money.
    """

    zone: str
    dates: tuple[date, ...]
    observed_until: datetime
    lists: pl.LazyFrame
    rates: pl.LazyFrame
    stated: Stated
    rows: Mapping[str, pl.LazyFrame] = field(default_factory=dict)


@dataclass(frozen=True)
class Family:
    """`compute` returns exactly `tables`, each with its schema, sorted by grain, only rows of `dates`.

    Every table has a worked example (see transforms.examples), or stands on `examples_page` with its own.
    """

    id: str
    tables: tuple[MetricTable, ...]
    compute: Callable[[Inputs], dict[str, pl.LazyFrame]]
    reads: tuple[Read, ...] = ()
    examples: tuple[Example, ...] = ()
    examples_page: str | None = None
    #: Tables that are no stored figures but views over them; the warehouse has their queries.
    views: tuple[MetricTable, ...] = ()


def figures(families: Iterable[Family], inputs: Inputs) -> dict[str, pl.DataFrame]:
    """All tables of the families by name, one family computed after the other to keep memory low."""
    found: dict[str, pl.DataFrame] = {}
    for family in families:
        plans = family.compute(inputs)
        if plans.keys() != {each.name for each in family.tables}:
            raise AssertionError(f"family {family.id} does not compute exactly its tables")
        found |= dict(zip(plans, pl.collect_all(list(plans.values())), strict=True))
    return found
