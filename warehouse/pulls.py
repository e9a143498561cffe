"""ledger.pulled: what was taken from each source, by the name it has there, so that only new files are fetched.

Appended in the commit that stores the files, so a run that dies before it fetches them again and counts
them once: their bytes are known by their hash.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path

import duckdb

from sources.pulling import Pull
from sources.staging import LandedFile
from warehouse import landing, sql
from warehouse.connection import Lake
from warehouse.home import Home
from warehouse.schema import PROVISIONAL

#: What a run landed from its sources, in the run's folder.
FILE = "pulled.json"


@dataclass(frozen=True)
class Pulled:
    """One file as a source listed it when it was taken. Texts of times are ISO, local Beijing time."""

    source: str
    name: str
    size: int | None
    modified_at: str | None
    version: str | None
    file_hash: str
    business_date: str

    @property
    def state(self) -> tuple[int | None, str | None, str | None]:
        """What tells two contents under one name apart without reading them."""
        return (self.size, self.modified_at, self.version)


def known(lake: Lake, zone: str) -> dict[tuple[str, str], Pulled]:
    """The newest state each file was taken in, by source and name."""
    try:
        rows = lake.con.execute(
            "SELECT source, name, size, modified_at, version, file_hash, business_date FROM wh.ledger.pulled "
            f"WHERE zone = {sql.literal(zone)} "
            "QUALIFY row_number() OVER (PARTITION BY source, name ORDER BY pulled_at DESC, run_id DESC) = 1"
        ).fetchall()
    except duckdb.CatalogException:
        return {}  # a lake of an older release, opened for reading before its first write brings the table
    return {(row[0], row[1]): _pulled(*row) for row in rows}


def save(rows: Iterable[Pulled], folder: Path) -> Path:
    """Leave what was landed for the commit."""
    path = folder / FILE
    path.write_text(json.dumps([asdict(each) for each in rows], ensure_ascii=False), encoding="utf-8")
    return path


def fresh(
    taken: Sequence[Pull], digests: Sequence[str], before: Mapping[tuple[str, str], Pulled], day: date
) -> list[Pulled]:
    """What is to be remembered of the files just landed; `digests` are theirs, in their order."""
    files = [(each, file) for each in taken for file in each.files]
    rows = []
    for (each, file), digest in zip(files, digests, strict=True):
        known_as = before.get((each.source, file.name))
        row = Pulled(
            each.source, file.name, file.size, file.modified_at, file.version, digest, day.isoformat()
        )
        same = known_as is not None and (known_as.state, known_as.file_hash) == (row.state, row.file_hash)
        if each.remembers and not same:  # a source that tells no state is fetched at every run
            rows.append(row)
    return rows


def handed_over(lake: Lake, zone: str, day: date) -> frozenset[tuple[str, str]]:
    """Files by source and name that the run of a day answers for, whoever took them.

    Those taken for the day itself, and those that hourly runs of a later day took after the last day was published and
    before this one was: between midnight and the daily run they load what is of the day before.
    """
    first = (
        "(SELECT business_date, min(published_at) AS first_at FROM wh.vintages.published "
        f"WHERE zone = {sql.literal(zone)} AND {PROVISIONAL} IS NOT true GROUP BY ALL)"
    )
    until = f"coalesce((SELECT first_at FROM {first} WHERE business_date = {sql.literal(day)}), 'infinity'::TIMESTAMP)"
    since = f"coalesce((SELECT max(first_at) FROM {first} WHERE first_at < {until}), '-infinity'::TIMESTAMP)"
    try:
        rows = lake.con.execute(
            "SELECT source, name FROM (SELECT * FROM wh.ledger.pulled "
            f"WHERE zone = {sql.literal(zone)} "
            "QUALIFY row_number() OVER (PARTITION BY source, name ORDER BY pulled_at DESC, run_id DESC) = 1) "
            f"WHERE business_date = {sql.literal(day)} OR (business_date > {sql.literal(day)} "
            f"AND pulled_at > {since} AND pulled_at <= {until})"
        ).fetchall()
    except duckdb.CatalogException:
        return frozenset()  # as in `known`
    except duckdb.BinderException:  # a lake from before there were hourly runs
        rows = lake.con.execute(
            f"SELECT DISTINCT source, name FROM wh.ledger.pulled WHERE zone = {sql.literal(zone)} "
            f"AND business_date = {sql.literal(day)}"
        ).fetchall()
    return frozenset(rows)


def again(
    home: Home,
    taken: Sequence[Pull],
    before: Mapping[tuple[str, str], Pulled],
    own: Collection[tuple[str, str]],
) -> list[LandedFile]:
    """What earlier runs took from these sources: what this run answers for (`own`), and whatever is still listed."""
    listed = {(each.source, name) for each in taken for name in each.seen}
    sources = {each.source for each in taken}
    return [
        LandedFile(
            row.file_hash,
            str(landing.stored(home, row.file_hash)),
            (row.name,),
            row.size or 0,
            row.source,
            known=True,
            earlier=key not in own,
        )
        for key, row in before.items()
        if key in listed or (row.source in sources and key in own)
    ]


def add(con: duckdb.DuckDBPyConnection, zone: str, run_id: str, folder: Path, at: datetime) -> None:
    """Append what the run took; nothing where it took nothing."""
    path = folder / FILE
    rows = [Pulled(**each) for each in json.loads(path.read_text(encoding="utf-8"))] if path.exists() else []
    if not rows:
        return
    values = ", ".join(
        f"({sql.literal(each.source)}, {sql.literal(each.name)}, {_number(each.size)}, "
        f"CAST({sql.literal(each.modified_at)} AS TIMESTAMP), {sql.literal(each.version)}, "
        f"{sql.literal(each.file_hash)}, CAST({sql.literal(each.business_date)} AS DATE))"
        for each in rows
    )
    con.execute(
        f"INSERT INTO wh.ledger.pulled BY NAME SELECT {sql.literal(zone)} AS zone, *, {sql.literal(at)} AS pulled_at, "
        f"{sql.literal(run_id)} AS run_id FROM (VALUES {values}) "
        "AS rows(source, name, size, modified_at, version, file_hash, business_date)"
    )


def last_pulled(lake: Lake, zone: str) -> Mapping[str, tuple[int, datetime]]:
    """Files taken from each source so far, and when the last was."""
    rows = lake.con.execute(
        "SELECT source, count(*), max(pulled_at) FROM wh.ledger.pulled "
        f"WHERE zone = {sql.literal(zone)} GROUP BY source"
    ).fetchall()
    return {source: (files, at) for source, files, at in rows}


def _pulled(
    source: str,
    name: str,
    size: int | None,
    modified_at: datetime | None,
    version: str | None,
    file_hash: str,
    business_date: date,
) -> Pulled:
    moment = modified_at.isoformat() if modified_at else None
    return Pulled(source, name, size, moment, version, file_hash, business_date.isoformat())


def _number(value: int | None) -> str:
    return "NULL" if value is None else str(int(value))
