# ruff: noqa: E501 (drawn tables are as wide as their columns)
"""Documents in, lists and events out: every link, milestone and state, drawn as small tables."""

from datetime import timedelta

import polars as pl
import pytest
from drawn_tables import at, documents, expect, rates
from polars.testing import assert_frame_equal

from transforms.current import live, newest
from transforms.lists import build
from transforms.matching import attached
from transforms.schemas import LIST_EVENTS, LISTS
from transforms.state import STATES

ONE_LIST = """
guid | app_type | app_at | order_no | ebp_code | ebc_code | agent_code | cop_no | logistics_code | logistics_no
G1   | 1        | 08:00  | O1       | P        | E        | A          | C1     | L              | W1
"""


def linked(**tables: str):
    return build(documents(**tables), rates())


def test_current_version_is_the_greatest_time_and_a_tie_is_decided_by_content():
    frame = pl.LazyFrame(
        {
            "file_hash": ["x", "y", "z", "a", "b"],
            "key": ["k", "k", "k", "l", "l"],
            "app_at": [1, 3, 3, None, 1],
            "app_type": ["1", "2", "2", "1", "3"],
            "amount": [9, 5, 7, 1, 2],
        }
    )
    wanted = "key | amount\nk | 7\nl | 2"
    expect(newest(frame, ("key",), "app_at"), wanted)
    expect(newest(frame.reverse(), ("key",), "app_at"), wanted)
    expect(live(frame, ("key",)), "key | amount\nk | 7")


def test_columns_are_placed_by_list_number_and_the_last_row_counts():
    lists = pl.LazyFrame({"list_id": [0, 1, 2]}, schema={"list_id": pl.UInt32})
    part = pl.LazyFrame(
        {"list_id": [2, 0, 2, 2], "at": ["a", "b", "c", "d"], "seen": [[1], [2], [3], [4]]},
        schema_overrides={"list_id": pl.UInt32},
    )
    found = attached(lists, part, part.select("list_id", other="at").filter(pl.col("list_id") > 5)).collect()
    assert found.rows() == [(0, "b", [2], None), (1, None, None, None), (2, "d", [4], None)]


def test_no_documents_give_empty_tables_of_the_declared_schema():
    result = linked()
    assert dict(result.lists.collect_schema()) == LISTS
    assert dict(result.events.collect_schema()) == LIST_EVENTS
    assert result.lists.collect().is_empty()


def test_versions_of_a_list_are_one_list():
    result = linked(
        import_lists="""
        guid | app_type | app_at | order_no | ebc_code | customs_code | trade_mode | country
        G2   | 2        | 09:00  | O1       | E        | 4604         | 9610       | 502
        G1   | 1        | 08:00  | O1       | E        | 4601         | 9610       | 116
        G1   | 1        | 08:00  | O1       | E        | 4601         | 9610       | 116
        G3   | 1        | 23:59  | O2       | E        |              |            |
        """
    )
    expect(
        result.lists,
        """
        order_no | versions | guid | app_at | declared_at | office | mode | country | state    | business_date
        O1       | 2        | G2   | 09:00  | 08:00       | 4604   | 9610 | 502     | declared | 2026-11-11
        O2       | 1        | G3   | 23:59  | 23:59       |        |      |         | declared | 2026-11-11
        """,
    )


def test_a_deletion_marks_the_list_cancelled_and_keeps_its_content():
    result = linked(
        import_lists="""
        guid | app_type | app_at | order_no | ebc_code | customs_code
        G1   | 1        | 08:00  | O1       | E        | 4601
        G1   | 3        | 10:00  | O1       | E        |
        G2   | 3        | 10:00  | O2       | E        |
        G3   | 3        | 10:00  | O3       | E        |
        G4   | 1        | 11:00  | O3       | E        | 4602
        """
    )
    expect(
        result.lists,
        """
        order_no | app_type | office | cancelled_at | state     | state_at
        O1       | 3        | 4601   | 10:00        | cancelled | 10:00
        O2       | 3        |        | 10:00        | cancelled | 10:00
        O3       | 1        | 4602   |              | declared  | 11:00
        """,
    )


def test_receipts_find_their_list_by_guid_then_copno_then_numbers_learnt():
    """pre_no P1 and invt_no N1 are learnt from receipts linked by guid and copNo."""
    result = linked(
        import_lists=ONE_LIST,
        import_list_receipts="""
        guid | agent_code | cop_no | pre_no | invt_no | return_status | return_at
        G1   |            |        | P1     |         | 2             | 08:01
        X    | A          | C1     |        | N1      | 3             | 08:02
        X    |            |        | P1     |         | 120           | 08:03
        X    |            |        |        | N1      | 800           | 08:04
        X    | B          | C1     |        |         | 100           | 08:05
        """,
    )
    expect(
        result.events,
        """
        order_no | seq | status | at
        O1       | 1   | 2      | 08:01
        O1       | 2   | 3      | 08:02
        O1       | 3   | 120    | 08:03
        O1       | 4   | 800    | 08:04
        """,
    )
    expect(result.lists, "pre_no | invt_no | state | released_at\nP1 | N1 | released | 08:04")


def test_a_key_that_names_two_lists_names_none():
    result = linked(
        import_lists="""
        guid | app_type | app_at | order_no | ebc_code | agent_code | cop_no
        G1   | 1        | 08:00  | O1       | E        | A          | C1
        G1   | 1        | 08:00  | O2       | E        | A          | C2
        """,
        import_list_receipts="""
        guid | agent_code | cop_no | return_status | return_at
        G1   | A          | C2     | 120           | 09:00
        G1   |            |        | 800           | 10:00
        """,
    )
    expect(result.lists, "order_no | accepted_at | released_at\nO1 | | \nO2 | 09:00 |")


def test_receipts_of_an_earlier_version_and_export_receipts_by_order():
    result = linked(
        import_lists="""
        guid | app_type | app_at | order_no | ebc_code
        G1   | 1        | 08:00  | O1       | E
        G2   | 2        | 09:00  | O1       | E
        """,
        import_list_receipts="guid | return_status | return_at\nG1 | 100 | 08:30\nG2 | 120 | 09:30",
        export_lists="guid | app_type | app_at | order_no | ebc_code\nG9 | 1 | 08:00 | O1 | E",
        export_list_receipts="""
        guid | ebc_code | order_no | return_status | return_at
        Z    | E        | O1       | 120           | 10:00
        """,
    )
    expect(
        result.lists,
        """
        flow | order_no | rejected_at | accepted_at
        I    | O1       | 08:30       | 09:30
        E    | O1       |             | 10:00
        """,
    )


def test_events_are_in_order_whatever_order_they_came_in_and_repeats_are_one():
    result = linked(
        import_lists=ONE_LIST,
        import_list_receipts="""
        guid | return_status | return_at    | return_info | file_hash
        G1   | 800           | 09:00        |             | b
        G1   | 120           | 09:00        |             | b
        G1   | 2             | 08:01:00.001 |             | b
        G1   | 2             | 08:01:00.001 |             | a
        G1   | 18            | 08:02        |             | b
        G1   | -621001       | 08:01:00.001 | text        | b
        G1   | what          | 08:00:30     |             | b
        """,
    )
    expect(
        result.events,
        """
        seq | status  | at           | info | file_hash
        1   | what    | 08:00:30     |      | b
        2   | 2       | 08:01:00.001 |      | a
        3   | -621001 | 08:01:00.001 | text | b
        4   | 18      | 08:02        |      | b
        5   | 120     | 09:00        |      | b
        6   | 800     | 09:00        |      | b
        """,
    )
    expect(
        result.lists,
        "declared_at | error_at | accepted_at | released_at\n08:01:00.001 | 08:01:00.001 | 09:00 | 09:00",
    )


def test_milestones_are_first_times_and_holds_end_with_the_next_other_status():
    result = linked(
        import_lists=ONE_LIST,
        import_list_receipts="""
        guid | return_status | return_at
        G1   | 1             | 08:01
        G1   | 120           | 08:02
        G1   | 120           | 08:40
        G1   | 400           | 09:00
        G1   | 300           | 10:00
        G1   | 300           | 10:05
        G1   | 399           | 10:20
        G1   | 500           | 11:00
        G1   | 300           | 12:00
        G1   | 509           | 13:00
        G1   | 800           | 14:00
        G1   | 899           | +3 14:00
        """,
    )
    expect(
        result.lists,
        """
        saved_at | declared_at | accepted_at | waiting_at | waiting_next_at | review_at | review_next_at | state
        08:01    | 08:00       | 08:02       | 09:00      | 10:00           | 10:00     | 10:20          | closed
        """,
    )
    expect(
        result.lists,
        """
        review_done_at | inspected_at | inspected_next_at | detained_at | released_at | closed_at | state_at
        10:20          | 11:00        | 12:00             | 13:00       | 14:00       | +3 14:00  | +3 14:00
        """,
    )


@pytest.mark.parametrize(
    ("statuses", "state"),
    [
        ("", "declared"),
        ("1 2 3", "declared"),
        ("2 120", "accepted"),
        ("2 120 300", "accepted"),
        ("2 120 77", "accepted"),
        ("2 77", "declared"),
        ("2 120 400", "waiting"),
        ("2 120 500", "inspected"),
        ("2 120 599", "inspected"),
        ("2 120 600", "suspended"),
        ("2 100", "rejected"),
        ("2 4", "rejected"),
        ("2 120 -621001", "rejected"),
        ("2 120 -621043", "accepted"),
        ("2 120 500 -621055", "inspected"),
        ("2 -621055", "rejected"),
        ("2 120 100 -621055", "rejected"),
        ("2 120 -621001 -621043", "rejected"),
        ("2 100 2", "declared"),
        ("2 120 800", "released"),
        ("2 120 800 300 100", "released"),
        ("2 120 800 899 100", "closed"),
        ("2 120 800 700", "returned"),
    ],
)
def test_state(statuses: str, state: str):
    drawn = "".join(f"\nG1 | {code} | 09:{minute:02}" for minute, code in enumerate(statuses.split()))
    result = linked(import_lists=ONE_LIST, import_list_receipts=f"guid | return_status | return_at{drawn}")
    assert state in STATES
    expect(result.lists, f"state\n{state}")


def test_a_version_after_a_rejection_declares_again():
    result = linked(
        import_lists="""
        guid | app_type | app_at | order_no | ebc_code
        G1   | 1        | 08:00  | O1       | E
        G2   | 2        | 10:00  | O1       | E
        """,
        import_list_receipts="guid | return_status | return_at\nG1 | 100 | 09:00",
    )
    expect(result.lists, "state | state_at\ndeclared | 10:00")


def test_order_payments_waybill_and_signing():
    result = linked(
        import_lists=ONE_LIST,
        import_orders="""
        app_type | app_at | order_no | ebp_code | actural_paid | currency
        1        | 07:00  | O1       | P        | 100          | 142
        2        | 07:30  | O1       | P        | 120.5        | 142
        1        | 07:00  | O1       | Q        | 1            | 142
        """,
        payments="""
        app_type | app_at | pay_code | pay_transaction_id | order_no | ebp_code | amount_paid | currency | pay_at
        1        | 07:10  | PAY      | T1                 | O1       | P        | 100         | 142      | 07:05
        1        | 07:10  | PAY      | T2                 | O1       | P        | 20.5        | 142      | 07:06
        1        | 07:10  | PAY      | T2                 | O1       | P        | 20.5        | 142      | 07:06
        1        | 07:10  | PAY      | T3                 | O1       | P        | 7           | 142      | 07:07
        3        | 07:20  | PAY      | T3                 | O1       | P        | 7           | 142      | 07:07
        """,
        import_waybills="app_type | app_at | logistics_code | logistics_no\n1 | 07:40 | L | W1",
        waybill_statuses="""
        app_type | app_at   | logistics_code | logistics_no | logistics_status | logistics_at
        1        | +1 10:00 | L              | W1           | R                | +1 09:00
        1        | +2 10:00 | L              | W1           | S                | +2 09:30
        1        | +2 10:00 | L              | W1           | S                | +2 09:00
        1        | +2 10:00 | L              | W1           | S                | +2 08:00
        3        | +2 11:00 | L              | W1           | S                | +2 08:00
        """,
    )
    expect(
        result.lists,
        """
        has_order | order_app_at | actual_paid_cny | has_payment | pay_at | amount_paid_cny | has_waybill | waybill_app_at | signed_at
        yes       | 07:30        | 120.50000       | yes         | 07:06  | 120.50000       | yes         | 07:40          | +2 09:00
        """,
    )


def test_export_links_go_by_enterprise_and_order():
    result = linked(
        export_lists="""
        guid | app_type | app_at | order_no | ebp_code | ebc_code | logistics_code | logistics_no
        G1   | 1        | 08:00  | O1       | P        | E        | L              | W1
        G2   | 1        | 08:00  | O2       | P        | E        | L              | W2
        """,
        export_orders="app_type | app_at | order_no | ebc_code\n1 | 07:00 | O1 | E",
        export_payments="""
        app_type | app_at | ebc_code | order_no | pay_no | charge | currency | accounting_at
        1        | 07:00  | E        | O1       | T1     | 10     | 502      | 07:00
        """,
        export_waybills="app_type | app_at | logistics_code | logistics_no\n1 | 07:00 | L | W1",
    )
    expect(
        result.lists,
        """
        order_no | has_order | has_payment | amount_paid_cny | actual_paid_cny | has_waybill
        O1       | yes       | yes         | 71.23400        |                 | yes
        O2       | no        | no          |                 |                 | no
        """,
    )


def test_arrival_is_the_acceptance_of_the_inbound_detail_else_its_own_time():
    result = linked(
        import_lists="""
        guid | app_type | app_at | order_no | ebc_code | logistics_code | logistics_no | bill_no
        G1   | 1        | 08:00  | O1       | E        | L              | W1           | B1
        G2   | 1        | 08:00  | O2       | E        | L              | W2           |
        G3   | 1        | 08:00  | O3       | E        | L              | W3           | B3
        G4   | 1        | 08:00  | O4       | E        | M              | W1           | B1
        """,
        inbound_details="""
        guid | app_type | app_at | customs_code | cop_no | logistics_code | bill_no | item_logistics_no
        D1   | 1        | 05:00  | 4604         | I1     | L              | B1      | W1 W2
        D2   | 1        | 05:00  | 4604         | I2     | L              | B9      | W1 W3
        D3   | 1        | 05:30  | 4604         | I3     | L              |         | W3
        """,
        inbound_receipts="""
        guid | cop_no | return_status | return_at
        D1   |        | 1             | 05:01
        D1   |        | 120           | 05:20
        D1   |        | 120           | 05:25
        X    | I2     | 120           | 04:00
        """,
    )
    expect(
        result.lists,
        "order_no | arrived_at\nO1 | 05:20\nO2 | 05:20\nO3 | 05:30\nO4 |",
    )


def test_export_arrival_by_waybill_number():
    result = linked(
        export_lists="""
        guid | app_type | app_at | order_no | ebc_code | logistics_code | logistics_no
        G1   | 1        | 08:00  | O1       | E        | L              | W1
        G2   | 1        | 08:00  | O2       | E        | L              | W2
        """,
        export_arrivals="""
        guid | app_type | app_at | customs_code | cop_no | msg_seq_no | item_logistics_no
        A1   | 1        | 06:00  | 4604         | X1     | 1          | W1
        A2   | 1        | 06:10  | 4604         | X1     | 2          | W2
        """,
        export_arrival_receipts="guid | return_status | return_at\nA1 | 120 | 06:05",
    )
    expect(result.lists, "order_no | arrived_at | gate_out_at\nO1 | 06:05 |\nO2 | 06:10 |")


def test_gate_out_by_way_of_the_verification_list():
    result = linked(
        import_lists="""
        guid | app_type | app_at | order_no | ebc_code | invt_no
        G1   | 1        | 08:00  | O1       | E        | N1
        G2   | 1        | 08:00  | O2       | E        | N2
        G3   | 1        | 08:00  | O3       | E        | N3
        """,
        verification_lists="""
        etps_inner_invt_no | bond_invt_no | invt_dcl_at | item_invt_no
        V1                 |              | 09:00       | N1
        V2                 | QD2          | 09:00       | N2
        V3                 |              | 09:00       | N3
        """,
        verification_receipts="""
        etps_inner_invt_no | bond_invt_no | manage_at
        V1                 | QD1          | 09:10
        V3                 | QD3          | 09:10
        """,
        gate_passages="""
        io_flag | rlt_no | pass_at | secd_pass_at
        E       | QD1    | 10:00   | 10:30
        I       | QD1    | 07:00   |
        E       | QD2    | 11:00   |
        I       | QD3    | 12:00   |
        """,
    )
    expect(result.lists, "order_no | gate_out_at\nO1 | 10:30\nO2 | 11:00\nO3 |")


def test_cancellations_and_returns_count_when_granted():
    result = linked(
        import_lists="""
        guid | app_type | app_at | order_no | ebc_code | agent_code | cop_no | invt_no
        G1   | 1        | 08:00  | O1       | E        | A          | C1     | N1
        G2   | 1        | 08:00  | O2       | E        | A          | C2     | N2
        G3   | 1        | 08:00  | O3       | E        | A          | C3     | N3
        """,
        import_cancellations="""
        guid | app_type | app_at | ebc_code | order_no | agent_code | cop_no | invt_no
        K1   | 1        | 09:00  | E        | O1       | A          | CC1    | N1
        K2   | 1        | 09:00  | E        | O2       | A          | CC2    | N2
        """,
        import_cancellation_receipts="""
        guid | agent_code | cop_no | invt_no | return_status | return_at
        K1   |            |        |         | 120           | 09:10
        K1   |            |        |         | 399           | 09:30
        K1   |            |        |         | 899           | 09:40
        X    | A          | CC2    |         | 100           | 09:30
        """,
        import_returns="""
        guid | app_type | app_at   | ebc_code | order_no | agent_code | cop_no | invt_no
        R3   | 1        | +9 09:00 | E        | O3       | A          | CR3    | N3
        """,
        import_return_receipts="""
        guid | agent_code | cop_no | invt_no | return_status | return_at
        X    | A          | CR3    |         | 800           | +9 10:00
        """,
    )
    expect(
        result.lists,
        """
        order_no | cancelled_at | returned_at | state
        O1       | 09:30        |             | cancelled
        O2       |              |             | declared
        O3       |              | +9 10:00    | returned
        """,
    )


def test_tax_is_the_sum_of_current_bills_that_are_not_void():
    result = linked(
        import_lists="""
        guid | app_type | app_at | order_no | ebc_code | invt_no
        G1   | 1        | 08:00  | O1       | E        | N1
        G2   | 1        | 08:00  | O2       | E        | N2
        G3   | 1        | 08:00  | O3       | E        | N3
        """,
        tax_bills="""
        return_at | tax_no | invt_no | ebc_code | order_no | status | customs_tax | value_added_tax | consumption_tax
        09:00     | N1_0   | N1      |          |          | 1      | 0           | 37.31           |
        09:00     | N1_1   | N1      |          |          | 1      | 1.5         | 2               | 3
        09:00     | N1_2   | N1      |          |          | 1      | 0           | 100             | 0
        09:05     | N1_2   | N1      |          |          | 3      | 0           | 100             | 0
        09:00     | N2_0   | ?       | E        | O2       | 1      | 0           | 5               | 0
        09:00     | N2_1   | N2      |          |          | 1      | 0           | 8               | 0
        """,
        tax_bill_statuses="return_at | tax_no | status\n09:30 | N2_1 | 3\n08:00 | N1_0 | 3",
    )
    expect(result.lists, "order_no | tax_cny\nO1 | 43.81000\nO2 | 5.00000\nO3 |")


def test_business_date_of_an_undated_list_is_that_of_its_first_receipt():
    result = linked(
        import_lists="guid | app_type | order_no | ebc_code\nG1 | 1 | O1 | E\nG2 | 1 | O2 | E",
        import_list_receipts="guid | return_status | return_at\nG1 | 2 | +1 00:00\nG1 | 3 | +2 00:00",
    )
    expect(result.lists, "order_no | business_date | versions\nO1 | 2026-11-12 | 1\nO2 | | 1")


def test_the_order_of_rows_and_the_files_do_not_matter():
    tables = documents(
        import_lists="""
        guid | app_type | app_at | order_no | ebc_code | agent_code | cop_no | item_total_price | item_currency
        G1   | 1        | 08:00  | O1       | E        | A          | C1     | 1 2              | 142 142
        G1   | 1        | 08:00  | O1       | E        | A          | C1     | 2 1              | 142 502
        G2   | 2        | 08:00  | O1       | E        | A          | C1     | 3                | 142
        G3   | 1        | 08:00  | O2       | E        | A          | C3     | 4                | 142
        """,
        import_list_receipts="""
        guid | agent_code | cop_no | pre_no | invt_no | return_status | return_at | return_info
        G1   | A          | C1     | P1     |         | 2             | 08:01     | a
        G1   | A          | C1     | P2     |         | 2             | 08:01     | a
        G3   | A          | C3     |        | N9      | 120           | 08:02     |
        G3   | A          | C3     |        | N8      | 120           | 08:02     | b
        """,
    )

    def collected(given):
        made = build(given, rates())
        return pl.collect_all([made.lists, made.events.drop("file_hash")])

    one = collected(tables)
    for seed in range(6):
        mixed = {
            name: frame.collect()
            .sample(fraction=1, shuffle=True, seed=seed)
            .with_columns(file_hash=pl.lit("same"))
            .lazy()
            for name, frame in tables.items()
        }
        for wanted, found in zip(one, collected(mixed), strict=True):
            assert_frame_equal(wanted, found)


def test_times_in_microseconds_are_taken_as_they_come_from_the_warehouse():
    tables = documents(
        import_lists=ONE_LIST, import_list_receipts="guid | return_status | return_at\nG1 | 120 | 09:00"
    )
    tables = {
        name: frame.with_columns(pl.selectors.datetime().cast(pl.Datetime("us")))
        for name, frame in tables.items()
    }
    found = build(tables, rates()).lists.collect()
    assert found["accepted_at"].to_list() == [at("09:00")]
    assert found["app_at"].dtype == pl.Datetime("ms")
    assert at("09:00") - at("08:00") == timedelta(hours=1)


CANCELLED = {
    "import_lists": """
    guid | app_type | app_at | order_no | ebc_code | agent_code | cop_no | invt_no
    G1   | 1        | 08:00  | O1       | E        | A          | C1     | N1
    """,
    "import_cancellations": """
    guid | app_type | app_at | ebc_code | order_no | agent_code | cop_no | invt_no
    X1   | 1        | 09:00  | E        | O1       | A          | C1     | N1
    """,
    "import_cancellation_receipts": "guid | return_status | return_at\nX1 | 399 | 10:00\nX1 | 899 | 10:05",
}
SECOND = "G2   | 1        | 12:00  | O1       | E        | A          | C2     | N2"


@pytest.mark.parametrize(
    ("version", "statuses", "cancelled_at", "state", "state_at", "repair"),
    [
        ("", "", "10:00", "cancelled", "10:00", None),
        # A status of the time before the grant, and one that no declaration gives, change nothing.
        ("", "\nG1 | 2 | 08:05\nG1 | 300 | 10:30", "10:00", "cancelled", "10:00", None),
        ("\n    G2 | 3 | 12:00 | O1 | E | A | C2 | N2", "", "10:00", "cancelled", "10:00", None),
        ("\n    " + SECOND, "", "", "declared", "12:00", "12:00"),
        ("\n    " + SECOND, "\nG2 | 2 | 12:01\nG2 | 120 | 12:02", "", "accepted", "12:02", "12:00"),
        ("\n    " + SECOND, "\nG2 | 120 | 12:02\nG2 | 800 | +1 09:00", "", "released", "+1 09:00", "12:00"),
        ("", "\nG1 | 120 | 12:02", "", "accepted", "08:10", "12:02"),
        ("", "\nG1 | 2 | 12:01", "", "declared", "12:01", "12:01"),
    ],
)
def test_a_list_declared_again_after_its_cancellation_is_not_cancelled(
    version: str, statuses: str, cancelled_at: str, state: str, state_at: str, repair: str | None
):
    tables = CANCELLED | {
        "import_lists": CANCELLED["import_lists"].rstrip() + version,
        "import_list_receipts": f"guid | return_status | return_at\nG1 | 120 | 08:10{statuses}",
    }
    result = linked(**tables)
    expect(
        result.lists,
        "accepted_at | cancel_asked_at | cancel_granted_at | cancelled_at | state | state_at\n"
        f"08:10 | 09:00 | 10:00 | {cancelled_at} | {state} | {state_at}",
    )
    withdrawn = [("repair", at("10:00"), at(repair)), ("repair", at("10:05"), at(repair))] if repair else []
    found = result.lists.select("exclusions").collect().item().to_list()
    assert [tuple(each.values()) for each in found] == withdrawn


def test_a_list_cancelled_twice_is_cancelled_since_the_second_time():
    tables = CANCELLED | {
        "import_lists": CANCELLED["import_lists"].rstrip() + "\n    " + SECOND,
        "import_list_receipts": "guid | return_status | return_at\nG1 | 120 | 08:10\nG2 | 120 | 12:02",
        "import_cancellation_receipts": "guid | return_status | return_at\nX1 | 399 | 10:00\nX1 | 399 | 15:00",
    }
    expect(
        linked(**tables).lists,
        "cancel_granted_at | cancelled_at | state | state_at\n10:00 | 15:00 | cancelled | 15:00",
    )
