"""What each version of the definitions says, as one line a definition: docs/definitions/<version>.txt.

`python -m transforms.definition_lock > docs/definitions/<version>.txt` writes down the present version.
Files of earlier versions are never written again: a test holds every column that has not said a later
`since` to what stands in them.
"""

from __future__ import annotations

import hashlib

from transforms.definition_versions import VERSIONS
from transforms.definitions import over_days
from transforms.measures import MEASURES, QUANTILE_RULE
from transforms.metric_tables import METRIC_TABLES, METRIC_VIEWS
from transforms.schemas import sql_type


def definitions() -> dict[str, tuple[str, str]]:
    """What is defined, by name: (version it is of, fingerprint of what it says)."""
    found = {
        f"{table.name}.{column.id}": (
            table.since_of(column),
            _fingerprint(column.formula, column.unit, sql_type(column.dtype), over_days(column)),
        )
        for table in (*METRIC_TABLES.values(), *METRIC_VIEWS.values())
        for column in table.columns
    }
    for each in MEASURES:
        says = (each.start, each.end, str(each.net), str(each.hold), *filter(None, (each.flow, *each.modes)))
        found[f"clearance_daily.measure.{each.id}"] = (each.since, _fingerprint(*says))
    found["clearance_daily.quantiles"] = ("1", _fingerprint(QUANTILE_RULE))
    return found


def said_by(version: str) -> str:
    """Text of docs/definitions/<version>.txt: a line a definition that holds in the version."""
    holding = {name: print_ for name, (since, print_) in definitions().items() if int(since) <= int(version)}
    return "".join(f"{name} {print_}\n" for name, print_ in sorted(holding.items()))


def _fingerprint(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]


if __name__ == "__main__":
    import sys

    sys.stdout.write(said_by(VERSIONS[-1].number))
