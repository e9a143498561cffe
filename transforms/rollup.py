"""Cells of a daily table: every (flow, mode, office) there is, and every roll-up with 'all' in it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import polars as pl

from transforms.measures import ALL, UNKNOWN

BREAKDOWN = ("flow", "mode", "office")
#: Which columns a roll-up keeps; the others become 'all'.
SUBSETS = tuple(
    tuple(name for name, kept in zip(BREAKDOWN, keep, strict=True) if kept)
    for keep in product((True, False), repeat=len(BREAKDOWN))
)


@dataclass(frozen=True)
class Cells:
    """Cells by number. A list belongs to one base cell, and by it to one cell of each subset.

    `names`: cell, zone, flow, mode, office. `members`: base, cell, one row a subset. `of_base`: for each
    subset the cell of each base cell, by position.
    """

    names: pl.DataFrame
    members: pl.DataFrame
    of_base: tuple[pl.Series, ...]

    def rolled(self, stats: pl.LazyFrame, *by: str) -> pl.LazyFrame:
        """Figures of base cells to those of all cells: columns `max_*` by maximum, others by sum."""
        values = [name for name in stats.collect_schema().names() if name not in ("base", *by)]
        return (
            stats.join(self.members.lazy(), on="base")
            .group_by(*by, "cell")
            .agg((pl.col(name).max() if name.startswith("max_") else pl.col(name).sum()) for name in values)
        )

    def of_group(self) -> pl.Expr:
        """The number of the cell within its `group`, of several groups that each have all cells."""
        return pl.col("group") * self.names.height + pl.col("cell")

    def named(self, figures: pl.LazyFrame) -> pl.LazyFrame:
        """Figures of cells (of any group) with the names of their cells instead of numbers."""
        plain = figures.with_columns(pl.col("cell") % self.names.height)
        return plain.join(self.names.lazy(), on="cell", how="left").drop("cell")


def with_cells(lists: pl.DataFrame) -> tuple[pl.DataFrame, Cells]:
    """Lists with `base`, the number of their base cell, and the cells. Empty mode or office is 'unknown'.

    Of the breakdown the lists keep flow and mode: a measure may be of some of them only.
    """
    place = ("zone", *BREAKDOWN)
    known = lists.with_columns(pl.col(BREAKDOWN).fill_null(UNKNOWN))
    bases = known.select(place).unique().sort(place).with_row_index("base")
    rolled = [
        bases.select(
            "base",
            "zone",
            *((pl.col(name) if name in kept else pl.lit(ALL).alias(name)) for name in BREAKDOWN),
        )
        for kept in SUBSETS
    ]
    names = pl.concat(rolled).select(place).unique().sort(place).with_row_index("cell")
    of_base = [each.join(names, on=place, how="left").sort("base").select("base", "cell") for each in rolled]
    cells = Cells(names, pl.concat(of_base), tuple(each["cell"] for each in of_base))
    return known.join(bases, on=place, how="left").drop("zone", "office"), cells
