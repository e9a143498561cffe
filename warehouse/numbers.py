"""The index of lists: by which numbers documents find them, where their documents lie, which still wait.

Three tables of the ledger that are only added to, in the transaction that stores the lists. A row too many
makes a partition be opened or a list be computed needlessly, nothing else; a row is never missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

from warehouse import links, sql
from warehouse.links import LINKS, LIST_KINDS

LIST = "hash(flow || ' list', ebc_code, order_no)"
GIVEN = (
    "[CASE WHEN pre_no IS NOT NULL THEN hash(flow || ' pre', pre_no) END, "
    "CASE WHEN invt_no IS NOT NULL THEN hash(flow || ' invt', invt_no) END]"
)
#: No row, with the columns of `spelled`.
NOTHING = (
    "SELECT '' AS kind, NULL::DATE AS business_date, 0::UBIGINT AS document, 0::UBIGINT AS number, "
    "false AS leads, false AS fresh WHERE false"
)
#: Documents that name a list by what another document of it taught: such chains are short.
_ROUNDS = 6


def spelled(kind: str, rows: str, fresh: str) -> str:
    """One row a number of the documents of a kind: kind, business_date, document, number, leads, fresh.

    `fresh` is the condition that a document is new.
    """
    lead, inside = links.leading(kind), links.inside(kind)
    return (
        f"SELECT {sql.literal(kind)} AS kind, business_date, hash(lead, inside) AS document, "
        "unnest(lead || inside) AS number, unnest(list_transform(lead, lambda each: true) || "
        "list_transform(inside, lambda each: false)) AS leads, fresh "
        f"FROM (SELECT business_date, {lead} AS lead, {inside} AS inside, {fresh} AS fresh FROM {rows})"
    )


def owned(kind: str, rows: str) -> str:
    """One row a number a list spells itself: list, number, tie."""
    ties = [
        f"SELECT {links.key(kind)} AS list, unnest({links.numbers(identities)}) AS number, '{tie}' AS tie FROM {rows}"
        for tie in ("own", "shared")
        if (identities := tuple(each for each in LINKS[kind].lists if tie_of(each.name) == tie))
    ]
    return " UNION ALL ".join(ties)


def tie_of(identity: str) -> str:
    """Whether an identity of lists belongs to one list only."""
    return "own" if identity.split()[1] in links.EXCLUSIVE else "shared"


def learn(
    con: duckdb.DuckDBPyConnection, zone: str, scans: Mapping[str, str], fresh: str, lists: Path
) -> None:
    """Add what the documents of `scans` (rows by kind) and the lists made of them tell.

    To be called inside the transaction that stores the lists.
    """
    stored = f"FROM {sql.parquet([lists])}"
    _table(con, "dated", f"SELECT DISTINCT {LIST} AS list, business_date {stored}")
    own = [owned(kind, rows) for kind, rows in scans.items() if kind in LIST_KINDS]
    own.append(f"SELECT {LIST} AS list, unnest({GIVEN}) AS number, 'own' AS tie {stored}")
    _table(
        con,
        "known",
        "SELECT list, number, min(tie) AS tie, 0 AS round "
        f"FROM ({' UNION ALL '.join(own)}) WHERE number IS NOT NULL GROUP BY list, number",
    )
    documents = [spelled(kind, rows, fresh) for kind, rows in scans.items() if kind not in LIST_KINDS]
    _table(con, "spelled", f"SELECT DISTINCT * FROM ({' UNION ALL '.join([NOTHING, *documents])})")
    spelling = [
        f"SELECT {links.key(kind)} AS list, {sql.literal(kind)} AS kind, business_date, 0::UBIGINT AS document FROM {rows}"
        for kind, rows in scans.items()
        if kind in LIST_KINDS
    ]
    _claim(con, spelling)
    _keep(con, zone)


def _claim(con: duckdb.DuckDBPyConnection, spelling: Sequence[str]) -> None:
    """Fill `claimed` (list, kind, business_date, document), and add to `known` what these documents teach.

    `spelling` are queries of the versions of the lists themselves, with the same columns.
    """
    nothing = "SELECT 0::UBIGINT AS list, '' AS kind, NULL::DATE AS business_date, 0::UBIGINT AS document WHERE false"
    _table(con, "claimed", " UNION ALL ".join([nothing, *spelling]))
    for number in range(_ROUNDS):
        _table(
            con,
            "claims",
            "SELECT DISTINCT list, kind, business_date, document FROM spelled "
            f"JOIN (FROM known WHERE round = {number}) USING (number)",
        )
        con.execute("INSERT INTO claimed FROM claims")
        con.execute(
            f"INSERT INTO known SELECT DISTINCT list, number, 'learnt', {number + 1} "
            "FROM claims JOIN (SELECT DISTINCT kind, document, number FROM spelled WHERE leads) USING (kind, document) "
            "ANTI JOIN known USING (list, number)"
        )
        if not con.execute(f"SELECT 1 FROM known WHERE round = {number + 1} LIMIT 1").fetchone():
            break


def _keep(con: duckdb.DuckDBPyConnection, zone: str) -> None:
    """Add to the ledger what is not there yet.

    A number first learnt from a document and later given to the list itself is kept as its own besides, so that
    the index says the same whatever came first. A document of none but dropped lists waits like one of none: it
    has no place until the correction is withdrawn.
    """
    here = f"zone = {sql.literal(zone)}"
    own = f"SELECT {sql.literal(zone)} AS zone"
    dates = "business_date IN (SELECT business_date FROM dated)"
    undated = "(business_date IS NULL AND EXISTS (SELECT 1 FROM dated WHERE business_date IS NULL))"
    con.execute(
        f"INSERT INTO wh.ledger.numbers BY NAME {own}, business_date, list, number, tie "
        "FROM known JOIN dated USING (list) ANTI JOIN "
        # A row that is kept answers for what is learnt, one that is a list's own for what is its own as well.
        # Equalities only: with another condition beside them DuckDB compares every row with every other.
        "(SELECT list, number, business_date AS day, unnest(CASE tie WHEN 'own' THEN [true, false] ELSE [false] END) "
        f"AS own FROM wh.ledger.numbers WHERE {here} AND ({dates} OR {undated})) there "
        "ON known.list = there.list AND known.number = there.number AND day IS NOT DISTINCT FROM business_date "
        "AND own = (tie = 'own') "
        "ORDER BY business_date, list"
    )
    con.execute(
        f"INSERT INTO wh.ledger.places BY NAME {own}, business_date, kind, document_date FROM ("
        "SELECT DISTINCT dated.business_date, kind, claimed.business_date AS document_date "
        f"FROM claimed JOIN dated USING (list) EXCEPT "
        f"SELECT business_date, kind, document_date FROM wh.ledger.places WHERE {here}) ORDER BY ALL"
    )
    con.execute(
        f"INSERT INTO wh.ledger.waiting BY NAME {own}, business_date, kind, document, number, leads FROM ("
        "WITH unnamed AS (SELECT * FROM spelled WHERE fresh AND number NOT IN "
        "(SELECT number FROM known SEMI JOIN dated USING (list))) "
        "FROM unnamed UNION SELECT spelled.* FROM spelled SEMI JOIN unnamed USING (kind, document) WHERE leads AND fresh"
        ") ORDER BY business_date, kind, document, number"
    )


def _table(con: duckdb.DuckDBPyConnection, name: str, select: str) -> None:
    con.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {select}")
