"""Merging: the small files of the books, and the several files of a month of documents and lists."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from warehouse import catalogs, merging, sql
from warehouse.connection import Lake
from warehouse.upkeep.action import AUTHOR, Done, Plan, Task, Upkeep

#: A file of this size is no small one, however many lie beside it.
LARGE_BYTES = 128 << 20
#: Files written in one commit, so that a merge of years neither holds the writer's lock nor memory for long.
FILES_A_COMMIT = 400


@dataclass(frozen=True)
class _Spread:
    """A partitioned table with months of which the rows lie in several files."""

    schema: str
    name: str
    months: int
    files: int
    bytes: int
    with_deletes: int

    @property
    def qualified(self) -> str:
        return f"{self.schema}.{self.name}"

    @property
    def arguments(self) -> str:
        return f"'wh', {sql.literal(self.name)}, schema => {sql.literal(self.schema)}"


def _plan_small(task: Task) -> Plan:
    return Plan(tuple(merging.crowded(task.lake)))


def _merge_small(task: Task, plan: Plan) -> Done:
    merged: list[str] = []
    for _ in plan.names:  # each round takes a few tables
        tidied = merging.tidy(task.lake, task.run_id)
        merged += tidied.merged
        if tidied.failed:
            return Done(merged, left=[tidied.failed])
        if not tidied.merged:
            break
    return Done(merged)


def _plan_bulk(task: Task) -> Plan:
    found = _spread(task.lake, task.policy.month_files)
    return Plan([each.qualified for each in found], sum(each.bytes for each in found))


def _merge_bulk(task: Task, plan: Plan) -> Done:
    """Merge table by table, in commits of their own: what stops one leaves the others done."""
    merged, written, left = [], 0, []
    for each in _spread(task.lake, task.policy.month_files):
        if each.qualified not in plan.names:
            continue
        try:
            _merge(task.lake, each, task.run_id)
        except duckdb.Error as error:
            left.append(
                f"{each.qualified} was not merged, nothing is lost and the next maintenance tries again: "
                f"{str(error).splitlines()[0]}"
            )
            continue
        merged.append(each.qualified)
        written += each.bytes
    return Done(merged, written, left)


def _merge(lake: Lake, table: _Spread, run_id: str) -> None:
    """Merge the files of every month of a table, a bounded number a commit."""
    message = f"merge {table.files} files of {table.months} months of {table.qualified}"
    if table.with_deletes:
        # Files with deleted rows are not merged; written anew without those rows they are.
        lake.commit(
            AUTHOR,
            message,
            run_id,
            lambda con: con.execute(
                f"CALL ducklake_rewrite_data_files({table.arguments}, delete_threshold => 0.0)"
            ).fetchall(),
        )
    statement = (
        f"CALL ducklake_merge_adjacent_files({table.arguments}, max_compacted_files => {FILES_A_COMMIT}, "
        f"max_file_size => {LARGE_BYTES})"
    )
    while lake.commit(AUTHOR, message, run_id, lambda con: con.execute(statement).fetchall()):
        pass


def _spread(lake: Lake, least: int) -> list[_Spread]:
    """Partitioned tables with months (or days) of which more small files than `least` are in force."""
    meta = catalogs.metadata(lake.home, "wh")
    rows = lake.con.execute(
        f"""
        WITH parts AS (
            SELECT f.table_id, f.data_file_id, f.file_size_bytes, f.partition_id,
                string_agg(coalesce(v.partition_value, 'none'), '/' ORDER BY v.partition_key_index) AS part
            FROM {meta}.ducklake_data_file f JOIN {meta}.ducklake_file_partition_value v USING (data_file_id)
            WHERE f.end_snapshot IS NULL AND f.file_size_bytes < {LARGE_BYTES} GROUP BY ALL
        ), several AS (
            SELECT parts.table_id, partition_id, part, count(*) AS files, sum(file_size_bytes) AS bytes,
                count(d.data_file_id) AS with_deletes
            FROM parts LEFT JOIN (SELECT data_file_id FROM {meta}.ducklake_delete_file WHERE end_snapshot IS NULL) d
            USING (data_file_id) GROUP BY ALL HAVING count(*) > {least}
        )
        SELECT s.schema_name, t.table_name, count(*), sum(files)::BIGINT, sum(bytes)::BIGINT, sum(with_deletes)::BIGINT
        FROM several JOIN {meta}.ducklake_table t USING (table_id) JOIN {meta}.ducklake_schema s USING (schema_id)
        WHERE t.end_snapshot IS NULL GROUP BY 1, 2 ORDER BY 1, 2
        """
    ).fetchall()
    return [_Spread(*row) for row in rows]


SMALL = Upkeep("merge small files", "tables", _plan_small, _merge_small, removes=False)
BULK = Upkeep("merge months", "tables", _plan_bulk, _merge_bulk, removes=False)
