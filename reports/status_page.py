"""The status page: one HTML file that needs no network and no colour, made from the record of `tongguan status`.

Every look writes the section of its own zone; the page is the sections there are, each saying as of when. So a run
of one of many zones does not look at all the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

NAME = "status.html"
#: Folder of the sections, beside the page.
SECTIONS = "status"
_RED = "<!-- red -->"


def keep(zones: Iterable[Mapping[str, Any]], moment: datetime, reports: Path) -> Path:
    """Write the sections of these zones, and the page of all sections; returns the page.

    `zones`: records of warehouse.status with `zone` and `watch`; other keys are ignored.
    """
    for each in zones:
        _write(reports / SECTIONS / f"{each['zone']}.html", _section(each, moment))
    sections = [path.read_text(encoding="utf-8") for path in sorted((reports / SECTIONS).glob("*.html"))]
    return _write(reports / NAME, _page(sections))


def render(zones: Sequence[Mapping[str, Any]], moment: datetime, path: Path) -> Path:
    """Write a page of exactly these zones to `path` and return it."""
    return _write(path, _page([_section(each, moment) for each in zones]))


def broken(problem: str, moment: datetime, reports: Path) -> Path:
    """Write a page that says why nothing can be said: the warehouse itself cannot be read."""
    return _write(reports / NAME, _page([], f"{moment:%Y-%m-%d %H:%M}: {problem}"))


def late(watch: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Kinds that are not as fresh as they should be."""
    return [each for each in watch["freshness"] if each["behind"]]


def _section(record: Mapping[str, Any], moment: datetime) -> str:
    page: str = _template("status_zone.html").render(
        zone=record["zone"],
        watch=record["watch"],
        late=late(record["watch"]),
        moment=moment,
        mark=Markup(_RED) if record["watch"]["red"] else "",
    )
    return page


def _page(sections: Sequence[str], problem: str | None = None) -> str:
    page: str = _template("status.html").render(
        sections=[Markup(each) for each in sections],  # made by the template above, which escapes
        red=problem is not None or not sections or any(_RED in each for each in sections),
        problem=problem,
    )
    return page


def _template(name: str) -> Any:
    environment = Environment(
        loader=PackageLoader("reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)


def _write(path: Path, text: str) -> Path:
    """By rename, so that no reader sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".part")
    beside.write_text(text, encoding="utf-8")
    return beside.replace(path)
