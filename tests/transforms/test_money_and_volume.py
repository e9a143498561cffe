# ruff: noqa: E501 (drawn tables are as wide as their columns)
"""Amounts in CNY, volume and its roll-ups, and the declarations they come from."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from drawn_tables import DAY, documents, expect, frame, rates

from transforms.definitions import METRIC_TABLES, definitions_frame, markdown
from transforms.lists import build
from transforms.money import missing_rates, with_cny
from transforms.schemas import DESCRIPTIONS, LIST_EVENTS, LISTS, sql_type
from transforms.volume import volume_daily

RATES = """
currency | valid_from | cny
502      | 2026-10-01 | 7.1
502      | 2026-11-01 | 7.1234
502      | 2026-12-01 | 7.3
116      | 2026-11-01 | 0.0462015
116      | 2026-12-01 |
"""
AMOUNTS = {"currency": pl.String(), "date": pl.Date(), "amount": pl.Decimal(19, 5)}


def test_rates_hold_from_their_date_and_rounding_is_half_away_from_zero():
    amounts = frame(
        """
        currency | date       | amount
        502      | 2026-10-31 | 10
        502      | 2026-11-01 | 10
        502      | 2026-12-31 | 0.00005
        502      | 2026-12-31 | -0.00005
        116      | 2026-11-11 | 12345678901.12345
        142      |            | 1.00005
        116      | 2026-12-24 | 100000
        """,
        AMOUNTS,
    )
    expect(
        with_cny(amounts.lazy(), "amount", "cny", rates(RATES)),
        """
        currency | date       | amount            | cny
        502      | 2026-10-31 | 10.00000          | 71.00000
        502      | 2026-11-01 | 10.00000          | 71.23400
        502      | 2026-12-31 | 0.00005           | 0.00037
        502      | 2026-12-31 | -0.00005          | -0.00037
        116      | 2026-11-11 | 12345678901.12345 | 570388883.75026
        142      |            | 1.00005           | 1.00005
        116      | 2026-12-24 | 100000.00000      | 4620.15000
        """,
    )


def test_exactly_half_a_unit_is_rounded_away_from_zero():
    amounts = frame(
        "currency | date | amount\n502 | 2026-11-11 | 0.00005\n502 | 2026-11-11 | -0.00005", AMOUNTS
    )
    half = rates("currency | valid_from | cny\n502 | 2026-11-01 | 0.5")
    expect(with_cny(amounts.lazy(), "amount", "cny", half), "cny\n0.00003\n-0.00003")


def test_a_missing_rate_is_a_gap_not_a_guess():
    amounts = frame(
        """
        currency | date       | amount
        502      | 2026-09-30 | 10
        999      | 2026-11-11 | 10
                 | 2026-11-11 | 10
        502      |            | 10
        999      | 2026-11-11 | 0
        502      | 2026-11-11 |
        """,
        AMOUNTS,
    )
    found = with_cny(amounts.lazy(), "amount", "cny", rates(RATES)).collect()
    assert sorted(map(repr, found["cny"].to_list())) == ["Decimal('0.00000')", *["None"] * 5]


LISTS_DRAWN = """
guid | app_type | app_at   | order_no | ebc_code | customs_code | trade_mode | currency | pack_no | gross_weight_kg | freight | item_total_price | item_currency
G1   | 1        | 08:00    | O1       | E        | 4604         | 1210       | 142      | 2       | 1.5             | 3       | 100 20.5         | 142 142
G2   | 1        | 08:00    | O2       | E        | 4604         | 9610       | 502      |         | 2               | 2       | 10 10.00001      |
G3   | 1        | 08:00    | O3       | E        | 4605         | 9610       | 142      | 1       |                 |         | 1                | 999
G4   | 1        | 08:00    | O4       | E        |              |            | 142      | 1       | 1               |         |                  |
G5   | 1        | +1 00:00 | O5       | E        | 4604         | 1210       | 142      | 1       | 1               |         | 5                | 142
"""


def test_value_is_summed_by_currency_converted_and_rounded_once():
    result = build(documents(import_lists=LISTS_DRAWN), rates(RATES))
    expect(
        result.lists,
        """
        order_no | items | packages | value_cny | freight_cny
        O1       | 2     | 2        | 120.50000 | 3.00000
        O2       | 2     |          | 142.46807 | 14.24680
        O3       | 1     | 1        |           |
        O4       | 0     | 1        |           |
        O5       | 1     | 1        | 5.00000   |
        """,
    )


def test_export_charges_count_only_as_totals_in_their_own_currency():
    result = build(
        documents(
            export_lists="""
            guid | app_type | app_at | order_no | ebc_code | freight | f_currency | f_flag | insured_fee | i_currency | i_flag
            G1   | 1        | 08:00  | O1       | E        | 10      | 502        | 3      | 1           | 142        |
            G2   | 1        | 08:00  | O2       | E        | 5       | 142        | 1      | 2           | 142        | 2
            """
        ),
        rates(RATES),
    )
    expect(
        result.lists,
        "order_no | freight_cny | insured_fee_cny\nO1 | 71.23400 | 1.00000\nO2 | |",
    )


def test_missing_rates_are_reported():
    found = missing_rates(
        documents(
            import_lists=LISTS_DRAWN,
            payments="app_type | order_no | amount_paid | currency | pay_at\n1 | O1 | 5 | 300 | 08:00",
        ),
        rates(RATES),
    )
    expect(
        found,
        """
        table        | currency | date       | documents
        import_lists | 999      | 2026-11-11 | 1
        payments     | 300      | 2026-11-11 | 1
        """,
    )


def test_volume_by_basis_with_every_roll_up():
    result = build(
        documents(
            import_lists=LISTS_DRAWN,
            import_list_receipts="""
            guid | return_status | return_at
            G1   | 2             | +1 00:00
            G1   | 120           | +1 00:01
            G2   | 120           | 23:59
            G2   | 800           | 23:59
            """,
            import_orders="app_type | app_at | order_no | ebp_code\n1 | 08:00 | O1 | P",
        ),
        rates(RATES),
    )
    found = volume_daily(result.lists, [DAY])
    assert dict(found.collect_schema()) == METRIC_TABLES["volume_daily"].schema
    expect(
        found.filter(pl.col("flow") == "all"),
        """
        basis    | mode    | office  | lists | orders | items | packages | value_cny | tax_cny | gross_weight_kg
        declared | all     | all     | 3     | 0      | 3     | 2        | 142.46807 | 0.00000 | 3.00000
        declared | 9610    | all     | 2     | 0      | 3     | 1        | 142.46807 | 0.00000 | 2.00000
        declared | 9610    | 4604    | 1     | 0      | 2     | 0        | 142.46807 | 0.00000 | 2.00000
        declared | 9610    | 4605    | 1     | 0      | 1     | 1        | 0.00000   | 0.00000 | 0.00000
        declared | unknown | all     | 1     | 0      | 0     | 1        | 0.00000   | 0.00000 | 1.00000
        declared | unknown | unknown | 1     | 0      | 0     | 1        | 0.00000   | 0.00000 | 1.00000
        declared | all     | 4604    | 1     | 0      | 2     | 0        | 142.46807 | 0.00000 | 2.00000
        declared | all     | 4605    | 1     | 0      | 1     | 1        | 0.00000   | 0.00000 | 0.00000
        declared | all     | unknown | 1     | 0      | 0     | 1        | 0.00000   | 0.00000 | 1.00000
        accepted | all     | all     | 1     | 0      | 2     | 0        | 142.46807 | 0.00000 | 2.00000
        accepted | 9610    | all     | 1     | 0      | 2     | 0        | 142.46807 | 0.00000 | 2.00000
        accepted | 9610    | 4604    | 1     | 0      | 2     | 0        | 142.46807 | 0.00000 | 2.00000
        accepted | all     | 4604    | 1     | 0      | 2     | 0        | 142.46807 | 0.00000 | 2.00000
        released | all     | all     | 1     | 0      | 2     | 0        | 142.46807 | 0.00000 | 2.00000
        released | 9610    | all     | 1     | 0      | 2     | 0        | 142.46807 | 0.00000 | 2.00000
        released | 9610    | 4604    | 1     | 0      | 2     | 0        | 142.46807 | 0.00000 | 2.00000
        released | all     | 4604    | 1     | 0      | 2     | 0        | 142.46807 | 0.00000 | 2.00000
        """,
    )
    assert volume_daily(result.lists, [date(2020, 1, 1)]).collect().is_empty()


def test_the_page_of_the_metrics_is_generated():
    page = Path(__file__).parents[2] / "docs" / "metrics.md"
    assert page.read_text(encoding="utf-8") == markdown(), (
        "run: python -m transforms.definitions > docs/metrics.md"
    )


def test_every_column_is_described_and_has_a_type():
    assert list(DESCRIPTIONS["lists"]) == list(LISTS)
    assert list(DESCRIPTIONS["list_events"]) == list(LIST_EVENTS)
    assert sql_type(LISTS["exclusions"]) == (
        'STRUCT("reason" VARCHAR, "start_at" TIMESTAMP, "end_at" TIMESTAMP)[]'
    )
    assert sql_type(LISTS["value_cny"]) == "DECIMAL(19,5)"
    with pytest.raises(TypeError, match="no DuckDB type"):
        sql_type(pl.Categorical())
    defined = definitions_frame()
    for table in METRIC_TABLES.values():
        assert set(table.schema) <= set(defined.filter(pl.col("table_name") == table.name)["id"])
    assert defined["formula"].str.contains("linear-interpolated").any()
