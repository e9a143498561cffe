"""`[retention]` of a zone file: how long the zone's landed files, which hold personal data in clear, are kept."""

from __future__ import annotations

from dataclasses import dataclass

from sources.toml_table import TomlTable


@dataclass(frozen=True)
class Retention:
    """Days; None: as the home says (`maintenance.toml`)."""

    landed_days: int | None = None


def retention(table: TomlTable) -> Retention:
    """The section as it stands; raises ZoneError naming file and key."""
    stated = Retention(table.whole("landed_days") if table.has("landed_days") else None)
    table.done()
    return stated
