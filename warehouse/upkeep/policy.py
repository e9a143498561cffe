"""How long what is kept, in days: for the whole home from `maintenance.toml` in it, for landed files by zone too."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from pathlib import Path

from warehouse.errors import PolicyError
from warehouse.home import Home


@dataclass(frozen=True)
class Policy:
    """Ages in days, but for the last; each is a key of `maintenance.toml`. What is younger is never touched."""

    #: Snapshots of the lake: how far back `--as-of` finds records as they were, not made again.
    snapshots_days: int = 90
    #: Landed files, which hold personal data in clear; a zone may say otherwise.
    landed_days: int = 90
    #: Files that merging or expiring replaced stay for readers that opened them before.
    replaced_days: int = 2
    #: Files that no commit knows; a commit under way may own a younger one.
    orphaned_days: int = 2
    #: Folders that runs left between their stages, and scratch files.
    staging_days: int = 7
    #: Validation pages.
    pages_days: int = 400
    #: A month of a table with more small files than this is merged (a number, not days).
    month_files: int = 4
    #: Landed files by zone, where a zone says otherwise.
    landed_by_zone: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, home: Home, landed_by_zone: Mapping[str, int] | None = None) -> Policy:
        """The policy of a home. Raises PolicyError naming file and key."""
        path = home.path / "maintenance.toml"
        return cls(**_days(path), landed_by_zone=dict(landed_by_zone or {}))

    def landed(self, zone: str) -> timedelta:
        """How long landed files of a zone are kept."""
        return timedelta(days=self.landed_by_zone.get(zone, self.landed_days))

    @property
    def longest_landed(self) -> timedelta:
        """How long landed files are kept whose zone is not known: as the zone that keeps its own longest."""
        return timedelta(days=max(self.landed_days, *self.landed_by_zone.values(), 0))


#: Below a day a writer or a reader that is still at work could lose what it uses.
_LEAST = {
    "replaced_days": 1,
    "orphaned_days": 1,
    "staging_days": 1,
    "landed_days": 1,
    "snapshots_days": 1,
    "month_files": 1,
}


def _days(path: Path) -> dict[str, int]:
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PolicyError(f"{path}: not readable as TOML: {error}") from error
    known = [each.name for each in fields(Policy) if each.name != "landed_by_zone"]
    for key, value in given.items():
        if key not in known:
            raise PolicyError(f"{path}: {key} is not a known key; there are: {', '.join(known)}")
        least = _LEAST.get(key, 0)
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise PolicyError(f"{path}: {key} must be a whole number of at least {least}")
    return given
