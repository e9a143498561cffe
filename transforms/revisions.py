"""How published figures moved: changed cells between two vintages, the triangle, mean revisions.

Terms follow the OECD/Eurostat guidelines on revisions policy and analysis; docs/method-revisions.md has
the formulas with a worked example. A metric is `<table>.<column>` of a number; a cell is one row of its
table, told by its breakdowns. Values are exact for counts, money and weights; hours and shares are
rounded to ten decimals.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta

import polars as pl

from transforms.measures import ALL
from transforms.metric_model import MetricTable

VALUE = pl.Decimal(38, 10)
#: That an unchanged figure has been observed longer is no change.
IGNORED = ("observed_until",)
#: Days after the business date at whose end a figure is looked at; then as it stands.
HORIZONS = (1, 7, 30)
#: The columns of a triangle, and the steps whose revisions are averaged.
COLUMNS = (*(f"d{days}" for days in HORIZONS), "final")
STEPS = (("d1", "d7"), ("d7", "d30"), ("d30", "final"), ("d1", "final"))
SEPARATOR = "; "

REVISED: dict[str, pl.DataType] = {
    "zone": pl.String(),
    "business_date": pl.Date(),
    "metric": pl.String(),
    "breakdowns": pl.String(),
    "old": VALUE,
    "new": VALUE,
}


def metrics(table: MetricTable) -> list[str]:
    """Columns of a table that are figures: its numbers."""
    return [each.id for each in table.values if each.dtype.is_numeric()]


def adding(table: MetricTable) -> list[str]:
    """Metrics of a table of which a cell without a row is 0: the amounts that add up over days.

    Not an amount of a wider group (Column.across): where the cell has no row, the group still has the amount.
    """
    return [
        f"{table.name}.{each.id}"
        for each in table.values
        if each.over_days in ("sum", "stock") and not each.across and each.dtype.is_numeric()
    ]


def revised(table: MetricTable, before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """The figures that differ between two vintages of the same dates (REVISED), sorted.

    A cell that appears has no old value, one that vanishes no new one.
    """
    keys = list(table.grain_ids)
    both = before.join(after, on=keys, how="full", coalesce=True, nulls_equal=True, suffix=":new")
    parts = [
        both.filter(pl.col(name).ne_missing(pl.col(f"{name}:new"))).select(
            "zone",
            "business_date",
            pl.lit(f"{table.name}.{name}").alias("metric"),
            _breakdowns(table),
            pl.col(name).cast(VALUE).alias("old"),
            pl.col(f"{name}:new").cast(VALUE).alias("new"),
        )
        for name in metrics(table)
    ]
    empty = pl.DataFrame(schema=REVISED)
    return pl.concat([empty, *parts]).sort("zone", "business_date", "metric", "breakdowns")


def cells(table: MetricTable, rows: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """Cells in which every breakdown that has 'all' is 'all', one row a metric of `names` and vintage.

    `rows` are vintages of the table: its columns and `vintage`. Gives business_date, metric, breakdowns,
    vintage, value.
    """
    rolled = [
        name
        for name in table.grain_ids
        if rows.schema[name] == pl.String and name != "zone" and (rows[name] == ALL).any()
    ]
    whole = rows.filter(*(pl.col(name) == ALL for name in rolled))
    schema = {"business_date": pl.Date(), "metric": pl.String(), "breakdowns": pl.String()}
    empty = pl.DataFrame(schema=schema | {"vintage": pl.Int64(), "value": VALUE})
    return pl.concat(
        [
            empty,
            *(
                whole.select(
                    "business_date",
                    pl.lit(f"{table.name}.{name}").alias("metric"),
                    _breakdowns(table),
                    "vintage",
                    pl.col(name).cast(VALUE).alias("value"),
                )
                for name in names
            ),
        ]
    )


def triangle(
    long: pl.DataFrame, book: pl.DataFrame, until: datetime, added: Collection[str] = ()
) -> pl.DataFrame:
    """Each cell as it stood at the end of D+1, D+7, D+30, and as it stands: d1, d7, d30, final.

    `long` comes from `cells`; `book` has business_date, vintage, published_at of one zone. A cell that was not in
    the vintage of then is 0 for the metrics in `added` (see `adding`), else null. Null as well: the date was not
    published by then, or the day is not over at `until` (local Beijing time).
    """
    cell = ["business_date", "metric", "breakdowns"]
    result = long.select(cell).unique()
    for column, standing in _standing(book, until):
        values = long.join(standing, on=["business_date", "vintage"], how="semi").select(
            *cell, pl.col("value").alias(column), pl.lit(value=True).alias("_there")
        )
        absent = pl.col("_there").is_null() & pl.col("vintage").is_not_null()
        result = (
            result.join(values, on=cell, how="left")
            .join(standing, on="business_date", how="left")
            .with_columns(
                pl.when(absent & pl.col("metric").is_in(list(added)))
                .then(pl.lit(0).cast(VALUE))
                .otherwise(column)
                .alias(column)
            )
            .drop("_there", "vintage")
        )
    return result.sort(cell)


def _standing(book: pl.DataFrame, until: datetime) -> Iterator[tuple[str, pl.DataFrame]]:
    """For each column of a triangle the vintage of each date that stood then."""
    for days in HORIZONS:
        over = pl.col("business_date").cast(pl.Datetime("us")) + timedelta(days=days + 1)
        seen = book.filter((pl.col("published_at") < over) & (over <= until))
        yield f"d{days}", seen.group_by("business_date").agg(pl.col("vintage").max())
    yield "final", book.group_by("business_date").agg(pl.col("vintage").max())


def mean_revisions(triangles: pl.DataFrame) -> pl.DataFrame:
    """Mean revisions of each cell over all dates that have both ends of a step.

    With R = later - earlier: mr = mean of R, mar = mean of |R|, relative_mr = sum of R / sum of |later|,
    relative_mar = sum of |R| / sum of |later|; null where the later values are all 0.
    """
    parts = []
    for earlier, later in STEPS:
        both = triangles.filter(pl.col(earlier).is_not_null() & pl.col(later).is_not_null())
        change = (pl.col(later) - pl.col(earlier)).cast(pl.Float64)
        size = pl.col(later).cast(pl.Float64).abs().sum()
        parts.append(
            both.group_by("metric", "breakdowns").agg(
                pl.lit(f"{earlier} to {later}").alias("step"),
                pl.len().cast(pl.Int64).alias("dates"),
                change.mean().alias("mr"),
                change.abs().mean().alias("mar"),
                pl.when(size > 0).then(change.sum() / size).alias("relative_mr"),
                pl.when(size > 0).then(change.abs().sum() / size).alias("relative_mar"),
            )
        )
    order = pl.Enum([f"{earlier} to {later}" for earlier, later in STEPS])
    return pl.concat(parts).sort("metric", "breakdowns", pl.col("step").cast(order))


def _breakdowns(table: MetricTable) -> pl.Expr:
    """`flow=I; mode=all`: the grain of a row besides zone and date."""
    names = [name for name in table.grain_ids if name not in ("zone", "business_date")]
    said = [
        pl.concat_str(pl.lit(f"{name}="), pl.col(name).cast(pl.String).fill_null("unknown")) for name in names
    ]
    return (
        pl.concat_str(said, separator=SEPARATOR).alias("breakdowns")
        if said
        else pl.lit("").alias("breakdowns")
    )
