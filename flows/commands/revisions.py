"""`tongguan revisions`: how the figures of a date moved, and how far figures move on average."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Annotated, Any

import polars as pl
import typer

from flows import output
from flows.errors import UsageProblem
from flows.options import HomeOption, JsonOption, ZoneOption, load_zone, parse_date
from flows.settings import home_path
from sources.beijing import now
from transforms.revisions import COLUMNS, mean_revisions
from warehouse import Home, Lake
from warehouse.errors import WarehouseError
from warehouse.triangles import triangles

#: More rows than anyone reads on a terminal; --json has them all.
SHOWN_ROWS = 200
_HEADINGS = {"d1": "D+1", "d7": "D+7", "d30": "D+30", "final": "final"}


def revisions(
    zone: ZoneOption,
    date_: Annotated[str, typer.Option("--date", help="Business date, e.g. 2026-11-11.")],
    metric: Annotated[
        list[str] | None,
        typer.Option(
            "--metric",
            help="A table or a metric (table.column), * for anything; may be repeated. Default: all.",
        ),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the figures of DATE as they stood one, seven and thirty days later, and as they stand.

    A figure counts for D+1 if it was published by the end of the day after. Below it, over all published
    dates: mean revision (mr), mean absolute revision (mar), and both relative to the later figures.
    Cells in which every breakdown is 'all'; the others are in metrics.revisions.

    Example: tongguan revisions --zone zhengzhou --date 2026-11-11 --metric volume_daily.lists
    """
    load_zone(zone)
    day = parse_date(date_, "--date")
    try:
        with Lake.read(Home(home_path(home))) as lake:
            found = triangles(lake, zone, metric or [], now())
    except WarehouseError as error:
        raise UsageProblem(str(error)) from error
    of_day = found.filter(pl.col("business_date") == day).drop("business_date")
    if of_day.is_empty():
        raise UsageProblem(
            f"{zone} has no published figures of {day}: `tongguan status --zone {zone}` lists the dates."
        )
    means = mean_revisions(found)
    record = {
        "zone": zone,
        "business_date": day,
        "triangle": plain(of_day),
        "mean_revisions": plain(means),
    }
    if as_json:
        typer.echo(json.dumps(record, default=str, ensure_ascii=False))
        return
    shown = [{_HEADINGS.get(name, name): each[name] for name in each} for each in plain(of_day)]
    table(f"{zone} {day} as it stood", shown, [_HEADINGS[each] for each in COLUMNS])
    table(
        "Mean revisions over all published dates",
        plain(means),
        ["dates", "mr", "mar", "relative_mr", "relative_mar"],
    )


def table(title: str, rows: list[dict[str, Any]], numbers: list[str]) -> None:
    """The first rows, and how many more there are."""
    output.table(title, rows[:SHOWN_ROWS], numbers)
    if len(rows) > SHOWN_ROWS:
        output.out.print(f"... and {len(rows) - SHOWN_ROWS:,} more; --metric chooses, --json prints them all")


def plain(frame: pl.DataFrame) -> list[dict[str, Any]]:
    """Rows with decimals as short texts: 12.5, not 12.5000000000."""
    return [
        {
            name: f"{value.normalize():f}" if isinstance(value, Decimal) else value
            for name, value in row.items()
        }
        for row in frame.to_dicts()
    ]
