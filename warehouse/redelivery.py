"""A file that comes again under its name with other bytes, held key by key against the version before.

Runs inside the commit of documents, after a kind is classified and stored. What a version of a file is, and what
vanished and rewritten mean, stands in docs/decisions/0019.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import duckdb

from warehouse import ledger, retold, sql
from warehouse.classify import Staged
from warehouse.records import Identity, identity
from warehouse.schema import document_table
from warehouse.tables import REDELIVERIES, REPEATED_ROWS, VANISHED

#: A delivery folder is no part of a file's name, nor is the .gz around it.
_FOLDERS = r"'(^|/)((\d{4}-?\d{2}-?\d{2}|\d{4}/\d{1,2}/\d{1,2})(/|$))+', '\1', 'g'"
_GZIP = r"'\.gz!.*$', ''"
#: A name that bears a date is not used again for other days.
_DATED = r"'\d{4}-?[01]\d-?[0-3]\d'"


def plain_name(column: str) -> str:
    """A name as files are told apart by."""
    return f"regexp_replace(regexp_replace({column}, {_GZIP}), {_FOLDERS})"


@dataclass(frozen=True)
class Known:
    """What the comparison can skip: kinds with files that have earlier versions, kinds with vanished records."""

    paired: frozenset[str]
    vanished: frozenset[str]


def prepare(con: duckdb.DuckDBPyConnection, zone: str) -> Known:
    """Fill `file_pairs`: every loaded file of this commit and the files it may be a version of, likeliest first.

    Such a file bears the same name and holds the same kind: the one before it in this commit, else of every
    source the newest that is stored.
    """
    here = f"zone = {sql.literal(zone)}"
    con.execute(f"""
        CREATE OR REPLACE TEMP TABLE named_now AS
        SELECT DISTINCT f.kind, f.file_hash, {plain_name("n.name")} AS file_name, {plain_name("f.source")} AS source,
            f.arrival, f.rows_read
        FROM (SELECT *, rowid AS arrival FROM incoming_files) f JOIN incoming_names n USING (file_hash)
        WHERE f.status = 'loaded'
    """)
    con.execute(f"""
        CREATE OR REPLACE TEMP TABLE file_pairs AS
        WITH now AS (
            SELECT *, lag(file_hash) OVER (PARTITION BY kind, file_name ORDER BY arrival) AS previous FROM named_now
        ), stored AS (
            SELECT f.kind, f.file_hash, {plain_name("n.name")} AS file_name, {plain_name("f.source")} AS source,
                f.loaded_at, f.run_id
            FROM (SELECT file_hash, name FROM wh.ledger.file_names WHERE {here}) n
            JOIN (SELECT * FROM wh.ledger.files WHERE {here} AND status = 'loaded') f USING (file_hash)
            WHERE {plain_name("n.name")} IN (SELECT file_name FROM named_now)
            AND file_hash NOT IN (SELECT hash_before FROM wh.ledger.redeliveries WHERE {here})
        ), newest AS (
            SELECT * FROM stored QUALIFY row_number() OVER (
                PARTITION BY kind, file_name, source ORDER BY loaded_at DESC, file_hash) = 1
        ), pairs AS (
            SELECT kind, file_name, previous AS hash_before, file_hash AS hash_after, NULL AS batch_before,
                rows_read, true AS same_source, NULL::TIMESTAMP AS loaded_at
            FROM now WHERE previous IS NOT NULL
            UNION ALL
            SELECT n.kind, n.file_name, s.file_hash, n.file_hash, s.run_id, n.rows_read, s.source = n.source, s.loaded_at
            FROM now n JOIN newest s USING (kind, file_name) WHERE n.previous IS NULL
        )
        SELECT row_number() OVER (ORDER BY kind, file_name, loaded_at DESC NULLS FIRST, hash_before) AS pair_no,
            *, regexp_matches(file_name, {_DATED}) AS dated
        FROM pairs WHERE hash_before <> hash_after
    """)
    paired = con.execute("SELECT DISTINCT kind FROM file_pairs").fetchall()
    vanished = con.execute(
        f"SELECT DISTINCT kind FROM wh.ledger.vanished WHERE {here} AND reappeared_at IS NULL"
    ).fetchall()
    return Known(frozenset(kind for (kind,) in paired), frozenset(kind for (kind,) in vanished))


def compare(
    con: duckdb.DuckDBPyConnection,
    kind: str,
    staged: Staged | None,
    known: Known,
    zone: str,
    run_id: str,
    at: datetime,
) -> bool:
    """Note vanished, rewritten and repeated records of one kind; True where anything was noted.

    `staged` is None where no file of the kind has rows.
    """
    own = identity(kind)
    stamp = (
        f"{sql.literal(zone)} AS zone, {sql.literal(kind)} AS kind, {sql.literal(at)} AS found_at, "
        f"{sql.literal(run_id)} AS run_id"
    )
    noted = kind in known.paired
    if staged is not None:
        _keep_repeated(con, staged, own, run_id)
        noted |= kind in known.vanished and _note_reappeared(con, staged, own, at)
        noted |= retold.note(con, staged, own, stamp)
    if kind not in known.paired:
        return noted
    of_kind = f"kind = {sql.literal(kind)}"
    _gather(con, staged, own, zone)
    _judge(con, of_kind)
    _missing(con, staged, own)
    _name_unnamed(con, own, zone)
    ledger.insert(
        con,
        VANISHED,
        f"SELECT {stamp}, v.* EXCLUDE (pair_no, fate, guid), p.file_name, p.hash_before, p.hash_after "
        "FROM missing v JOIN versions_now p USING (pair_no) "
        f"ANTI JOIN (SELECT * FROM wh.ledger.vanished WHERE zone = {sql.literal(zone)} AND {of_kind} AND "
        "reappeared_at IS NULL) known ON v.key_no = known.key_no "
        "AND v.version_at IS NOT DISTINCT FROM known.version_at "
        "WHERE fate = 'vanished' ORDER BY file_name, business_key, version_at",
    )
    retold.note_moved_times(con, own, stamp)
    _summarise(con, stamp)
    return True


def _keep_repeated(con: duckdb.DuckDBPyConnection, staged: Staged, own: Identity, run_id: str) -> None:
    """Rows that are not stored again, by number: 16 bytes each beside what compresses away."""
    if con.execute("SELECT 1 FROM classes WHERE class = 'duplicate' LIMIT 1").fetchone() is None:
        return
    ledger.insert(
        con,
        REPEATED_ROWS,
        f"SELECT {sql.literal(staged.zone)} AS zone, {sql.literal(run_id)} AS run_id, file_hash, "
        f"{sql.literal(own.contract.kind)} AS kind, business_date, {own.number()} AS key_no, {own.version()} AS version_at "
        f"FROM {staged.scan} SEMI JOIN (SELECT * FROM classes WHERE class = 'duplicate') c USING (file_hash, row_no) "
        "ORDER BY file_hash, key_no",
    )


def _note_reappeared(con: duckdb.DuckDBPyConnection, staged: Staged, own: Identity, at: datetime) -> bool:
    """A record noted as vanished that any file tells again stays in the ledger, with where and when."""
    kind = sql.literal(own.contract.kind)
    open_ = f"zone = {sql.literal(staged.zone)} AND kind = {kind} AND reappeared_at IS NULL"
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE back AS SELECT key_no, version_at, min(file_hash) AS file_hash FROM "
        f"(SELECT file_hash, {own.number()} AS key_no, {own.version()} AS version_at FROM {staged.scan} WHERE "
        "file_hash NOT IN (SELECT hash_before FROM file_pairs)) "
        f"WHERE key_no IN (SELECT key_no FROM wh.ledger.vanished WHERE {open_}) GROUP BY ALL"
    )
    if con.execute("SELECT 1 FROM back LIMIT 1").fetchone() is None:
        return False
    con.execute(
        f"UPDATE wh.ledger.vanished SET reappeared_at = {sql.literal(at)}, reappeared_hash = back.file_hash FROM back "
        f"WHERE {open_} AND vanished.key_no = back.key_no "
        "AND (vanished.version_at IS NULL OR vanished.version_at IS NOT DISTINCT FROM back.version_at)"
    )
    return True


def _gather(con: duckdb.DuckDBPyConnection, staged: Staged | None, own: Identity, zone: str) -> None:
    """Fill `file_records`: every record of every file of the pairs, stored, repeated, quarantined or staged."""
    contract = own.contract
    kind = sql.literal(contract.kind)
    here = f"zone = {sql.literal(zone)}"
    files = f"(SELECT hash_before FROM file_pairs WHERE kind = {kind} AND batch_before IS NOT NULL)"
    now = (
        f"(SELECT hash_after FROM file_pairs WHERE kind = {kind} UNION SELECT hash_before FROM file_pairs "
        f"WHERE kind = {kind} AND batch_before IS NULL)"
    )
    nothing = "NULL::VARCHAR"
    sides = [
        # Batches and dates are named so that only their data files are opened.
        *(
            f"SELECT file_hash, {own.record()} FROM {document_table(contract)} WHERE {here} AND {place} AND file_hash IN {files}"
            for place in _places(con, kind, zone)
        ),
        f"SELECT file_hash, key_no, version_at, business_date, {nothing}, {nothing}, {nothing}, {nothing}, {nothing} "
        f"FROM wh.ledger.repeated_rows WHERE {here} AND kind = {kind} AND file_hash IN {files} "
        f"AND run_id IN (SELECT batch_before FROM file_pairs WHERE kind = {kind})",
        f"SELECT file_hash, {own.quarantined()} FROM wh.quarantine.rows WHERE {own.quarantined_complete()} "
        f"AND {here} AND kind = {kind} AND file_hash IN {files}",
    ]
    if staged is not None:
        sides.append(
            f"SELECT file_hash, {own.record()} FROM {staged.scan} WHERE {own.complete()} AND file_hash IN {now}"
        )
    names = "(file_hash, key_no, version_at, business_date, business_key, guid, flow, ebc_code, order_no)"
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE file_records AS SELECT file_hash, key_no, version_at, any_value(business_date) "
        "AS business_date, any_value(business_key) AS business_key, any_value(guid) AS guid, any_value(flow) AS flow, "
        f"any_value(ebc_code) AS ebc_code, any_value(order_no) AS order_no FROM ({' UNION ALL '.join(sides)}) r{names} "
        "GROUP BY file_hash, key_no, version_at"
    )


def _places(con: duckdb.DuckDBPyConnection, kind: str, zone: str) -> list[str]:
    """Where the stored files of the pairs lie: batch and dates as conditions."""
    rows = con.execute(
        "SELECT batch_id, first_date, last_date, undated > 0 FROM wh.ledger.batches WHERE "
        f"zone = {sql.literal(zone)} AND batch_id IN (SELECT batch_before FROM file_pairs WHERE kind = {kind}) ORDER BY ALL"
    ).fetchall()
    places = []
    for batch, first, last, undated in rows:
        of_batch = f"batch_id = {sql.literal(batch)}"
        if first:
            places.append(
                f"{of_batch} AND business_date BETWEEN {sql.literal(first)} AND {sql.literal(last)}"
            )
        if undated:
            places.append(f"{of_batch} AND business_date IS NULL")
    return places


def _judge(con: duckdb.DuckDBPyConnection, of_kind: str) -> None:
    """Fill `versions_now`: the pairs that are versions of one file, one a file that came.

    Files that share a key are. Without one they are only where they come from one source and the name bears a
    date or the days overlap: else the name was used again for later days. Where such a name moved on, what is
    older than the first day of the later file left its window.
    """
    con.execute(f"""
        CREATE OR REPLACE TEMP TABLE versions_now AS
        WITH spans AS (
            SELECT file_hash, min(business_date) AS first, max(business_date) AS last FROM file_records GROUP BY 1
        ), shared AS (
            SELECT pair_no, count(*) AS keys FROM file_pairs p JOIN (SELECT DISTINCT file_hash, key_no FROM file_records) b
            ON b.file_hash = p.hash_before JOIN (SELECT DISTINCT file_hash, key_no FROM file_records) a
            ON a.file_hash = p.hash_after AND a.key_no = b.key_no WHERE {of_kind} GROUP BY 1
        )
        SELECT p.*, CASE WHEN NOT dated AND a.first > b.first AND a.last > b.last THEN a.first END AS since
        FROM file_pairs p LEFT JOIN shared USING (pair_no)
        LEFT JOIN spans b ON b.file_hash = p.hash_before LEFT JOIN spans a ON a.file_hash = p.hash_after
        WHERE {of_kind} AND (keys > 0 OR (same_source AND (dated OR a.first <= b.last)))
        QUALIFY row_number() OVER (PARTITION BY file_name, hash_after ORDER BY keys IS NULL, pair_no) = 1
    """)


def _missing(con: duckdb.DuckDBPyConnection, staged: Staged | None, own: Identity) -> None:
    """Fill `missing` and `added`: records of one version only, with what became of the missing ones.

    replaced: its key is there with another version time; moved: another file of this commit tells it;
    left_window: see `_judge`; else vanished.
    """
    same = "a.key_no = b.key_no AND a.version_at IS NOT DISTINCT FROM b.version_at"
    for name, mine, other in (("missing", "before", "after"), ("added", "after", "before")):
        con.execute(
            f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT p.pair_no, b.* EXCLUDE file_hash FROM versions_now p "
            f"JOIN file_records b ON b.file_hash = p.hash_{mine} WHERE NOT EXISTS (SELECT 1 FROM file_records a "
            f"WHERE a.file_hash = p.hash_{other} AND {same})"
        )
    moved = "false"
    if staged is not None and con.execute("SELECT 1 FROM missing LIMIT 1").fetchone():
        con.execute(
            f"CREATE OR REPLACE TEMP TABLE told_now AS SELECT DISTINCT {own.number()} AS key_no, {own.version()} "
            f"AS version_at FROM {staged.scan} WHERE {own.complete()} AND file_hash NOT IN (SELECT hash_before FROM versions_now)"
        )
        moved = f"EXISTS (SELECT 1 FROM told_now a WHERE {same})"
    con.execute(f"""
        CREATE OR REPLACE TEMP TABLE missing AS SELECT b.*, CASE
            WHEN EXISTS (SELECT 1 FROM added n WHERE n.pair_no = b.pair_no AND n.key_no = b.key_no) THEN 'replaced'
            WHEN {moved} THEN 'moved'
            WHEN b.business_date < (SELECT since FROM versions_now p WHERE p.pair_no = b.pair_no) THEN 'left_window'
            ELSE 'vanished' END AS fate
        FROM missing b
    """)


def _name_unnamed(con: duckdb.DuckDBPyConnection, own: Identity, zone: str) -> None:
    """A vanished row that was stored with an earlier file has a number only: look its key up there."""
    days = con.execute(
        "SELECT DISTINCT business_date FROM missing WHERE business_key IS NULL AND fate = 'vanished' ORDER BY 1"
    ).fetchall()
    if not days:
        return
    dated = ", ".join(sql.literal(day) for (day,) in days if day is not None)
    places = [f"business_date IN ({dated})"] if dated else []
    if any(day is None for (day,) in days):
        places.append("business_date IS NULL")
    scans = " UNION ALL ".join(
        f"SELECT {own.record()} FROM {document_table(own.contract)} WHERE zone = {sql.literal(zone)} AND {place}"
        for place in places
    )
    con.execute(
        "UPDATE missing SET business_key = s.business_key, guid = s.guid, flow = s.flow, ebc_code = s.ebc_code, "
        f"order_no = s.order_no FROM ({scans}) s WHERE missing.business_key IS NULL AND missing.key_no = s.key_no"
    )


def _summarise(con: duckdb.DuckDBPyConnection, stamp: str) -> None:
    """One row a redelivered file."""

    def fates(name: str) -> str:
        return f"(SELECT count(*) FROM missing m WHERE m.pair_no = p.pair_no AND fate = '{name}') AS {name}"

    def records(side: str) -> str:
        return f"(SELECT count(*) FROM file_records r WHERE r.file_hash = p.hash_{side})"

    lost = "(SELECT count(*) FROM missing m WHERE m.pair_no = p.pair_no)"
    ledger.insert(
        con,
        REDELIVERIES,
        f"SELECT {stamp}, file_name, hash_before, hash_after, {records('before')} AS records_before, "
        f"{records('after')} AS records_after, {records('before')} - {lost} AS kept, "
        "(SELECT count(DISTINCT key_no) FROM added a WHERE a.pair_no = p.pair_no AND NOT EXISTS "
        "(SELECT 1 FROM file_records b WHERE b.file_hash = p.hash_before AND b.key_no = a.key_no)) AS new, "
        "(SELECT count(DISTINCT key_no) FROM missing m WHERE m.pair_no = p.pair_no AND fate = 'replaced') AS changed, "
        f"{fates('moved')}, {fates('left_window')}, {fates('vanished')} FROM versions_now p ORDER BY file_name",
    )
