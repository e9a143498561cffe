"""Merging: the small files of the books, and the several files of a day that nothing is added to any more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

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
    """A partitioned table with closed days of which the rows lie in several files."""

    schema: str
    name: str
    days: int
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
        tidied = merging.tidy(task.lake, task.run_id, task.at)
        merged += tidied.merged
        if tidied.failed:
            return Done(merged, left=[tidied.failed])
        if not tidied.merged:
            break
    return Done(merged)


def _plan_bulk(task: Task) -> Plan:
    spread = _spread(task.lake, task.before(task.policy.closed_days).date())
    return Plan([each.qualified for each in spread], sum(each.bytes for each in spread))


def _merge_bulk(task: Task, plan: Plan) -> Done:
    """Merge table by table, in commits of their own: what stops one leaves the others done."""
    merged, written, left = [], 0, []
    for each in _spread(task.lake, task.before(task.policy.closed_days).date()):
        if each.qualified not in plan.names:
            continue
        try:
            _merge(task, each)
        except duckdb.Error as error:
            left.append(
                f"{each.qualified} was not merged, nothing is lost and the next maintenance tries again: "
                f"{str(error).splitlines()[0]}"
            )
            continue
        merged.append(each.qualified)
        written += each.bytes
    return Done(merged, written, left)


def _merge(task: Task, table: _Spread) -> None:
    message = f"merge {table.files} files of {table.days} days of {table.qualified}"
    if table.with_deletes:
        # Files with deleted rows are not merged; written anew without those rows they are.
        task.lake.commit(
            AUTHOR,
            message,
            task.run_id,
            lambda con: con.execute(
                f"CALL ducklake_rewrite_data_files({table.arguments}, delete_threshold => 0.0)"
            ).fetchall(),
        )
    merge = (
        f"CALL ducklake_merge_adjacent_files({table.arguments}, max_compacted_files => {FILES_A_COMMIT}, "
        f"max_file_size => {LARGE_BYTES})"
    )
    while task.lake.commit(AUTHOR, message, task.run_id, lambda con: con.execute(merge).fetchall()):
        pass


def _spread(lake: Lake, closed: date) -> list[_Spread]:
    """Tables with days up to `closed` (or without a date) of which more than one small file is in force."""
    meta = catalogs.metadata(lake.home, "wh")
    rows = lake.con.execute(
        f"""
        WITH days AS (
            SELECT f.table_id, f.data_file_id, f.file_size_bytes,
                max(v.partition_value) FILTER (v.partition_key_index = 0) AS zone,
                max(v.partition_value) FILTER (v.partition_key_index = 1) AS day
            FROM {meta}.ducklake_data_file f JOIN {meta}.ducklake_file_partition_value v USING (data_file_id)
            WHERE f.end_snapshot IS NULL AND f.file_size_bytes < {LARGE_BYTES} GROUP BY ALL
        ), several AS (
            SELECT days.table_id, zone, day, count(*) AS files, sum(file_size_bytes) AS bytes,
                count(d.data_file_id) AS with_deletes
            FROM days LEFT JOIN (SELECT data_file_id FROM {meta}.ducklake_delete_file WHERE end_snapshot IS NULL) d
            USING (data_file_id)
            WHERE day IS NULL OR TRY_CAST(day AS DATE) <= {sql.literal(closed)} GROUP BY ALL HAVING count(*) > 1
        )
        SELECT s.schema_name, t.table_name, count(*), sum(files)::BIGINT, sum(bytes)::BIGINT, sum(with_deletes)::BIGINT
        FROM several JOIN {meta}.ducklake_table t USING (table_id) JOIN {meta}.ducklake_schema s USING (schema_id)
        WHERE t.end_snapshot IS NULL GROUP BY 1, 2 ORDER BY 1, 2
        """
    ).fetchall()
    return [_Spread(*row) for row in rows]


SMALL = Upkeep("merge small files", "tables", _plan_small, _merge_small, removes=False)
BULK = Upkeep("merge closed days", "tables", _plan_bulk, _merge_bulk, removes=False)
