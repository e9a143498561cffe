"""What a record is when files are compared: its key as a number, and its version time.

A document with versions is a record by key and version time. An event (a receipt, a status) has no version: its
key without the time is the key here and the time in its key is its version, so that the same answer told with
another time is the same key. Numbers are kept for years, so they come from MD5, not from DuckDB's own hash.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sources.contracts import CONTRACTS, Contract, Type
from warehouse import sql

#: Customs lists by kind: the flow they belong to.
LIST_FLOWS = {"CEB621": "I", "CEB603": "E"}
_TIMES = (Type.TIME, Type.DATE)


@dataclass(frozen=True)
class Identity:
    """Key and version of the records of a kind, as SQL over its columns."""

    contract: Contract

    @property
    def columns(self) -> tuple[str, ...]:
        """Key columns without the time of an event."""
        names = (*self.contract.key, *self.contract.key_optional)
        if not self.contract.event:
            return self.contract.key_columns
        kept = [self.contract[each].column for each in names if self.contract[each].type not in _TIMES]
        return tuple(kept) or self.contract.key_columns

    @property
    def version_field(self) -> str | None:
        """CEB name of the version time; of an event the time in its key."""
        if not self.contract.event:
            return self.contract.version
        return next((each for each in self.contract.key if self.contract[each].type in _TIMES), None)

    @property
    def version_column(self) -> str | None:
        """Column of `version_field`."""
        return self.contract[self.version_field].column if self.version_field else None

    @property
    def status_column(self) -> str | None:
        """Column of an event that says what happened."""
        if not self.contract.event:
            return None
        return next((each for each in self.columns if each.endswith("status")), None)

    def version(self, prefix: str = "") -> str:
        """Version time of a row."""
        column = self.version_column
        return f"CAST({prefix}{sql.name(column)} AS TIMESTAMP)" if column else "NULL::TIMESTAMP"

    def key(self, prefix: str = "") -> str:
        """The key as people read it, without the time of an event."""
        return _joined(self.columns, prefix)

    def number(self, prefix: str = "") -> str:
        """The key as a number."""
        return numbered([f"CAST({prefix}{sql.name(each)} AS VARCHAR)" for each in self.columns])

    def complete(self, prefix: str = "") -> str:
        """Whether a row has its key: without one it cannot be compared."""
        mandatory = {self.contract[each].column for each in self.contract.key}
        return " AND ".join(
            f"{prefix}{sql.name(each)} IS NOT NULL" for each in self.columns if each in mandatory
        )

    def record(self, prefix: str = "") -> str:
        """Select list of a record: key_no, version_at, business_date, business_key, guid, flow, ebc_code, order_no."""
        guid = f"{prefix}guid" if any(each.name == "guid" for each in self.contract.fields) else "NULL"
        flow = LIST_FLOWS.get(self.contract.kind)
        own = (f"{prefix}ebc_code", f"{prefix}order_no") if flow else ("NULL", "NULL")
        return (
            f"{self.number(prefix)} AS key_no, {self.version(prefix)} AS version_at, {prefix}business_date, "
            f"{self.key(prefix)} AS business_key, {guid}::VARCHAR AS guid, {sql.literal(flow)}::VARCHAR AS flow, "
            f"{own[0]}::VARCHAR AS ebc_code, {own[1]}::VARCHAR AS order_no"
        )

    def quarantined_complete(self) -> str:
        """`complete` over quarantine.rows."""
        return " AND ".join(
            f"{_json(each)} IS NOT NULL"
            for each in self.columns
            if each in {self.contract[name].column for name in self.contract.key}
        )

    def quarantined(self) -> str:
        """The same select list over quarantine.rows, whose columns lie in the JSON `record`."""
        texts = [_json(each) for each in self.columns]
        version = (
            f"TRY_CAST({_json(self.version_column)} AS TIMESTAMP)"
            if self.version_column
            else "NULL::TIMESTAMP"
        )
        flow = LIST_FLOWS.get(self.contract.kind)
        own = (_json("ebc_code"), _json("order_no")) if flow else ("NULL", "NULL")
        return (
            f"{numbered(texts)} AS key_no, {version} AS version_at, "
            f"TRY_CAST({_json(self.contract.business_column)} AS DATE) AS business_date, "
            f"concat_ws('|', {', '.join(texts)}) AS business_key, {_json('guid')} AS guid, "
            f"{sql.literal(flow)}::VARCHAR AS flow, {own[0]}::VARCHAR AS ebc_code, {own[1]}::VARCHAR AS order_no"
        )


def _json(column: str) -> str:
    return f"(record ->> {sql.literal('$.' + column)})"


def identity(kind: str) -> Identity:
    """Key and version of a kind."""
    return Identity(CONTRACTS[kind])


def numbered(texts: Sequence[str]) -> str:
    """The stable 64-bit number of some texts; an absent one counts as empty."""
    return (
        f"md5_number_lower(concat_ws(chr(31), {', '.join(f'coalesce({each}, chr(30))' for each in texts)}))"
    )


def _joined(columns: Sequence[str], prefix: str) -> str:
    return f"concat_ws('|', {', '.join(f'CAST({prefix}{sql.name(each)} AS VARCHAR)' for each in columns)})"
