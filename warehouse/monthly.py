"""The figures of a month as a file for people and other programs: every metrics.*_monthly view in one table.

`published/monthly/<zone>-<yyyy-mm>.csv` has one row a figure that the days can tell of a month (a median of a month
cannot be told from those of its days), by the name and labels of metrics.definitions; the `.json` beside it says what
the file is: the versions of the definitions its figures were made with, and every day of the month that is not in them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path

from transforms.metric_model import MetricTable
from transforms.metric_tables import METRIC_TABLES
from transforms.revisions import SEPARATOR
from warehouse import missing, periods, sql
from warehouse.connection import Lake
from warehouse.home import Home

FOLDER = "monthly"
#: `metric` as metrics.revisions has it: table and column of metrics.definitions.
COLUMNS = (
    "zone",
    "month",
    "days_covered",
    "days_in_month",
    "metric",
    "breakdowns",
    "value",
    "unit",
    "zh",
    "en",
)


@dataclass(frozen=True)
class Month:
    """A month as written. `lacking`: its days without final figures, "day: not published" or "day: provisional"."""

    zone: str
    month: str
    path: str  # of the CSV file
    rows: int
    days_covered: int
    days_in_month: int
    definition_versions: tuple[str, ...]
    lacking: tuple[str, ...]
    sha256: str  # of the CSV file

    def markdown(self) -> str:
        """The month's summary for Prefect's interface."""
        whole = not self.lacking
        return "\n".join(
            [
                f"# {self.zone} {self.month}: "
                + (
                    "whole month"
                    if whole
                    else f"{len(self.lacking)} of {self.days_in_month} days are not in it"
                ),
                "",
                f"{self.rows:,} figures over {self.days_covered} of {self.days_in_month} days in `{self.path}`, "
                f"definitions {', '.join(self.definition_versions) or 'none'}.",
                "",
                *(f"- **missing** {each}" for each in self.lacking),
            ]
        )


def write(lake: Lake, home: Home, zone: str, month: date) -> Month:
    """Write the month that `month` lies in; the same figures give the same bytes.

    Written beside, synced, then renamed, the description last: a reader never sees half a file.
    """
    first = month.replace(day=1)
    days = _days(first)
    folder = home.published / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{zone}-{first:%Y-%m}.csv"
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    figures = " UNION ALL ".join(of_table(table, zone, first) for table in _monthly_tables())
    lake.con.execute(
        f"COPY (SELECT {sql.names(COLUMNS)} FROM ({figures}) ORDER BY metric, breakdowns) "
        f"TO {sql.literal(temporary)} (HEADER)"
    )
    content = temporary.read_bytes()
    lacking = missing.marks(lake, zone, days)
    written = Month(
        zone=zone,
        month=f"{first:%Y-%m}",
        path=str(target.relative_to(home.path)),
        rows=max(0, content.count(b"\n") - 1),
        days_covered=len(days) - len(lacking),
        days_in_month=len(days),
        definition_versions=_versions(lake, zone, days),
        lacking=tuple(f"{day}: {mark}" for day, mark in lacking.items()),
        sha256=sha256(content).hexdigest(),
    )
    _put(temporary, target)
    described = temporary.with_suffix(".json")
    described.write_text(json.dumps(asdict(written), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    _put(described, target.with_suffix(".json"))
    return written


def whole(home: Home, zone: str, month: date) -> bool:
    """Whether the month is written, with every day of it."""
    described = home.published / FOLDER / f"{zone}-{month:%Y-%m}.json"
    return described.exists() and not json.loads(described.read_text(encoding="utf-8"))["lacking"]


def of_table(table: MetricTable, zone: str, first: date) -> str:
    """Query of one table's figures of the month, one row each (COLUMNS); an unknown figure has no row."""
    base = table.name.removesuffix(periods.DAILY)
    cells = [each.id for each in table.grain if each.id not in ("zone", "business_date")]
    said = f" || {sql.literal(SEPARATOR)} || ".join(
        f"{sql.literal(f'{each}=')} || coalesce(CAST({sql.name(each)} AS VARCHAR), 'unknown')"
        for each in cells
    )
    figures = [each.id for each in table.values if periods.over_days(table, each, periods.COVERED)]
    texts = ", ".join(
        f"CAST({sql.name(each)} AS VARCHAR) AS {sql.name(f'{table.name}.{each}')}" for each in figures
    )
    named = sql.names(f"{table.name}.{each}" for each in figures)
    return (
        f"SELECT zone, strftime(period_start, '%Y-%m') AS month, days_covered, days_in_period AS days_in_month, "
        f"metric, breakdowns, value, unit, zh, en FROM (UNPIVOT (SELECT zone, period_start, days_covered, days_in_period, "
        f"{said or repr('')} AS breakdowns, {texts} FROM wh.metrics.{base}_monthly "
        f"WHERE zone = {sql.literal(zone)} AND period_start = {sql.literal(first)}) "
        f"ON {named} INTO NAME metric VALUE value) JOIN ({_labels(table, figures)}) USING (metric)"
    )


def _labels(table: MetricTable, figures: list[str]) -> str:
    labels = {each.id: each for each in table.values if each.id in figures}
    rows = ", ".join(
        f"({sql.literal(f'{table.name}.{id_}')}, {sql.literal(each.unit)}, {sql.literal(each.zh)}, {sql.literal(each.en)})"
        for id_, each in labels.items()
    )
    return f"SELECT * FROM (VALUES {rows}) AS labels (metric, unit, zh, en)"


def _monthly_tables() -> Iterator[MetricTable]:
    for table in METRIC_TABLES.values():
        if table.name.endswith(periods.DAILY) and any(
            periods.over_days(table, each, periods.COVERED) for each in table.values
        ):
            yield table


def _days(first: date) -> list[date]:
    end = (first + timedelta(days=31)).replace(day=1)
    return [first + timedelta(days=each) for each in range((end - first).days)]


def _versions(lake: Lake, zone: str, days: list[date]) -> tuple[str, ...]:
    rows = lake.con.execute(
        "SELECT DISTINCT arg_max(definition_version, vintage) FROM wh.vintages.published "
        f"WHERE zone = {sql.literal(zone)} AND business_date BETWEEN {sql.literal(days[0])} "
        f"AND {sql.literal(days[-1])} GROUP BY business_date ORDER BY 1"
    ).fetchall()
    return tuple(version for (version,) in rows)


def _put(temporary: Path, target: Path) -> None:
    with temporary.open("rb") as written:
        os.fsync(written.fileno())
    temporary.replace(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
