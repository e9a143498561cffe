"""A pilot zone: its offices, rates, coverage, capacity and baselines, from `zones/<name>.toml`.

`Zone.load("zhengzhou")` reads and checks one file; every complaint names the file and the key. The folder
is `zones/` beside this package, in a clone and in an installed wheel, or the one in `TONGGUAN_ZONES`.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path

from sources.toml_table import TomlTable, ZoneError
from sources.workdays import NOTHING_STATED, Calendar, read_calendar
from sources.zone_deliveries import NOTHING_EXPECTED, Deliveries, read_deliveries
from sources.zone_retention import Retention, retention
from sources.zone_sources import Source, read_sources

__all__ = [
    "FOLDER_VARIABLE",
    "Baseline",
    "Calibration",
    "Capacity",
    "Rate",
    "Zone",
    "ZoneError",
    "zone_names",
    "zones_folder",
]

#: Environment variable that names another folder of zone files.
FOLDER_VARIABLE = "TONGGUAN_ZONES"

#: How far late data restate where a zone does not say otherwise.
LOOK_BACK_DAYS = 60

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_SHARES = (
    *("rejected", "given_up", "inspected", "reviewed", "arrival_wait", "document_wait", "suspended"),
    *("cancelled", "returned", "detained", "foreign_currency", "re_sent"),
)
_TIMES = (
    *("import_overall_h", "export_overall_h", "inspection_h", "review_h", "arrival_wait_h"),
    *("document_wait_h", "repair_h", "suspended_h", "gate_out_h", "delivery_h"),
)


@dataclass(frozen=True)
class Rate:
    """What one unit of `currency` (3-digit code) is worth in CNY from `valid_from` on."""

    currency: str
    valid_from: date
    cny: Decimal


@dataclass(frozen=True)
class Capacity:
    """Lists a day and an hour the zone says it can process, and the highest day it reports; None where unstated."""

    lists_per_day: int | None = None
    peak_day_lists: int | None = None
    lists_per_hour: int | None = None


@dataclass(frozen=True)
class Baseline:
    """Mean overall clearance hours of the year that reductions are measured against."""

    year: int
    import_h: Decimal
    export_h: Decimal


#: What a yearly target can be set for.
TARGET_MEASURES = ("lists", "value_cny", "import_h", "export_h", "enterprises")


@dataclass(frozen=True)
class Target:
    """What a zone wants to reach in a year; import_h and export_h are mean overall clearance hours."""

    year: int
    measure: str
    value: Decimal


@dataclass(frozen=True)
class Calibration:
    """What the simulator draws from: a mean day, its mixes, shares of lists and mean times in hours."""

    registration: str  # first 4 characters of the enterprises' customs registration
    lists_per_day: int
    value_cny: Decimal
    value_sigma: float
    double_11: float
    spring_festival: float
    import_share: float
    import_modes: Mapping[str, float] = field(hash=False)
    export_modes: Mapping[str, float] = field(hash=False)
    hours: tuple[float, ...]
    offices: Mapping[str, Mapping[str, float]] = field(hash=False)  # "import_1210" -> office -> share
    shares: Mapping[str, float] = field(hash=False)
    times: Mapping[str, float] = field(hash=False)


@dataclass(frozen=True)
class Zone:
    """One pilot zone as its TOML file states it."""

    name: str
    zh: str
    en: str
    customs_prefixes: tuple[str, ...]
    offices: Mapping[str, str] = field(hash=False)  # customs code -> Chinese name
    import_modes: tuple[str, ...]
    export_modes: tuple[str, ...]
    rates: tuple[Rate, ...]  # sorted by currency and date
    expected_kinds: tuple[str, ...]
    capacity: Capacity
    baseline: Baseline | None
    targets: tuple[Target, ...]  # sorted by year and measure
    thresholds_h: tuple[Decimal, ...]  # durations at which the zone is assessed, ascending
    tolerance_cny: Decimal  # how far amounts of two documents may lie apart and still match
    look_back_days: int  # published dates this far before a run's own are restated by it
    size_classes: tuple[tuple[str, Decimal], ...]  # class, smallest yearly value in CNY; largest first
    retention: Retention
    simulator: Calibration | None
    sources: tuple[Source, ...] = ()  # where extracts are pulled from; none: the home's inbox
    calendar: Calendar = NOTHING_STATED
    deliveries: Deliveries = NOTHING_EXPECTED

    @classmethod
    def load(cls, name: str) -> Zone:
        """The zone called `name`; raises ZoneError naming file and key, or the zones there are."""
        folder = zones_folder()
        path = folder / f"{name}.toml"
        if not _NAME.fullmatch(name) or not path.is_file():
            known = ", ".join(zone_names()) or "none"
            raise ZoneError(f"no zone {name!r} in {folder}; zones there: {known}")
        try:
            content = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ZoneError(f"{path}: not readable as TOML: {error}") from error
        return _zone(TomlTable(content, path, ""), name)

    @property
    def modes(self) -> tuple[str, ...]:
        """Supervision modes of both flows, each once."""
        return tuple(dict.fromkeys((*self.import_modes, *self.export_modes)))

    def owns(self, office: str) -> bool:
        """Whether a customs code is one of this zone's offices, listed or by prefix."""
        return office in self.offices or office.startswith(self.customs_prefixes)

    def rate(self, currency: str, day: date) -> Decimal | None:
        """CNY for one unit of `currency` on `day`; None where no rate is known (a gap, not a guess)."""
        if currency == "142":
            return Decimal(1)
        known = [each for each in self.rates if each.currency == currency and each.valid_from <= day]
        return known[-1].cny if known else None


def zones_folder() -> Path:
    """Where zone files are read from."""
    override = os.environ.get(FOLDER_VARIABLE)
    return Path(override) if override else Path(__file__).resolve().parent.parent / "zones"


def zone_names() -> tuple[str, ...]:
    """Names of the zones that have a file."""
    return tuple(sorted(each.stem for each in zones_folder().glob("*.toml")))


def stated_zones() -> tuple[str, ...]:
    """As `zone_names`, where no zone at all means that the folder is not the right one: raises ZoneError."""
    if names := zone_names():
        return names
    raise ZoneError(f"no zone file in {zones_folder()}: mend {FOLDER_VARIABLE}, or put the zone files there")


def _zone(top: TomlTable, name: str) -> Zone:
    if (stated := top.text("name")) != name:
        raise top.fail("name", f"is {stated!r} but the file is called {name}.toml")
    modes = top.table("modes")
    import_modes, export_modes = modes.texts("import", r"\d{4}"), modes.texts("export", r"\d{4}")
    modes.done()
    offices_table = top.table("offices")
    offices = {code: offices_table.text(code) for code in offices_table.names()}
    prefixes = top.texts("customs_prefixes", r"\d{2,4}")
    for code in offices:
        if not re.fullmatch(r"\d{4}", code):
            raise offices_table.fail(code, "is not a customs code of 4 digits")
        if not code.startswith(prefixes):
            raise offices_table.fail(code, f"does not begin with one of customs_prefixes {list(prefixes)}")
    coverage = top.table("coverage")
    expected = coverage.texts("expected_kinds", r"[A-Z]{3}\d{3}")
    coverage.done()
    sources = read_sources(top.table("sources")) if top.has("sources") else ()
    zone = Zone(
        name=name,
        zh=top.text("zh"),
        en=top.text("en"),
        customs_prefixes=prefixes,
        offices=offices,
        import_modes=import_modes,
        export_modes=export_modes,
        rates=_rates(top.table("rates")),
        expected_kinds=expected,
        capacity=_capacity(top.table("capacity")),
        baseline=_baseline(top.table("baseline")) if top.has("baseline") else None,
        targets=_targets(top.table("targets")) if top.has("targets") else (),
        thresholds_h=_thresholds(top.table("assessment")) if top.has("assessment") else (),
        tolerance_cny=_tolerance(top.table("reconciliation")) if top.has("reconciliation") else Decimal(0),
        look_back_days=_look_back(top.table("late_data")) if top.has("late_data") else LOOK_BACK_DAYS,
        size_classes=_size_classes(top.table("size_classes")) if top.has("size_classes") else (),
        retention=retention(top.table("retention")) if top.has("retention") else Retention(),
        simulator=(
            _calibration(top.table("simulator"), import_modes, export_modes, tuple(offices))
            if top.has("simulator")
            else None
        ),
        sources=sources,
        calendar=read_calendar(top.table("calendar")) if top.has("calendar") else NOTHING_STATED,
        deliveries=read_deliveries(
            top.table("deliveries") if top.has("deliveries") else None,
            expected,
            [each.name for each in sources],
        ),
    )
    top.done()
    return zone


def _rates(table: TomlTable) -> tuple[Rate, ...]:
    rates = []
    for key in table.names():
        try:
            valid_from = date.fromisoformat(key)
        except ValueError as error:
            raise table.fail(key, "is not a date written yyyy-mm-dd") from error
        row = table.table(key)
        for currency in row.names():
            if not re.fullmatch(r"\d{3}", currency):
                raise row.fail(currency, "is not a currency code of 3 digits")
            cny = row.number(currency)
            if cny <= 0:
                raise row.fail(currency, "must be greater than 0")
            if -int(cny.as_tuple().exponent) > 8:
                raise row.fail(currency, "has more than 8 decimals")
            rates.append(Rate(currency, valid_from, cny))
    return tuple(sorted(rates, key=lambda each: (each.currency, each.valid_from)))


def _capacity(table: TomlTable) -> Capacity:
    keys = ("lists_per_day", "peak_day_lists", "lists_per_hour")
    stated = {key: table.whole(key, 1) for key in keys if table.has(key)}
    table.done()
    return Capacity(**stated)


def _baseline(table: TomlTable) -> Baseline:
    made = Baseline(table.whole("year", 2000), table.number("import_h"), table.number("export_h"))
    table.done()
    return made


def _targets(table: TomlTable) -> tuple[Target, ...]:
    targets = []
    for year in table.names():
        if not re.fullmatch(r"20\d\d", year):
            raise table.fail(year, "is not a year")
        row = table.table(year)
        for measure in row.names():
            if measure not in TARGET_MEASURES:
                raise row.fail(
                    measure, f"is no measure with targets; there are: {', '.join(TARGET_MEASURES)}"
                )
            value = row.number(measure)
            if value <= 0:
                raise row.fail(measure, "must be greater than 0")
            targets.append(Target(int(year), measure, value))
    return tuple(sorted(targets, key=lambda each: (each.year, each.measure)))


def _thresholds(table: TomlTable) -> tuple[Decimal, ...]:
    stated = table.take("thresholds_h")
    if not isinstance(stated, list) or not all(
        isinstance(each, int | Decimal) and each > 0 for each in stated
    ):
        raise table.fail("thresholds_h", "must be a list of hours greater than 0")
    table.done()
    return tuple(sorted({Decimal(each) for each in stated}))


def _tolerance(table: TomlTable) -> Decimal:
    tolerance = table.number("tolerance_cny")
    if tolerance < 0:
        raise table.fail("tolerance_cny", "must not be negative")
    table.done()
    return tolerance


def _look_back(table: TomlTable) -> int:
    days = table.whole("look_back_days")
    table.done()
    return days


def _size_classes(table: TomlTable) -> tuple[tuple[str, Decimal], ...]:
    classes = [(name, table.number(name)) for name in table.names()]
    if not any(floor == 0 for _, floor in classes) or len({floor for _, floor in classes}) < len(classes):
        raise table.fail(
            classes[-1][0] if classes else "", "one class must begin at 0 and no two at the same value"
        )
    return tuple(sorted(classes, key=lambda each: -each[1]))


def _calibration(
    table: TomlTable, import_modes: tuple[str, ...], export_modes: tuple[str, ...], offices: tuple[str, ...]
) -> Calibration:
    hours = table.take("hours")
    if (
        not isinstance(hours, list)
        or len(hours) != 24
        or not all(isinstance(each, int) and each >= 0 for each in hours)
        or not any(hours)
    ):
        raise table.fail("hours", "must be 24 whole weights, not all 0")
    chosen_import, chosen_export = (
        table.mix("import_modes", import_modes),
        table.mix("export_modes", export_modes),
    )
    where, shares, times = table.table("offices"), table.table("shares"), table.table("times")
    wanted = [*(f"import_{mode}" for mode in chosen_import), *(f"export_{mode}" for mode in chosen_export)]
    made = Calibration(
        registration=table.text("registration"),
        lists_per_day=table.whole("lists_per_day"),
        value_cny=table.number("value_cny", 1),
        value_sigma=float(table.number("value_sigma")),
        double_11=float(table.number("double_11")),
        spring_festival=float(table.number("spring_festival")),
        import_share=table.share("import_share"),
        import_modes=chosen_import,
        export_modes=chosen_export,
        hours=tuple(float(each) for each in hours),
        offices={key: where.mix(key, offices) for key in wanted},
        shares={key: shares.share(key) for key in _SHARES},
        times={key: float(times.number(key)) for key in _TIMES},
    )
    for each in (where, shares, times, table):
        each.done()
    return made
