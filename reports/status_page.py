"""The status page: one HTML file that needs no network and no colour, made from the record of `tongguan status`.

Every look writes the section of its own zone; the page is the sections of the zones there are, each saying as of
when. So a run of one of many zones does not look at all the others. A section nobody renewed for longer than a day
is not green, whatever it says: nobody looked. A page nobody renewed says so by itself, where it is opened.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from filelock import FileLock
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

NAME = "status.html"
#: Folder of the sections, beside the page.
SECTIONS = "status"
#: A look is due every hour by the watchdog, and once a day where no service runs; the slowest, and two hours.
STALE_AFTER = timedelta(hours=26)
#: Dates and runs a section shows, newest first; `tongguan status` shows all dates.
SHOWN = 14
_RED = "<!-- red -->"
_AS_OF = re.compile(r"<!-- as of (\S+) -->")


def keep(
    zones: Iterable[Mapping[str, Any]], moment: datetime, reports: Path, declared: Collection[str]
) -> Path:
    """Write the sections of these zones, and the page of all sections; returns the page.

    `zones`: records of warehouse.status. `declared`: zones that have a zone file; sections of others are taken off
    the page. Several processes may write at a time.
    """
    with _alone(reports):
        for each in zones:
            _write(reports / SECTIONS / f"{each['zone']}.html", _section(each, moment))
        there = sorted((reports / SECTIONS).glob("*.html"))
        sections = [path.read_text(encoding="utf-8") for path in there if path.stem in declared]
        return _write(reports / NAME, _page(sections, moment))


def render(zones: Sequence[Mapping[str, Any]], moment: datetime, path: Path) -> Path:
    """Write a page of exactly these zones to `path` and return it."""
    return _write(path, _page([_section(each, moment) for each in zones], moment))


def broken(problem: str, moment: datetime, reports: Path) -> Path:
    """Write a page that says why nothing can be said: the warehouse itself cannot be read."""
    with _alone(reports):
        return _write(reports / NAME, _page([], moment, f"{moment:%Y-%m-%d %H:%M}: {problem}"))


def late(watch: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Kinds that are not as fresh as they should be."""
    return [each for each in watch["freshness"] if each["behind"]]


def _section(record: Mapping[str, Any], moment: datetime) -> str:
    page: str = _template("status_zone.html").render(
        zone=record["zone"],
        watch=record["watch"],
        late=late(record["watch"]),
        moment=moment,
        as_of=Markup(f"<!-- as of {moment:%Y-%m-%dT%H:%M} -->"),
        mark=Markup(_RED) if record["watch"]["red"] else "",
        published=record["published"][: -SHOWN - 1 : -1],
        gaps=record["gaps"][: -SHOWN - 1 : -1],
        gaps_before=max(0, len(record["gaps"]) - SHOWN),
        runs=record["runs"],
        files=record["files"],
        quarantine=record["quarantine"],
        corrections=record["corrections"],
    )
    return page


def _page(sections: Sequence[str], moment: datetime, problem: str | None = None) -> str:
    looked = [_as_of(each) for each in sections]
    page: str = _template("status.html").render(
        # made by the template above, which escapes
        sections=[
            {"text": Markup(each), "stale": moment - at > STALE_AFTER}
            for each, at in zip(sections, looked, strict=True)
        ],
        red=problem is not None or not sections or any(_RED in each for each in sections),
        stale=any(moment - at > STALE_AFTER for at in looked),
        oldest=min(looked, default=moment),
        stale_hours=STALE_AFTER // timedelta(hours=1),
        problem=problem,
    )
    return page


def _as_of(section: str) -> datetime:
    """When a section was made; a section that does not say so is older than any."""
    found = _AS_OF.search(section)
    return datetime.fromisoformat(found[1]) if found else datetime.min


def _template(name: str) -> Any:
    environment = Environment(
        loader=PackageLoader("reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)


def _alone(reports: Path) -> FileLock:
    """Held while sections and page are written: the runs and watchdogs of several zones end at the same time."""
    reports.mkdir(parents=True, exist_ok=True)
    return FileLock(reports / ".status.lock")


def _write(path: Path, text: str) -> Path:
    """By rename, so that no reader sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_text(text, encoding="utf-8")
        return beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
