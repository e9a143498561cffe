"""Declared corrections: known source errors of a zone, one TOML file each, in `corrections/<zone>/`.

The folder lies beside the zone files, so TONGGUAN_ZONES moves both. Every complaint names the file and the
key; docs/corrections.md explains the keys.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from sources.contracts import CONTRACTS, Contract, Field, Type
from sources.toml_table import TomlTable, ZoneError
from sources.zone import zones_folder

FOLDER = "corrections"
ACTIONS = ("drop", "override", "flag")
STATUSES = ("proposed", "active", "withdrawn")
Value = str | int | Decimal | datetime | date
_ID = re.compile(r"[a-z0-9][a-z0-9-]*")
_WANTED: dict[Type, str] = {
    Type.TEXT: "a text in quotes",
    Type.INTEGER: "a whole number",
    Type.DECIMAL: "a number",
    Type.TIME: "a time written 2026-11-11T08:30:00, local Beijing time without an offset",
    Type.DATE: "a date written 2026-11-11",
}


@dataclass(frozen=True)
class Declared:
    """One declared correction. Fields go by their column; `text` is the file as it stands.

    It selects the documents of `kind` whose business date lies from `first` to `last` (with `undated` also
    those without one) and whose columns hold one of the values of `fields`.
    """

    id: str
    file: str
    status: str
    action: str
    reason: str
    reporter: str
    reported: date
    kind: str
    first: date
    last: date
    undated: bool
    fields: Mapping[str, tuple[Value, ...]] = field(hash=False)
    set: Mapping[str, Value] = field(hash=False)
    documents: int | None
    holds: Mapping[str, Value] = field(hash=False)
    text: str

    @property
    def contract(self) -> Contract:
        """The contract of the documents it selects."""
        return CONTRACTS[self.kind]

    @property
    def moved_to(self) -> date | None:
        """The business date an override gives its documents."""
        value = self.set.get(self.contract.business_column)
        return value.date() if isinstance(value, datetime) else value if isinstance(value, date) else None

    @property
    def effect(self) -> tuple[Any, ...] | None:
        """What it does to figures; None where it does nothing to them."""
        if self.status != "active" or self.action == "flag":
            return None
        selected = tuple(sorted(self.fields.items()))
        place = (self.kind, self.first, self.last, self.undated)
        return (self.action, *place, selected, tuple(sorted(self.set.items())))


def load(zone: str) -> tuple[Declared, ...]:
    """The corrections of a zone by id, none where there is no folder; raises ZoneError."""
    folder = zones_folder() / FOLDER / zone
    return tuple(parse(_content(path), zone, path.name, str(path)) for path in sorted(folder.glob("*.toml")))


def parse(text: str, zone: str, name: str, shown: str | None = None) -> Declared:
    """One correction from the text of its file `name`; raises ZoneError naming the file (as `shown`) and key."""
    path = Path(shown or name)
    try:
        content = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise ZoneError(f"{path}: not readable as TOML: {error}") from error
    return _declared(TomlTable(content, path, ""), zone, name, text)


def _content(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ZoneError(f"{path}: not readable as TOML: {error}") from error


def _declared(top: TomlTable, zone: str, name: str, text: str) -> Declared:
    id_ = top.text("id")
    if f"{id_}.toml" != name or not _ID.fullmatch(id_):
        raise top.fail("id", f"is {id_!r}: write small letters, digits and hyphens, as in the file's name")
    status, action = _one_of(top, "status", STATUSES), _one_of(top, "action", ACTIONS)
    select, expect = top.table("select"), top.table("expect")
    kind = select.text("kind")
    if kind not in CONTRACTS:
        raise select.fail("kind", f"{kind!r} is no document kind; there are: {', '.join(CONTRACTS)}")
    contract = CONTRACTS[kind]
    first, last = _date(select, "first"), _date(select, "last")
    if last < first:
        raise select.fail("last", "lies before first")
    undated = select.flag("undated") if select.has("undated") else False
    fields = _several(select.table("fields"), contract) if select.has("fields") else {}
    values = _values(top.table("set"), contract) if top.has("set") else {}
    if (action == "override") != bool(values):
        raise top.fail("set", "is needed by override" if action == "override" else f"has no use for {action}")
    documents = expect.whole("documents") if expect.has("documents") else None
    holds = _values(expect.table("fields"), contract) if expect.has("fields") else {}
    if documents is None and not holds:
        raise expect.fail("documents", "or expect.fields is needed: a correction says what it must meet")
    made = Declared(
        id=id_,
        file=f"{FOLDER}/{zone}/{name}",
        status=status,
        action=action,
        reason=top.text("reason"),
        reporter=top.text("reporter"),
        reported=_date(top, "reported"),
        kind=kind,
        first=first,
        last=last,
        undated=undated,
        fields=fields,
        set=values,
        documents=documents,
        holds=holds,
        text=text,
    )
    for each in (select, expect, top):
        each.done()
    return made


def _one_of(table: TomlTable, key: str, allowed: tuple[str, ...]) -> str:
    value = table.text(key)
    if value not in allowed:
        raise table.fail(key, f"is {value!r}; write {', '.join(allowed[:-1])} or {allowed[-1]}")
    return value


def _date(table: TomlTable, key: str) -> date:
    value = table.take(key)
    if not isinstance(value, date) or isinstance(value, datetime):
        raise table.fail(key, "must be a date written 2026-11-11, without quotes")
    return value


def _values(table: TomlTable, contract: Contract) -> dict[str, Value]:
    """Column -> value of every field named; raises ZoneError for an unknown or personal field or a wrong type."""
    return {each.column: _typed(table, each, table.take(each.name)) for each in _fields(table, contract)}


def _several(table: TomlTable, contract: Contract) -> dict[str, tuple[Value, ...]]:
    """Column -> values, where a field may be given one value or a list of them."""
    found = {}
    for each in _fields(table, contract):
        value = table.take(each.name)
        given = value if isinstance(value, list) else [value]
        if not given:
            raise table.fail(each.name, "is an empty list")
        found[each.column] = tuple(_typed(table, each, one) for one in given)
    return found


def _fields(table: TomlTable, contract: Contract) -> list[Field]:
    fields = {each.name: each for each in contract.fields}
    chosen = []
    for name in table.names():
        if name not in fields:
            raise table.fail(name, f"is no head field of {contract.kind}; use the CEB name, e.g. orderNo")
        if fields[name].personal is not None:
            raise table.fail(name, "is personal: a correction can neither look for it nor write it")
        chosen.append(fields[name])
    if not chosen:
        raise table.fail("", "names no field")
    return chosen


def _typed(table: TomlTable, known: Field, value: Any) -> Value:
    match known.type:
        case Type.TEXT:
            fits = isinstance(value, str) and bool(value) and len(value) <= (known.max_length or len(value))
        case Type.INTEGER:
            fits = isinstance(value, int) and not isinstance(value, bool)
        case Type.DECIMAL:
            fits = isinstance(value, int | Decimal) and not isinstance(value, bool)
            value = Decimal(value) if fits else value
            fits = fits and value.is_finite() and abs(value) < 10**14 and value == round(value, 5)
        case Type.TIME:
            fits = isinstance(value, datetime) and value.tzinfo is None
        case Type.DATE:
            fits = isinstance(value, date) and not isinstance(value, datetime)
    if not fits:
        size = f" of at most {known.max_length} characters" if known.type is Type.TEXT else ""
        raise table.fail(known.name, f"is {value!r}; it must be {_WANTED[known.type]}{size}")
    typed: Value = value
    return typed
