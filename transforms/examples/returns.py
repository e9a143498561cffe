# ruff: noqa: E501 (drawn tables are as wide as their columns)
"""Cancellations and returns, worked."""

from transforms.examples.form import Example

EXAMPLES = (
    Example(
        "returns granted, one of them late, and a cancellation",
        given={
            "core.lists": """
                flow | mode | office | order_no | declared_at | released_at | value_cny | tax_cny | return_asked_at | returned_at | cancel_asked_at | cancelled_at
                I    | 9610 | 4604   | O1       | -45 08:00   | -45 09:00   | 100       | 0       | -1 10:00        | 10:00       |                 |
                I    | 9610 | 4604   | O2       | -46 08:00   | -46 09:00   | 200       | 18.20   | -2 10:00        | 10:00       |                 |
                I    | 9610 | 4604   | O3       | 08:00       |             | 300       |         |                 |             | 09:00           | 12:00
                """
        },
        arithmetic=(
            "Two returns are granted on the day, 24 h and 48 h after they were asked for. O1 was released 45 days "
            "before, in the window of 45 days; O2 46 days before, outside. O3 was asked to be cancelled and "
            "cancelled on the day, 3 h later; cancellations have no window. Of the one list declared on the day "
            "one is cancelled."
        ),
        expected={
            "returns_daily": """
                request      | basis   | lists | value_cny | tax_cny | windowed | in_window | in_window_share | n | total_h | mean_h | median_h | negative
                return       | granted | 2     | 300       | 18.20   | 2        | 1         | 1/2             | 2 | 72      | 36     | 36       | 0
                cancellation | asked   | 1     | 300       | 0       | 0        | 0         |                 |   |         |        |          |
                cancellation | granted | 1     | 300       | 0       | 0        | 0         |                 | 1 | 3       | 3      | 3        | 0
                """,
            "return_rates_daily": """
                declared | cancelled | cancelled_share | released | returned | returned_share | released_cny | returned_cny
                1        | 1         | 1               | 0        | 0        |                | 0            | 0
                """,
        },
    ),
)
