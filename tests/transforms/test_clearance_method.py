"""The worked examples of docs/method-clearance-time.md, read from there and computed."""

import re
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest
from drawn_tables import documents, frame, rates, rows
from polars.testing import assert_frame_equal

from transforms.clearance import clearance_daily, exclusions_daily
from transforms.clearance_tables import CLEARANCE_DAILY, EXCLUSIONS_DAILY
from transforms.lists import build

PAGE = (Path(__file__).parents[2] / "docs" / "method-clearance-time.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+) (\w+)(?: (\S+) observed (\S+))?\n(.*?)```", PAGE, re.S)
CHECKS = [(kind, name, day, until, drawn) for kind, name, day, until, drawn in BLOCKS if kind != "statuses"]


def lists_of(example: str) -> pl.LazyFrame:
    drawn = next(drawn for kind, name, _, _, drawn in BLOCKS if (kind, name) == ("statuses", example))
    versions, receipts, arrivals = [], [], []
    for row in rows(drawn):
        key, status, at = row["list"], row["status"], row["at"]
        if status in ("version", "deleted"):
            versions.append(f"G{key} | {'1' if status == 'version' else '3'} | {at} | {key} | E | L | W{key}")
        elif status == "arrived":
            arrivals.append(f"D{key} | 1 | {at} | 4604 | I{key} | L | W{key}")
        else:
            receipts.append(f"G{key} | {status} | {at}")
    header = "guid | app_type | app_at | order_no | ebc_code | logistics_code | logistics_no"
    inbound = "guid | app_type | app_at | customs_code | cop_no | logistics_code | item_logistics_no"
    tables = documents(
        import_lists="\n".join([header, *versions]),
        import_list_receipts="\n".join(["guid | return_status | return_at", *receipts]),
        inbound_details="\n".join([inbound, *arrivals]),
    )
    return build(tables, rates()).lists


def test_the_page_has_its_examples():
    assert [(kind, name) for kind, name, *_ in CHECKS] == [
        ("clearance", "A"),
        ("exclusions", "A"),
        ("clearance", "B"),
        ("clearance", "C"),
    ]


@pytest.mark.parametrize(("kind", "example", "day", "until", "drawn"), CHECKS, ids=lambda each: each[:10])
def test_example(kind: str, example: str, day: str, until: str, drawn: str):
    compute, table = {
        "clearance": (clearance_daily, CLEARANCE_DAILY),
        "exclusions": (exclusions_daily, EXCLUSIONS_DAILY),
    }[kind]
    found = compute(
        lists_of(example), [datetime.fromisoformat(day).date()], datetime.fromisoformat(until)
    ).collect()
    wanted = frame(drawn, table.schema)
    keys = [name for name in ("basis", "measure", "reason") if name in wanted.columns]
    everything = found.filter(pl.all_horizontal(pl.col("flow", "mode", "office") == "all"))
    shown = wanted.select(keys).join(everything, on=keys, how="left", maintain_order="left")
    assert shown.select(wanted.columns).rows() == wanted.rows()


def test_example_a_has_no_other_rows_on_the_release_basis():
    day = datetime(2026, 11, 11).date()
    found = clearance_daily(lists_of("A"), [day], datetime(2026, 11, 12)).collect()
    cells = found.filter(pl.col("basis") == "release").group_by("flow", "mode", "office").len()
    assert sorted(cells.rows()) == sorted(
        (flow, mode, office, 8)
        for flow in ("I", "all")
        for mode in ("unknown", "all")
        for office in ("unknown", "all")
    )


def test_lists_come_from_the_warehouse_in_microseconds():
    day, until = datetime(2026, 11, 11).date(), datetime(2026, 11, 12)
    fine = pl.Datetime("us")
    interval = pl.List(pl.Struct({"reason": pl.String, "start_at": fine, "end_at": fine}))
    lists = lists_of("A")
    stored = lists.with_columns(pl.selectors.datetime().cast(fine), pl.col("exclusions").cast(interval))
    for compute in (clearance_daily, exclusions_daily):
        assert_frame_equal(compute(stored, [day], until).collect(), compute(lists, [day], until).collect())
