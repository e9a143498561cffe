"""Records told again with other content and no newer version time: rewrites, kept field by field.

A newer version is the ordinary way to change a document and no rewrite. Personal fields are stored as digests, so
they are noted as digests.
"""

from __future__ import annotations

from datetime import timedelta

import duckdb

from sources.contracts import Contract
from warehouse import ledger, sql
from warehouse.classify import Staged, stored_near
from warehouse.records import Identity
from warehouse.schema import document_table
from warehouse.tables import REWRITTEN
from warehouse.window import LOOK_BACK, Window

#: Statuses that come once in the life of what they answer: released, closed, signed. Told with another time in
#: another file, one of the times is a rewrite.
ONCE = ("800", "899", "S")


def note(con: duckdb.DuckDBPyConnection, staged: Staged, own: Identity, stamp: str) -> bool:
    """Note what the staged rows of a kind tell otherwise than it was told before, in the lake or in this commit.

    Told before is what is stored, then what arrived in an earlier file of the commit; each telling is compared
    with the last one before it. Two rows of one file are no rewrite of each other. True where anything was noted.
    """
    if own.contract.event:
        return own.status_column is not None and _times(con, staged, own, stamp)
    return own.version_column is not None and _contents(con, staged, own, stamp)


def note_moved_times(con: duckdb.DuckDBPyConnection, own: Identity, stamp: str) -> None:
    """Of redelivered files: a key told with an earlier version time instead, or an event with another time.

    Reads `missing`, `added` and `versions_now` of warehouse.redelivery.
    """
    if own.version_field is None:
        return
    allowed = "true" if own.contract.event else "o.version_at > n.version_at"
    _insert(
        con,
        f"SELECT {stamp}, o.business_key, {sql.literal(own.version_field)} AS field, CAST(o.version_at AS VARCHAR) AS old, "
        "CAST(n.version_at AS VARCHAR) AS new, o.version_at, o.business_date, o.guid, p.hash_before, p.hash_after "
        "FROM (SELECT pair_no, key_no, arg_max(missing, version_at) AS o FROM missing WHERE fate = 'replaced' "
        "AND version_at IS NOT NULL AND business_key IS NOT NULL GROUP BY ALL) "
        "JOIN (SELECT pair_no, key_no, arg_max(added, version_at) AS n FROM added WHERE version_at IS NOT NULL GROUP BY ALL) "
        f"USING (pair_no, key_no) JOIN versions_now p USING (pair_no) WHERE {allowed}",
    )


def _times(con: duckdb.DuckDBPyConnection, staged: Staged, own: Identity, stamp: str) -> bool:
    status = f"{sql.name(own.status_column or '')} IN ({', '.join(sql.literal(each) for each in ONCE)})"
    columns = f"file_hash, row_no, hash({sql.names(own.columns)}) AS h, {own.version()} AS version_at"
    first, last = con.execute(
        f"SELECT min(business_date), max(business_date) FROM {staged.scan}"
    ).fetchone() or (
        None,
        None,
    )
    window = Window(staged.zone, first and first - timedelta(days=1), last and last + LOOK_BACK)
    near = window.over(document_table(own.contract), staged.stored, f"{status} AND {own.complete()}")
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE once_now AS SELECT {columns} FROM {staged.usable} "
        f"ANTI JOIN (SELECT * FROM classes WHERE class = 'duplicate') c USING (file_hash, row_no) WHERE {status}"
    )
    if con.execute("SELECT 1 FROM once_now LIMIT 1").fetchone() is None:
        return False
    con.execute(
        "CREATE OR REPLACE TEMP TABLE tellings AS SELECT *, NULL::TIMESTAMP AS loaded_at FROM once_now UNION ALL "
        f"SELECT * FROM (SELECT {columns}, loaded_at FROM {near}) SEMI JOIN once_now USING (h)"
    )
    _pairs(con, "h", "version_at")
    return _insert_pairs(con, staged, own, stamp, near, [own.version_field or ""])


def _contents(con: duckdb.DuckDBPyConnection, staged: Staged, own: Identity, stamp: str) -> bool:
    if con.execute("SELECT 1 FROM candidates LIMIT 1").fetchone() is None:
        return False
    near = stored_near(con, staged)
    content = f"hash({sql.names(own.contract.sql_columns)})"
    columns = (
        f"file_hash, row_no, {staged.key_hash} AS h, {own.version()} AS version_at, {content} AS content"
    )
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE tellings AS SELECT {columns}, NULL::TIMESTAMP AS loaded_at FROM {staged.usable} "
        "ANTI JOIN (SELECT * FROM classes WHERE class = 'duplicate') c USING (file_hash, row_no) "
        f"WHERE {staged.key_hash} IN (FROM candidates) AND {own.version()} IS NOT NULL UNION ALL "
        f"SELECT {columns}, loaded_at FROM {near} WHERE {staged.key_hash} IN (FROM candidates)"
    )
    _pairs(con, "h, version_at", "content")
    fields = [each.name for each in own.contract.fields]
    return _insert_pairs(con, staged, own, stamp, near, fields, items=bool(own.contract.items))


def _pairs(con: duckdb.DuckDBPyConnection, same: str, other: str) -> None:
    """Fill `retellings`: a staged row and the telling before it, where they are of one `same` and differ in `other`.

    A stored row just inserted by this commit is the staged row itself and left out.
    """
    con.execute(f"""
        CREATE OR REPLACE TEMP TABLE retellings AS
        WITH once AS (
            SELECT t.*, f.arrival FROM tellings t LEFT JOIN (SELECT file_hash, rowid AS arrival FROM incoming_files) f
            USING (file_hash) WHERE loaded_at IS NULL OR f.file_hash IS NULL
        ), placed AS (
            SELECT *, lag(struct_pack(file_hash, row_no, stored := loaded_at IS NOT NULL, other := {other})) OVER (
                PARTITION BY {same} ORDER BY loaded_at NULLS LAST, arrival, file_hash, row_no) AS before FROM once
        )
        SELECT file_hash, row_no, before.file_hash AS old_hash, before.row_no AS old_row, before.stored AS stored
        FROM placed WHERE loaded_at IS NULL AND before IS NOT NULL AND before.file_hash <> file_hash
        AND before.other IS DISTINCT FROM {other}
    """)


def _insert_pairs(
    con: duckdb.DuckDBPyConnection,
    staged: Staged,
    own: Identity,
    stamp: str,
    near: str,
    fields: list[str],
    items: bool = False,
) -> bool:
    if con.execute("SELECT 1 FROM retellings LIMIT 1").fetchone() is None:
        return False
    contract = own.contract
    columns = sql.names(["business_date", *contract.sql_columns])
    old_row = "r.old_hash = o.file_hash AND r.old_row = o.row_no"
    new = ", ".join(f"n.{sql.name(each)} AS {sql.name('new_' + each)}" for each in contract.sql_columns)
    con.execute(
        "CREATE OR REPLACE TEMP TABLE both_sides AS "
        f"SELECT r.old_hash, r.file_hash AS new_hash, o.*, {new} FROM retellings r JOIN ("
        f"SELECT file_hash, row_no, true AS stored, {columns} FROM {near} UNION ALL "
        f"SELECT file_hash, row_no, false AS stored, {columns} FROM {staged.scan}) o ON {old_row} AND r.stored = o.stored "
        f"JOIN {staged.scan} n ON n.file_hash = r.file_hash AND n.row_no = r.row_no"
    )
    guid = "guid" if any(each.name == "guid" for each in contract.fields) else "NULL::VARCHAR"
    head = (
        f"SELECT {stamp}, {own.key()} AS business_key, d.field AS field, d.old AS old, d.new AS new, "
        f"{own.version()} AS version_at, business_date, {guid} AS guid, old_hash AS hash_before, new_hash AS hash_after FROM "
    )
    sides = [(name, contract[name].column) for name in fields]
    _insert(
        con,
        f"{head}(SELECT *, unnest([{_told(sides, '{}', 'new_{}')}]) AS d FROM both_sides) WHERE old IS DISTINCT FROM new",
    )
    if items:
        _insert(con, f"{head}({_goods(contract)}) WHERE old IS DISTINCT FROM new")
    return True


def _told(fields: list[tuple[str, str]], old: str, new: str, prefix: str = "") -> str:
    """Structs (field, old, new) of some columns as text."""
    label = f"{prefix} || " if prefix else ""
    return ", ".join(
        f"{{field: {label}{sql.literal(name)}, old: CAST({old.format(sql.name(column))} AS VARCHAR), "
        f"new: CAST({_quoted(new, column)} AS VARCHAR)}}"
        for name, column in fields
    )


def _quoted(pattern: str, column: str) -> str:
    return sql.name(pattern.format(column)) if pattern == "new_{}" else pattern.format(sql.name(column))


def _goods(contract: Contract) -> str:
    """The goods lines of both sides by position, field by field."""
    fields = [(each.name, each.column) for each in contract.items]
    told = _told(fields, "items[line].{}", "new_items[line].{}", "'items[' || line || '].'")
    return (
        f"SELECT *, unnest([{told}]) AS d FROM (SELECT *, unnest(range(1, 1 + greatest(coalesce(len(items), 0), "
        "coalesce(len(new_items), 0)))) AS line FROM both_sides)"
    )


def _insert(con: duckdb.DuckDBPyConnection, select: str) -> None:
    """Append to ledger.rewritten with the names of both files, what this commit noted already left out."""
    con.execute(
        "CREATE OR REPLACE TEMP TABLE all_names AS SELECT file_hash, min(name) AS name FROM wh.ledger.file_names GROUP BY 1"
    )
    ledger.insert(
        con,
        REWRITTEN,
        f"SELECT DISTINCT f.*, b.name AS name_before, a.name AS name_after FROM ({select}) f "
        "LEFT JOIN all_names b ON b.file_hash = f.hash_before LEFT JOIN all_names a ON a.file_hash = f.hash_after "
        "ANTI JOIN wh.ledger.rewritten known ON known.zone = f.zone AND known.run_id = f.run_id AND known.kind = f.kind "
        "AND known.business_key = f.business_key AND known.field = f.field AND known.old IS NOT DISTINCT FROM f.old "
        "AND known.new IS NOT DISTINCT FROM f.new ORDER BY f.business_key, f.field, f.old, f.new",
    )
