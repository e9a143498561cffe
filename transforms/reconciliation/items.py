"""Whether the goods lines of a list are those of its order (rule A4)."""

from __future__ import annotations

import polars as pl

from transforms.compute import computed
from transforms.reconciliation.sides import ITEMS

_VALUES = ITEMS[1:]


def unlike(sides: pl.LazyFrame) -> pl.LazyFrame:
    """list_id of the lists whose goods lines are not those of the order, once each.

    A line needs one of the same number, quantity, price and total on the other side; a value one side does
    not state is not compared. Where a line has no number, the lines of the list are not compared at all.
    Nearly all pairs are equal as they stand, so only the others are taken apart.
    """
    there = pl.col("list_there") & pl.col("order_there")
    equal = pl.all_horizontal(pl.col(f"list_{each}").eq_missing(pl.col(f"order_{each}")) for each in ITEMS)
    numbered = pl.all_horizontal(
        ~pl.col(f"{side}_item_gnum").list.eval(pl.element().is_null()).list.any()
        for side in ("list", "order")
    )
    rest = computed(
        sides.filter(there & ~equal)
        .select("list_id", *(f"{side}_{each}" for side in ("list", "order") for each in ITEMS))
        .filter(numbered)
    )
    lines = [_lines(rest, side) for side in ("list", "order")]
    return pl.concat([_alone(lines[0], lines[1]), _alone(lines[1], lines[0])]).unique()


def _lines(sides: pl.LazyFrame, side: str) -> pl.LazyFrame:
    columns = [f"{side}_{each}" for each in ITEMS]
    return computed(
        sides.select("list_id", *columns)
        .explode(columns, empty_as_null=False, keep_nulls=False)
        .select("list_id", *(pl.col(f"{side}_{each}").alias(each) for each in ITEMS))
        .with_row_index("_line")
    )


def _alone(lines: pl.LazyFrame, others: pl.LazyFrame) -> pl.LazyFrame:
    """list_id of lines without a counterpart."""
    same = pl.all_horizontal((pl.col(each) == pl.col(f"{each}_right")).fill_null(True) for each in _VALUES)
    answered = lines.join(others, on=["list_id", ITEMS[0]], how="inner").filter(same).select("_line").unique()
    return lines.join(answered, on="_line", how="anti").select("list_id")
