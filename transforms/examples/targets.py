# ruff: noqa: E501 (drawn tables are as wide as their columns)
"""Targets, worked: what a day adds, and the pace of a year."""

from datetime import date

from transforms.examples.form import Example

EXAMPLES = (
    Example(
        "what one day adds",
        stated='targets = [[2026, "lists", 1000], [2026, "import_h", "50"], [2025, "export_h", "3"]]',
        given={
            "core.lists": """
                flow | order_no | arrived_at | released_at | value_cny
                I    | O1       | -1 09:00   | 09:00       | 100
                I    | O2       | 08:00      | 09:30       | 20.50
                I    | O3       |            | 10:00       |
                E    | O4       | 11:00      | 10:00       | 5
                E    | O5       | 08:00      | +1 09:00    | 7
                """,
            "core.enterprises": """
                role | code
                ebc  | E1
                ebp  | P1
                """,
        },
        arithmetic=(
            "Four lists were released with 100 + 20.50 + 5 = 125.50. Imports took 24 h and 1.5 h; O3 has no arrival. "
            "The export was released before it arrived, which is no duration. Only one e-commerce enterprise is new. "
            "Targets of another year are not this year's."
        ),
        where={},
        expected={
            "targets_daily": """
                measure     | aim      | target | numerator | denominator
                lists       | at least | 1000   | 4         |
                value_cny   | at least |        | 125.50    |
                import_h    | at most  | 50     | 25.5      | 2
                export_h    | at most  |        | 0         | 0
                enterprises | at least |        | 1         |
                """
        },
    ),
    Example(
        "the pace on the fourth of January",
        day=date(2026, 1, 4),
        given={
            "metrics.targets_daily": """
                business_date | measure  | aim      | target | numerator | denominator
                2025-01-01    | lists    | at least |        | 5         |
                2025-01-03    | lists    | at least |        | 10        |
                2025-01-04    | lists    | at least |        | 10        |
                2026-01-01    | lists    | at least | 7300   | 10        |
                2026-01-02    | lists    | at least | 7300   | 99        |
                2026-01-04    | lists    | at least | 7300   | 11        |
                2026-01-01    | import_h | at most  | 50     | 80        | 2
                2026-01-02    | import_h | at most  | 50     | 0         | 0
                2026-01-04    | import_h | at most  | 50     | 220       | 4
                """
        },
        arithmetic=(
            "Three of four days are published: 10 + 99 + 11 = 120 lists. Of three days 7,300 x 3 / 365 = 60 are required, so "
            "the ratio is 2. Linear: 120 x 365 / 3 = 14,600. The 1st and the 4th are published in both years: 21 against 15. "
            "The year before is not published as a whole, so growth projects nothing. Hours: (80 + 220) / 6 = 50, "
            "just at the ceiling."
        ),
        where={"business_date": "2026-01-04"},
        expected={
            "targets_pace": """
                measure  | target | known_since | days_elapsed | days_in_year | days_covered | to_date_numerator | to_date_denominator | to_date | required | pace_ratio | projection_linear | same_days | same_days_before | projection_growth
                lists    | 7300   | 2025-01-01  | 4            | 365          | 3            | 120               |                     | 120     | 60       | 2          | 14600             | 21        | 15               |
                import_h | 50     | 2025-01-01  | 4            | 365          | 3            | 300               | 6                   | 50      | 50       | 1          | 50                |           |                  |
                """
        },
    ),
)
