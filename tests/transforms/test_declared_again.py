"""A list that was cancelled and declared again is waited for again, and its first attempt stays told."""

from datetime import date, datetime

import polars as pl
from drawn_tables import DAY, documents, expect, rates

from transforms.clearance import clearance_daily
from transforms.declarations import declarations_daily
from transforms.lists import build
from transforms.returns import return_rates_daily, returns_daily
from transforms.states import states_daily

VERSIONS = """
guid | app_type | app_at   | order_no | ebc_code | agent_code | cop_no | invt_no | trade_mode | customs_code
G1   | 1        | 08:00    | O1       | E        | A          | C1     | N1      | 9610       | 4604
G2   | 1        | +1 12:00 | O1       | E        | A          | C2     | N2      | 9610       | 4604
"""
RECEIPTS = "guid | return_status | return_at\nG1 | 120 | 08:10\nG2 | 120 | +1 12:02"
ASKED = "guid | app_type | app_at | ebc_code | order_no | invt_no\nX1 | 1 | 09:00 | E | O1 | N1"
GRANTED = "guid | return_status | return_at\nX1 | 399 | 10:00"
DAYS = [DAY, date(2026, 11, 12), date(2026, 11, 13)]


def lists(receipts: str) -> pl.LazyFrame:
    tables = documents(
        import_lists=VERSIONS,
        import_list_receipts=receipts,
        import_cancellations=ASKED,
        import_cancellation_receipts=GRANTED,
    )
    return build(tables, rates()).lists


def customs(found: pl.LazyFrame, *measures: str) -> pl.LazyFrame:
    whole = pl.all_horizontal(pl.col("flow", "mode", "office") == "all")
    return clearance_daily(found, DAYS, datetime(2026, 11, 14)).filter(
        whole, pl.col("measure").is_in(measures)
    )


def test_not_released_it_is_open_from_its_second_declaration():
    found = lists(RECEIPTS)
    # The evening of the 11th it lay with its enterprise; the 13th ends 63 h 50 after the first acceptance.
    expect(
        customs(found, "customs_gross"),
        f"""
        business_date | basis      | n | open | oldest_open_h
        2026-11-11    | acceptance | 1 | 1    | {63 + 50 / 60}
        2026-11-12    | release    | 0 | 1    | {39 + 50 / 60}
        2026-11-13    | release    | 0 | 1    | {63 + 50 / 60}
        """,
    )
    expect(
        states_daily(found, DAYS).filter(pl.col("flow") == "all"), "accepted | open | cancelled\n1 | 1 | 0"
    )


def test_released_it_is_released_and_its_first_attempt_is_told():
    found = lists(f"{RECEIPTS}\nG2 | 800 | +2 09:00")
    # 48 h 50 from acceptance to release, 26 h of them between the cancellation and the second declaration.
    expect(
        customs(found, "customs_gross", "customs_net").filter(pl.col("n") > 0),
        f"""
        business_date | basis      | measure       | n | mean_h       | open | excluded_h
        2026-11-11    | acceptance | customs_gross | 1 | {48 + 50 / 60} | 0    | 26
        2026-11-11    | acceptance | customs_net   | 1 | {22 + 50 / 60} | 0    | 26
        2026-11-13    | release    | customs_gross | 1 | {48 + 50 / 60} | 0    | 26
        2026-11-13    | release    | customs_net   | 1 | {22 + 50 / 60} | 0    | 26
        """,
    )
    whole = pl.all_horizontal(pl.col("flow", "mode", "office") == "all")
    expect(states_daily(found, DAYS).filter(pl.col("flow") == "all"), "released | cancelled\n1 | 0")
    expect(
        returns_daily(found, DAYS).filter(whole),
        """
        business_date | request      | basis   | lists
        2026-11-11    | cancellation | asked   | 1
        2026-11-11    | cancellation | granted | 1
        """,
    )
    expect(return_rates_daily(found, DAYS).filter(whole, pl.col("declared") > 0), "cancelled\n0")


def test_declared_again_after_a_cancellation_is_no_answer_to_a_rejection_that_came_later():
    found = lists(f"{RECEIPTS}\nG2 | 100 | +1 13:00")
    expect(
        declarations_daily(found, [DAY]).filter(pl.all_horizontal(pl.col("flow", "mode", "office") == "all")),
        "declared | rejected | redeclared | redeclared_share\n1 | 1 | 0 | 0",
    )
