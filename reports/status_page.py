"""The status page: one HTML file that needs no network and no colour, made from the record of `tongguan status`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

NAME = "status.html"


def render(
    zones: Sequence[Mapping[str, Any]], moment: datetime, path: Path, problem: str | None = None
) -> Path:
    """Write the page to `path` (by rename, so that no reader sees half of it) and return it.

    `zones`: records of warehouse.status with `zone` and `watch`; other keys are ignored. `problem`: why
    nothing can be said, where the warehouse itself cannot be read.
    """
    environment = Environment(
        loader=PackageLoader("reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template("status.html").render(
        zones=[{**each, "late": late(each["watch"])} for each in zones],
        red=sum(each["watch"]["red"] for each in zones),
        moment=moment,
        problem=problem,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".part")
    beside.write_text(page, encoding="utf-8")
    return beside.replace(path)


def late(watch: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Kinds that are not as fresh as they should be."""
    return [each for each in watch["freshness"] if each["behind"]]
