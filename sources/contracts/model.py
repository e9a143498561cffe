"""What a document kind is: its fields, key, times and amounts, declared once.

Readers, warehouse tables, base expectations and the data dictionary are all derived from these
declarations; nothing else in the project names a CEB field's type, length, label or privacy class.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property

import polars as pl


class Type(StrEnum):
    """How a field's text becomes a value."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"  # N19,5: exact, never a float
    TIME = "time"  # 14 or 17 digits, Asia/Shanghai, stored to the millisecond
    DATE = "date"  # 8 digits; a real platform also sends 14


class Personal(StrEnum):
    """Personal-data class of a field; the reader replaces the value before anything else sees it."""

    ID = "id"
    NAME = "name"
    PHONE = "phone"
    ADDRESS = "address"
    ACCOUNT = "account"  # platform account: may be an e-mail or a phone
    FREE_TEXT = "free_text"  # may repeat any of the above; only its known phrases are kept


#: What a personal value that was masked at the source becomes: it cannot be compared.
MASKED = "masked"

POLARS_TYPES: dict[Type, pl.DataType] = {
    Type.TEXT: pl.String(),
    Type.INTEGER: pl.Int64(),
    Type.DECIMAL: pl.Decimal(19, 5),
    Type.TIME: pl.Datetime("ms"),
    Type.DATE: pl.Date(),
}
SQL_TYPES: dict[Type, str] = {
    Type.TEXT: "VARCHAR",
    Type.INTEGER: "BIGINT",
    Type.DECIMAL: "DECIMAL(19,5)",
    Type.TIME: "TIMESTAMP",
    Type.DATE: "DATE",
}

_SPEC = re.compile(r"C(?P<exact>\d+)|C\.\.(?P<most>\d+)|N(?P<digits>\d+)|(?P<word>N19,5|T|D)")


@dataclass(frozen=True)
class Field:
    """One element of a message.

    `spec` is the customs notation: `C18` exactly 18 characters, `C..60` up to 60, `N4` an integer of
    up to 4 digits, `N19,5` a decimal, `T` a time of 14 or 17 digits, `D` a date of 8 digits.
    """

    name: str
    spec: str
    zh: str
    en: str
    codes: str | None = None  # name of a code list in sources/codelists
    personal: Personal | None = None
    mandatory: bool = False
    aliases: tuple[str, ...] = ()  # other spellings seen in real files
    stored_as: str | None = None  # column name where the rule of `column` does not fit

    def __post_init__(self) -> None:
        if not _SPEC.fullmatch(self.spec):
            raise ValueError(f"field {self.name}: unknown type notation {self.spec!r}")

    @cached_property
    def type(self) -> Type:
        """How the field is read, from its notation."""
        if self.spec.startswith("C"):
            return Type.TEXT
        return {"N19,5": Type.DECIMAL, "T": Type.TIME, "D": Type.DATE}.get(self.spec, Type.INTEGER)

    @cached_property
    def min_length(self) -> int | None:
        """Characters of a text of fixed length."""
        match = re.fullmatch(r"C(\d+)", self.spec)
        return int(match[1]) if match else None

    @cached_property
    def max_length(self) -> int | None:
        """Most characters or digits, None where the notation sets none."""
        match = re.fullmatch(r"[CN](?:\.\.)?(\d+)", self.spec)
        return int(match[1]) if match else None

    @cached_property
    def column(self) -> str:
        """Warehouse column: snake case; times end `_at`, dates `_date`, digests `_digest`, weights `_kg`."""
        if self.stored_as:
            return self.stored_as
        snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", self.name).lower()
        if self.type is Type.TIME:
            return re.sub(r"_(time|date)$", "", snake) + "_at"
        if self.type is Type.DATE:
            return re.sub(r"_(time|date)$", "", snake) + "_date"
        if self.personal and self.personal is not Personal.FREE_TEXT:
            return snake + "_digest"
        if snake.endswith("weight"):
            return snake + "_kg"
        return snake

    @property
    def polars_type(self) -> pl.DataType:
        """Type of the column in staged parts."""
        return POLARS_TYPES[self.type]

    @property
    def sql_type(self) -> str:
        """Type of the column in the warehouse."""
        return SQL_TYPES[self.type]


@dataclass(frozen=True)
class Contract:
    """One document kind. Grain of its table: one row a version of a document, items nested.

    `key` are the fields without which a row is unusable; `key_optional` complete the key where sent.
    `version` orders the versions of one key (the greatest wins); an `event` has none: every distinct
    receipt or status is kept. `business_time` dates the document (its partition).
    `amounts` are the money fields whose sum is the control total of a file: head fields, or `items.<field>`.
    """

    kind: str
    table: str
    zh: str
    en: str
    flow: str | None
    root: str
    node: str
    head: str | None
    items_node: str | None
    fields: tuple[Field, ...]
    items: tuple[Field, ...] = ()
    key: tuple[str, ...] = ()
    key_optional: tuple[str, ...] = ()
    version: str | None = "appTime"
    event: bool = False
    business_time: str = "appTime"
    amounts: tuple[str, ...] = ()
    namespace: str = "http://www.chinaport.gov.cn/ceb"
    answers: str | None = None  # for a receipt: the kind it answers

    def __getitem__(self, name: str) -> Field:
        for each in self.fields:
            if each.name == name:
                return each
        raise KeyError(f"{self.kind} has no head field {name}")

    def item(self, name: str) -> Field:
        """The item field with this CEB name."""
        for each in self.items:
            if each.name == name:
                return each
        raise KeyError(f"{self.kind} has no item field {name}")

    @cached_property
    def key_columns(self) -> tuple[str, ...]:
        """Columns of the key, optional ones last."""
        return tuple(self[name].column for name in (*self.key, *self.key_optional))

    @cached_property
    def version_column(self) -> str | None:
        """Column that orders the versions of a key."""
        return self[self.version].column if self.version else None

    @cached_property
    def business_column(self) -> str:
        """Column whose day is the business date."""
        return self[self.business_time].column

    @cached_property
    def items_dtype(self) -> pl.List | None:
        """Polars type of the column `items`, None for a kind without items."""
        if not self.items:
            return None
        return pl.List(pl.Struct({each.column: each.polars_type for each in self.items}))

    @cached_property
    def schema(self) -> dict[str, pl.DataType]:
        """Polars schema of the document columns, items last as `items`."""
        columns: dict[str, pl.DataType] = {each.column: each.polars_type for each in self.fields}
        if self.items_dtype is not None:
            columns["items"] = self.items_dtype
        return columns

    @cached_property
    def sql_columns(self) -> dict[str, str]:
        """DuckDB column types in the same order as `schema`."""
        columns = {each.column: each.sql_type for each in self.fields}
        if self.items:
            inner = ", ".join(f'"{each.column}" {each.sql_type}' for each in self.items)
            columns["items"] = f"STRUCT({inner})[]"
        return columns


@dataclass(frozen=True)
class FieldBook:
    """The fields by name; contracts pick from it so that each is described once."""

    entries: dict[str, Field] = field(default_factory=dict)

    def pick(self, names: str, **overrides: str) -> tuple[Field, ...]:
        """Fields in message order; `!` marks a mandatory one, an override gives another notation."""
        picked = []
        for word in names.split():
            name = word.rstrip("!")
            entry = self.entries[name]
            picked.append(replace(entry, mandatory=word.endswith("!"), spec=overrides.get(name, entry.spec)))
        return tuple(picked)
