"""The index of lists: by which numbers documents find them, where their documents lie, which still wait.

Three tables of the ledger that are only added to, in the transaction that stores the lists. A row too many
makes a partition be opened or a list be computed needlessly, nothing else; a row is never missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb

from warehouse import links, sql, temporary
from warehouse.links import LINKS, LIST_KINDS

LIST = "hash(flow || ' list', ebc_code, order_no)"
GIVEN = (
    "[CASE WHEN pre_no IS NOT NULL THEN hash(flow || ' pre', pre_no) END, "
    "CASE WHEN invt_no IS NOT NULL THEN hash(flow || ' invt', invt_no) END]"
)
#: No row, with the columns of `told`.
UNTOLD = (
    "SELECT '' AS kind, NULL::DATE AS business_date, 0::UBIGINT AS document, false AS fresh, "
    "[]::UBIGINT[] AS lead, []::UBIGINT[] AS inside WHERE false"
)
#: The numbers of a document, a row each. Nothing else may be computed beside `unnest`: it would be once a number,
#: and the hash of a list of thousands of numbers that often.
_NUMBERS = (
    "document, unnest(lead || inside) AS number, "
    "unnest(list_transform(lead, lambda each: true) || list_transform(inside, lambda each: false)) AS leads"
)
#: The tables of the index, and how their rows are ordered.
_INDEX = {
    "numbers": "business_date, list",
    "places": "ALL",
    "waiting": "business_date, kind, document, number",
}
#: Documents that name a list by what another document of it taught: such chains are short.
_ROUNDS = 6


def spelled(told: str) -> str:
    """One row a number of the documents of a query of `told`: kind, business_date, fresh, document, number, leads."""
    return f"SELECT kind, business_date, fresh, {_NUMBERS} FROM ({told})"


def told(kind: str, rows: str, fresh: str) -> str:
    """One row a document, date and newness: kind, business_date, document, fresh, and the numbers as lists.

    Versions that spell the same numbers are one document. `fresh` is the condition that a document is new.
    """
    spelling = (
        f"SELECT business_date, {links.leading(kind)} AS lead, {links.inside(kind)} AS inside, {fresh} AS fresh "
        f"FROM {rows}"
    )
    return (
        f"SELECT {sql.literal(kind)} AS kind, business_date, hash(lead, inside) AS document, fresh, "
        f"any_value(lead) AS lead, any_value(inside) AS inside FROM ({spelling}) GROUP BY ALL"
    )


def owned(kind: str, rows: str) -> str:
    """One row a number a list spells itself: list, number, tie."""
    ties = [
        f"SELECT list, unnest(numbers) AS number, '{tie}' AS tie "
        f"FROM (SELECT {links.key(kind)} AS list, {links.numbers(identities)} AS numbers FROM {rows})"
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
    """Find what the documents of `scans` (rows by kind) and the lists made of them add to the index, for `keep`.

    To be called before the transaction that stores the lists: what is dropped inside one keeps its memory. The
    caller holds the zone's lock, so the index stays as it was read.
    """
    stored = f"FROM {sql.parquet([lists])}"
    temporary.fill(con, "dated", f"SELECT DISTINCT {LIST} AS list, business_date {stored}")
    own = [owned(kind, rows) for kind, rows in scans.items() if kind in LIST_KINDS]
    own.append(f"SELECT {LIST} AS list, unnest({GIVEN}) AS number, 'own' AS tie {stored}")
    temporary.fill(
        con,
        "known",
        "SELECT list, number, min(tie) AS tie, 0 AS round "
        f"FROM ({' UNION ALL '.join(own)}) WHERE number IS NOT NULL GROUP BY list, number",
    )
    documents = [told(kind, rows, fresh) for kind, rows in scans.items() if kind not in LIST_KINDS]
    temporary.fill(con, "told", " UNION ALL ".join([UNTOLD, *documents]))
    temporary.fill(con, "spelled", f"SELECT {_NUMBERS} FROM told")
    _claim(con)
    spelling = [
        f"SELECT {links.key(kind)} AS list, {sql.literal(kind)} AS kind, business_date FROM {rows}"
        for kind, rows in scans.items()
        if kind in LIST_KINDS
    ]
    spelling.append("SELECT list, kind, business_date FROM claimed JOIN told USING (document)")
    _find_new(con, zone, " UNION ALL ".join(spelling))
    temporary.drop(con, "told", "spelled", "claims", "claimed", "known", "dated")


def keep(con: duckdb.DuckDBPyConnection) -> None:
    """Add to the ledger what `learn` found, inside the transaction that stores the lists."""
    for table, order in _INDEX.items():
        con.execute(f"INSERT INTO wh.ledger.{table} BY NAME FROM new_{table} ORDER BY {order}")


def _claim(con: duckdb.DuckDBPyConnection) -> None:
    """Fill `claimed` (list, document), and add to `known` what these documents teach.

    Kinds and dates need not be told apart: what spells the same numbers is claimed alike.
    """
    temporary.fill(con, "claimed", "SELECT 0::UBIGINT AS list, 0::UBIGINT AS document WHERE false")
    for number in range(_ROUNDS):
        temporary.fill(
            con,
            "claims",
            f"SELECT DISTINCT list, document FROM spelled JOIN (FROM known WHERE round = {number}) USING (number) "
            "ANTI JOIN claimed USING (list, document)",
        )
        con.execute("INSERT INTO claimed FROM claims")
        con.execute(
            f"INSERT INTO known SELECT DISTINCT list, number, 'learnt', {number + 1} "
            "FROM claims JOIN (FROM spelled WHERE leads) USING (document) ANTI JOIN known USING (list, number)"
        )
        if not con.execute(f"SELECT 1 FROM known WHERE round = {number + 1} LIMIT 1").fetchone():
            break


def _find_new(con: duckdb.DuckDBPyConnection, zone: str, places: str) -> None:
    """Fill new_numbers, new_places and new_waiting with what the ledger lacks.

    `places`: list, kind and business_date of every document of a list. A number first learnt from a document and
    later given to the list itself is kept as its own besides, so that the index says the same whatever came first.
    A document of none but dropped lists waits like one of none: it has no place until the correction is withdrawn.
    """
    here = f"zone = {sql.literal(zone)}"
    own = f"SELECT {sql.literal(zone)} AS zone"
    dates = "business_date IN (SELECT business_date FROM dated)"
    undated = "(business_date IS NULL AND EXISTS (SELECT 1 FROM dated WHERE business_date IS NULL))"
    temporary.fill(
        con,
        "new_numbers",
        f"{own}, business_date, list, number, tie FROM known JOIN dated USING (list) ANTI JOIN "
        # A row that is kept answers for what is learnt, one that is a list's own for what is its own as well.
        # Equalities only: with another condition beside them DuckDB compares every row with every other.
        "(SELECT list, number, business_date AS day, unnest(CASE tie WHEN 'own' THEN [true, false] ELSE [false] END) "
        f"AS own FROM (FROM wh.ledger.numbers WHERE {here} AND ({dates} OR {undated})) SEMI JOIN dated USING (list)) there "
        "ON known.list = there.list AND known.number = there.number AND day IS NOT DISTINCT FROM business_date "
        "AND own = (tie = 'own')",
    )
    temporary.fill(
        con,
        "new_places",
        f"{own}, business_date, kind, document_date FROM ("
        "SELECT DISTINCT dated.business_date, kind, places.business_date AS document_date "
        f"FROM ({places}) places JOIN dated USING (list) EXCEPT "
        f"SELECT business_date, kind, document_date FROM wh.ledger.places WHERE {here})",
    )
    temporary.fill(
        con,
        "new_waiting",
        f"WITH new AS (SELECT * EXCLUDE (fresh) FROM ({spelled('FROM told WHERE fresh')})), "
        "unnamed AS (FROM new ANTI JOIN (FROM known SEMI JOIN dated USING (list)) USING (number)) "
        f"{own}, business_date, kind, document, number, leads FROM ("
        "FROM unnamed UNION SELECT new.* FROM new SEMI JOIN unnamed USING (kind, document) WHERE leads)",
    )
