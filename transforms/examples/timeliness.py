# ruff: noqa: E501 (drawn tables are as wide as their columns)
"""Timeliness and quality, worked."""

from transforms.examples.form import Example

EXAMPLES = (
    Example(
        "orders in time and late, payments missing, one row rejected",
        stated='expected_kinds = ["CEB311", "CEB411"]',
        given={
            "ledger.deliveries": """
                kind   | loaded_at           | delay_quarters | documents
                CEB311 | 2026-11-12 01:00:00 | -1             | 1
                CEB311 | 2026-11-12 01:00:00 | 3              | 4
                CEB311 | 2026-11-12 01:00:00 | 40             | 3
                CEB311 | 2026-11-13 00:00:00 | 100            | 2
                CEB622 | 2026-11-12 23:59:59 | 7              | 1
                """,
            "quarantine.rows": """
                kind   | status
                CEB311 | open
                CEB311 | accepted
                CEB311 | released
                CEB999 | open
                """,
            "core.lists": """
                flow | mode | order_no | declared_at | order_app_at | pay_at | arrived_at | accepted_at
                I    | 9610 | O1       | 08:00       | 07:59        |        | 07:30      | 08:10
                I    | 1210 | O2       | 09:00       | 08:59        |        |            |
                I    | 1210 | O3       | 10:00       |              |        |            |
                I    | 9610 | O4       | +1 08:00    | 07:00        |        |            |
                """,
        },
        arithmetic=(
            "Ten orders were stored, two of them after the end of the 12th: 8 of 10 by the next day. One bears a time "
            "after its loading; of the nine others half (4.5) are reached with the fifth, a document of 40 whole quarters: "
            "41 quarters of an hour are 10.25 h. Nine tenths (8.1) are reached with the ninth, 101 quarters. Three rows were "
            "set aside and one of them was taken in since: 2 of 12 received. Orders came, payments did not: 1 of 2 "
            "kinds expected. All kinds together: the receipt is the fifth of ten, 8 quarters. Of three lists declared on the day two have an order. "
            "Waybills (CEB511) are not expected and none came, but the three lists lack them. Inbound details (CEB711) are of "
            "direct purchases only: O1 has one, the bonded O2 and O3 need none, so 1 of 1."
        ),
        where={},
        expected={
            "timeliness_daily": """
                kind   | expected | delivered | completeness | documents | by_next_day | by_next_day_share | late | ahead | timed | median_delay_h | p90_delay_h | quarantined | rejected | received | rejected_share | lists | linked | linked_share
                CEB311 | 1        | 1         | 1            | 10        | 8           | 4/5               | 2    | 1     | 9     | 41/4           | 101/4       | 3           | 2        | 12       | 1/6            | 3     | 2      | 2/3
                CEB411 | 1        | 0         | 0            | 0         | 0           |                   | 0    | 0     | 0     |                |             | 0           | 0        | 0        |                | 3     | 0      | 0
                CEB511 | 0        | 0         |              | 0         | 0           |                   | 0    | 0     | 0     |                |             | 0           | 0        | 0        |                | 3     | 0      | 0
                CEB711 | 0        | 0         |              | 0         | 0           |                   | 0    | 0     | 0     |                |             | 0           | 0        | 0        |                | 1     | 1      | 1
                CEB622 | 0        | 0         |              | 1         | 1           | 1                 | 0    | 0     | 1     | 2              | 2           | 0           | 0        | 1        | 0              | 3     | 1      | 1/3
                CEB999 | 0        | 0         |              | 0         | 0           |                   | 0    | 0     | 0     |                |             | 1           | 1        | 1        | 1              |       |        |
                all    | 2        | 1         | 1/2          | 11        | 9           | 9/11              | 2    | 1     | 10    | 2              | 101/4       | 4           | 3        | 14       | 3/14           |       |        |
                """
        },
    ),
)
