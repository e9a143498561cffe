"""What prefect.yaml declares, without Prefect."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import yaml

from flows.errors import UsageProblem
from flows.serving.environment import CODE

FILE = CODE / "prefect.yaml"


def chosen(zones: Collection[str], file: Path = FILE) -> list[str]:
    """Names of the deployments of these zones, and of those that belong to no zone."""
    return [
        each["name"]
        for each in _declared(file)
        if (each.get("parameters") or {}).get("zone") in (None, *zones)
    ]


def zones_without(zones: Collection[str], file: Path = FILE) -> list[str]:
    """Zones that no deployment names."""
    there = {(each.get("parameters") or {}).get("zone") for each in _declared(file)}
    return [zone for zone in zones if zone not in there]


def _declared(file: Path) -> list[dict[str, Any]]:
    try:
        declared: list[dict[str, Any]] = yaml.safe_load(file.read_text(encoding="utf-8"))["deployments"]
    except FileNotFoundError as error:
        raise UsageProblem(f"{file} is missing: it declares the deployments") from error
    return declared
