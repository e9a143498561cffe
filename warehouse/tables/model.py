"""What a table is, and the columns that many have."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """One table: where it lives, what one row is, its columns as (name, SQL type, meaning)."""

    schema: str
    name: str
    grain: str
    columns: tuple[tuple[str, str, str], ...]
    partition: tuple[str, ...] = ()

    @property
    def qualified(self) -> str:
        """Name inside the lake."""
        return f"wh.{self.schema}.{self.name}"


ZONE = ("zone", "VARCHAR", "pilot zone")
FILE = ("file_hash", "VARCHAR", "SHA-256 of the file's bytes")
RUN = ("run_id", "VARCHAR", "run that wrote the row")
AMOUNT = "DECIMAL(38,5)"
