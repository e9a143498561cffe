"""What came with late data, revisions and questions as of a moment."""

from __future__ import annotations

import duckdb

from transforms.definitions import DEFINITIONS_SCHEMA, METRIC_TABLES
from transforms.metric_model import MetricTable
from transforms.revisions import SEPARATOR, metrics
from transforms.schemas import sql_type
from warehouse import schema, sql
from warehouse.migrations import migration
from warehouse.touched import LATE_DATA


@migration(4, "tell revisions by their reason, keep them and every version of the definitions")
def tell_revisions(con: duckdb.DuckDBPyConnection) -> None:
    """Reasons get their present names; revisions between the vintages there are; views over all of it."""
    late = sql.literal(LATE_DATA)
    con.execute(f"UPDATE wh.vintages.published SET reason = {late} WHERE reason = 'revision'")
    con.execute(
        f"UPDATE wh.ledger.touched_dates SET reason = {late}, lists = coalesce(lists, 0), "
        "documents = coalesce(documents, 0) WHERE reason IS NULL"
    )
    several = con.execute("SELECT 1 FROM wh.vintages.published WHERE vintage > 1 LIMIT 1").fetchone()
    for table in METRIC_TABLES.values() if several else ():
        con.execute(f"INSERT INTO wh.vintages.revisions BY NAME {revisions_between_vintages(table)}")
    keep_definitions(con)
    mark_provisional(con)
    for statement in schema.history_views():
        con.execute(statement)


def mark_provisional(con: duckdb.DuckDBPyConnection) -> bool:
    """Every vintage says whether it is provisional; those from before that was told are not.

    The views read the mark, so every migration that makes views sees to it first. Returns whether there was
    anything to do: nothing in a lake created after the mark was declared.
    """
    if schema.PROVISIONAL in [name for name, *_ in con.execute("DESCRIBE wh.vintages.published").fetchall()]:
        return False
    con.execute(f"ALTER TABLE wh.vintages.published ADD COLUMN {schema.PROVISIONAL} BOOLEAN")
    con.execute(f"UPDATE wh.vintages.published SET {schema.PROVISIONAL} = false")
    for table in METRIC_TABLES.values():
        con.execute(schema.metric_view(table))
    for statement in schema.history_views():
        con.execute(statement)
    return True


def keep_definitions(con: duckdb.DuckDBPyConnection) -> None:
    """metrics.definitions was a table that was overwritten; it becomes a view of the newest of all versions."""
    columns = {name: sql_type(dtype) for name, dtype in DEFINITIONS_SCHEMA.items()}
    for statement in schema.create("wh.vintages.definitions", {**columns, "published_at": "TIMESTAMP"}):
        con.execute(statement)
    con.execute(
        "INSERT INTO wh.vintages.definitions BY NAME SELECT d.*, (SELECT coalesce(min(published_at), "
        "TIMESTAMP '1970-01-01') FROM wh.vintages.published) AS published_at FROM wh.metrics.definitions d"
    )
    con.execute("DROP TABLE wh.metrics.definitions")
    con.execute(schema.definitions_view(columns))


def revisions_between_vintages(table: MetricTable) -> str:
    """A query: rows of vintages.revisions as the vintages of one table give them.

    Publishing computes the same from the figures in hand; asking this each time was measured at 3 s of
    processor time for one day of thirty tables.
    """
    keys = sql.names(table.grain_ids)
    names = metrics(table)
    sides = " UNION ALL ".join(
        f"SELECT {keys}, vintage + {shift} AS vintage, {side} AS now, {sql.names(names)} "
        f"FROM wh.vintages.{table.name}"
        for side, shift in (("true", 0), ("false", 1))
    )
    values = ", ".join(
        f"max({sql.name(each)}) FILTER (now) AS {sql.name(f'new {each}')}, "
        f"max({sql.name(each)}) FILTER (NOT now) AS {sql.name(f'old {each}')}"
        for each in names
    )
    cells = ", ".join(
        f"{{metric: '{table.name}.{each}', o: CAST({sql.name(f'old {each}')} AS DECIMAL(38,10)), "
        f"n: CAST({sql.name(f'new {each}')} AS DECIMAL(38,10))}}"
        for each in names
    )
    said = f" || '{SEPARATOR}' || ".join(
        f"'{each}=' || coalesce({sql.name(each)}, 'unknown')"
        for each in table.grain_ids
        if each not in ("zone", "business_date")
    )
    return (
        f"SELECT zone, business_date, vintage, cell.metric AS metric, {said or repr('')} AS breakdowns, "
        'cell.o AS "old", cell.n AS "new", p.published_at FROM '
        f"(SELECT {keys}, vintage, unnest([{cells}]) AS cell FROM "
        f"(SELECT {keys}, vintage, {values} FROM ({sides}) GROUP BY {keys}, vintage)) "
        "JOIN (SELECT zone, business_date, vintage, published_at FROM wh.vintages.published) p "
        "USING (zone, business_date, vintage) "
        "WHERE vintage > 1 AND cell.o IS DISTINCT FROM cell.n"
    )
