"""The worked examples of docs/metrics.md, read from the page and computed by their families."""

import json
import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import duckdb
import polars as pl
import pytest
from drawn_tables import rates, rows

from sources.contracts import CONTRACTS_BY_TABLE
from transforms.examples.form import DAY
from transforms.examples.periods import EXAMPLES as PERIOD_EXAMPLES
from transforms.families import FAMILIES, Inputs
from transforms.inputs import PREFIX
from transforms.metric_tables import METRIC_TABLES, METRIC_VIEWS
from transforms.schemas import CORE
from transforms.stated import Stated, Target
from warehouse import periods
from warehouse.schema import PROVISIONAL
from warehouse.tables import TABLES

PAGE = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text(encoding="utf-8")
ZONE = "example"
_TIME = re.compile(r"(?:([+-]\d+) )?(\d+):(\d+)(?::(\d+)(?:\.(\d+))?)?$")


@dataclass
class Worked:
    """An example as it stands on the page."""

    title: str
    day: date = DAY
    until: date | None = None
    stated: str = ""
    given: dict[str, str] = field(default_factory=dict)
    expected: dict[str, tuple[dict[str, str], str]] = field(default_factory=dict)


def examples() -> list[Worked]:
    places = [each.start() for each in re.finditer(r"^### Example: ", PAGE, re.M)] + [len(PAGE)]
    return [worked(PAGE[start:end]) for start, end in pairwise(places)]


def worked(text: str) -> Worked:
    found = Worked(text.splitlines()[0].removeprefix("### Example: "))
    for head, body in re.findall(r"^```(\w+[^\n]*)\n(.*?)^```$", text, re.M | re.S):
        kind, *words = head.split()
        if kind == "stated":
            found.stated = body
        elif kind == "given":
            found.given[words[0]] = body
            found.day = date.fromisoformat(words[1])
            found.until = date.fromisoformat(words[3]) if len(words) > 2 else None
        elif kind == "expected":
            found.expected[words[0]] = (dict(word.split("=") for word in words[1:]), body)
        else:
            raise AssertionError(f"{found.title}: no block is called {kind}")
    return found


def cell(text: str | None, dtype: pl.DataType, day: date) -> object:
    """A drawn cell as a value of its column; fractions and decimals of a float column are exact."""
    if text is None:
        return None
    if isinstance(dtype, pl.List | pl.Struct):
        return nested(json.loads(text), dtype, day)
    if isinstance(dtype, pl.Datetime) and (found := _TIME.match(text)):
        days, hours, minutes, seconds, millis = found.groups()
        return datetime.combine(day, datetime.min.time()) + timedelta(
            days=int(days or 0),
            hours=int(hours),
            minutes=int(minutes),
            seconds=int(seconds or 0),
            milliseconds=int((millis or "0").ljust(3, "0")),
        )
    if isinstance(dtype, pl.Datetime):
        return datetime.fromisoformat(text)
    if isinstance(dtype, pl.Date):
        return date.fromisoformat(text)
    if isinstance(dtype, pl.Boolean):
        return {"yes": True, "no": False}[text]
    if isinstance(dtype, pl.Decimal):
        return Decimal(text)
    if isinstance(dtype, pl.Float64):
        return float(Fraction(text.replace(" ", "")))
    return int(text) if dtype.is_integer() else text


def nested(value: object, dtype: pl.DataType, day: date) -> object:
    if isinstance(value, list) and isinstance(dtype, pl.List):
        return [nested(each, dtype.inner, day) for each in value]
    if isinstance(value, dict) and isinstance(dtype, pl.Struct):
        return {each.name: nested(value.get(each.name), each.dtype, day) for each in dtype.fields}
    return None if value is None else cell(str(value), dtype() if isinstance(dtype, type) else dtype, day)


def schema_of(table: str) -> Mapping[str, pl.DataType]:
    room, name = table.split(".")
    if room == "core" and name in CORE:
        return CORE[name]
    if room == "documents":
        stored = {"row_no": pl.Int64(), "loaded_at": pl.Datetime("us"), "batch_id": pl.String()}
        return {**PREFIX, **stored, **CONTRACTS_BY_TABLE[name].schema}
    if room != "metrics":
        book = next(each for each in TABLES if (each.schema, each.name) == (room, name))
        return {column: SQL_TYPES[kind.split("(")[0]] for column, kind, _ in book.columns}
    return METRIC_TABLES[name].schema


SQL_TYPES: dict[str, pl.DataType] = {
    "VARCHAR": pl.String(),
    "VARCHAR[]": pl.List(pl.String()),
    "JSON": pl.String(),
    "INTEGER": pl.Int64(),
    "UBIGINT": pl.UInt64(),
    "BIGINT": pl.Int64(),
    "DATE": pl.Date(),
    "TIMESTAMP": pl.Datetime("us"),
    "DECIMAL": pl.Decimal(38, 5),
    "BOOLEAN": pl.Boolean(),
    "DOUBLE": pl.Float64(),
}


def given(table: str, drawn: str, day: date) -> pl.LazyFrame:
    """All columns of the table; what is not drawn as `Example` says."""
    schema = schema_of(table)
    blank = {name: False for name, dtype in schema.items() if dtype == pl.Boolean()}
    blank |= {
        name: [] for name, dtype in schema.items() if isinstance(dtype, pl.List) and table == "core.lists"
    }
    own = {"zone": ZONE, "business_date": day}
    records = [
        {**blank, **own, **{name: cell(text, schema[name], day) for name, text in row.items()}}
        for row in rows(drawn)
    ]
    return pl.LazyFrame(records, schema=dict(schema))


def stated(text: str) -> Stated:
    told = tomllib.loads(text, parse_float=Decimal)
    if "targets" in told:
        told["targets"] = tuple(
            Target(year, measure, Decimal(value)) for year, measure, value in told["targets"]
        )
    if "size_classes" in told:
        told["size_classes"] = tuple((name, Decimal(value)) for name, value in told["size_classes"])
    if "expected_kinds" in told:
        told["expected_kinds"] = tuple(told["expected_kinds"])
    if "thresholds_h" in told:
        told["thresholds_h"] = tuple(Decimal(each) for each in told["thresholds_h"])
    return Stated(**told)


def inputs(example: Worked) -> Inputs:
    frames = {table: given(table, drawn, example.day) for table, drawn in example.given.items()}
    wanted = {read.table for family in FAMILIES for read in family.reads}
    rest = {table: pl.LazyFrame(schema=dict(schema_of(table))) for table in wanted - frames.keys()}
    return Inputs(
        zone=ZONE,
        dates=(example.day,),
        observed_until=datetime.combine(
            example.until or example.day + timedelta(days=1), datetime.min.time()
        ),
        lists=frames.get("core.lists", pl.LazyFrame(schema=CORE["lists"])),
        rates=rates(),
        stated=stated(example.stated),
        rows={**rest, **frames},
    )


def computed(example: Worked) -> dict[str, pl.DataFrame]:
    """The tables expected: by their family, or as views over daily figures given."""
    if not any(table.startswith("metrics.") for table in example.given):
        [family] = [
            each for each in FAMILIES if example.expected.keys() <= {table.name for table in each.tables}
        ]
        plans = family.compute(inputs(example))
        return {table: plans[table].collect() for table in example.expected}
    queries = {each.name: each.query for each in periods.views()}
    with duckdb.connect() as con:
        con.execute("CREATE SCHEMA metrics")
        for table, drawn in example.given.items():
            con.register("drawn", given(table, drawn, example.day).collect().to_arrow())
            con.execute(f"CREATE TABLE {table} AS SELECT *, false AS {PROVISIONAL} FROM drawn")
        [table] = example.given
        con.execute(f"CREATE VIEW metrics.published_days AS SELECT DISTINCT zone, business_date FROM {table}")
        return {table: con.sql(queries[table]).pl() for table in example.expected}


def same(found: object, wanted: object) -> bool:
    if isinstance(found, float) and isinstance(wanted, float):
        return math.isclose(found, wanted, rel_tol=1e-12, abs_tol=1e-15)
    return found == wanted


def order(row: tuple[object, ...]) -> list[str]:
    return [f"{each:.9g}" if isinstance(each, float) else str(each) for each in row]


@pytest.mark.parametrize("example", examples(), ids=lambda each: each.title)
def test_example(example: Worked):
    assert example.expected, "an example expects something"
    figures = computed(example)
    for table, (where, drawn) in example.expected.items():
        found, schema = figures[table], dict(figures[table].schema)
        if table in METRIC_TABLES | METRIC_VIEWS:
            assert schema == (METRIC_TABLES | METRIC_VIEWS)[table].schema
        for name, value in where.items():
            if name in schema:
                found = found.filter(pl.col(name) == cell(value, schema[name], example.day))
        names = list(rows(drawn)[0])
        wanted = [tuple(cell(row[name], schema[name], example.day) for name in names) for row in rows(drawn)]
        shown = found.select(names)
        pairs = zip(sorted(shown.rows(), key=order), sorted(wanted, key=order), strict=False)
        assert shown.height == len(wanted) and all(
            same(one, other) for left, right in pairs for one, other in zip(left, right, strict=True)
        ), f"{table}: found\n{shown}\nwanted\n{wanted}"


def test_every_table_has_an_example():
    shown = {table for example in examples() for table in example.expected}
    for family in FAMILIES:
        if family.examples_page is None:
            assert {table.name for table in (*family.tables, *family.views)} <= shown, (
                f"family {family.id}: write an example (transforms/examples/__init__.py says how)"
            )


def test_every_declared_example_stands_on_the_page():
    declared = [example.title for family in FAMILIES for example in family.examples]
    declared += [example.title for example in PERIOD_EXAMPLES]
    assert [each.title for each in examples()] == declared
    assert len(set(declared)) == len(declared)
