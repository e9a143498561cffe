# ruff: noqa: E501 (drawn tables are as wide as their columns)
"""Months, years to date and year-on-year, worked."""

from datetime import date

from transforms.examples.form import Example

_DAILY = """
    business_date | basis    | flow | mode | office | lists | value_cny
    2023-02-27    | declared | all  | all  | all    | 100   | 1000
    2023-02-28    | declared | all  | all  | all    | 10    | 200
    2023-03-01    | declared | all  | all  | all    | 20    | 300
    2024-02-28    | declared | all  | all  | all    | 30    | 500
    2024-02-29    | declared | all  | all  | all    | 7     | 70
    2024-03-01    | declared | all  | all  | all    | 40    | 450
    2024-03-01    | declared | I    | 9610 | all    | 5     | 60
    2024-03-02    | declared | all  | all  | all    | 50    | 500
    """

EXAMPLES = (
    Example(
        "four days of a leap year and three of the year before",
        day=date(2024, 3, 2),
        given={"metrics.volume_daily": _DAILY},
        arithmetic=(
            "February 2024 has two of its 29 days: 30 + 7. The year up to 2 March has four of 62. Of February only the "
            "28th is published in both years: 30 against 10. The 29th has no counterpart, the 27th is missing in 2024, the "
            "2nd of March in 2023: 40 against 20. The year compares both days: 70 against 30. Imports of mode 9610 have "
            "no row on 1 March 2023, which is published: they were 0 then."
        ),
        where={"basis": "declared"},
        expected={
            "volume_monthly": """
                period_start | last_date  | days_covered | days_in_period | flow | mode | lists | value_cny
                2023-02-01   | 2023-02-28 | 2            | 28             | all  | all  | 110   | 1200
                2023-03-01   | 2023-03-01 | 1            | 31             | all  | all  | 20    | 300
                2024-02-01   | 2024-02-29 | 2            | 29             | all  | all  | 37    | 570
                2024-03-01   | 2024-03-02 | 2            | 31             | all  | all  | 90    | 950
                2024-03-01   | 2024-03-02 | 2            | 31             | I    | 9610 | 5     | 60
                """,
            "volume_quarterly": """
                period_start | last_date  | days_covered | days_in_period | flow | mode | lists
                2023-01-01   | 2023-03-01 | 3            | 90             | all  | all  | 130
                2024-01-01   | 2024-03-02 | 4            | 91             | all  | all  | 127
                2024-01-01   | 2024-03-02 | 4            | 91             | I    | 9610 | 5
                """,
            "volume_ytd": """
                period_start | last_date  | days_covered | days_in_period | flow | mode | lists
                2023-01-01   | 2023-03-01 | 3            | 60             | all  | all  | 130
                2024-01-01   | 2024-03-02 | 4            | 62             | all  | all  | 127
                2024-01-01   | 2024-03-02 | 4            | 62             | I    | 9610 | 5
                """,
            "volume_yoy": """
                period  | period_start | last_date  | days_compared | flow | mode | lists | lists_before | lists_change | value_cny | value_cny_before
                month   | 2024-02-01   | 2024-02-28 | 1             | all  | all  | 30    | 10           | 2            | 500       | 200
                month   | 2024-03-01   | 2024-03-01 | 1             | all  | all  | 40    | 20           | 1            | 450       | 300
                month   | 2024-03-01   | 2024-03-01 | 1             | I    | 9610 | 5     | 0            |              | 60        | 0
                quarter | 2024-01-01   | 2024-03-01 | 2             | all  | all  | 70    | 30           | 4/3          | 950       | 500
                quarter | 2024-01-01   | 2024-03-01 | 2             | I    | 9610 | 5     | 0            |              | 60        | 0
                year    | 2024-01-01   | 2024-03-01 | 2             | all  | all  | 70    | 30           | 4/3          | 950       | 500
                year    | 2024-01-01   | 2024-03-01 | 2             | I    | 9610 | 5     | 0            |              | 60        | 0
                """,
        },
    ),
    Example(
        "means, shares, stocks and unknown days of clearance by month",
        day=date(2026, 3, 3),
        given={
            "metrics.clearance_daily": """
                business_date | basis      | flow | mode | office | measure       | n | sum_h | mean_h | n_within_1h | within_1h | median_h | open
                2026-03-01    | release    | all  | all  | all    | customs_gross | 1 | 10    | 10     | 0           | 0         | 10       | 9
                2026-03-03    | release    | all  | all  | all    | customs_gross | 4 | 5     | 1.25   | 3           | 0.75      | 1        | 2
                2026-03-01    | acceptance | all  | all  | all    | customs_gross | 2 | 3     | 1.5    | 1           | 0.5       | 1.5      | 0
                2026-03-03    | acceptance | all  | all  | all    | customs_gross | 5 |       |        |             | 0.6       | 1        | 1
                """
        },
        arithmetic=(
            "The mean is weighted by the lists: (10 + 5) / (1 + 4) = 3 h, not the mean of 10 and 1.25. Three of five took "
            "at most an hour. Open lists are a stock: those of the last day. Medians of days tell no median of a month. "
            "On the acceptance basis a list of the 3rd is still running, so neither its hours nor the month's mean are known."
        ),
        expected={
            "clearance_monthly": """
                basis      | days_covered | n | sum_h | mean_h | n_within_1h | within_1h | open
                release    | 2            | 5 | 15    | 3      | 3           | 3/5       | 2
                acceptance | 2            | 7 |       |        |             |           | 1
                """
        },
    ),
    Example(
        "the highest day of a month against its mean day",
        day=date(2026, 11, 3),
        given={
            "metrics.capacity_daily": """
                business_date | basis    | flow | lists | day_lists | mean_day_ratio | capacity_lists | capacity_share | peak_hour_lists
                2026-11-01    | declared | all  | 100   | 100       | 1              | 400            | 1/4            | 40
                2026-11-02    | declared | all  | 600   | 600       | 1              | 400            | 3/2            | 90
                2026-11-03    | declared | all  | 200   | 200       | 1              | 400            | 1/2            | 20
                """
        },
        arithmetic="900 lists in three days are 300 a day; the highest has 600, twice as many. Of 1,200 the zone could carry, 900 are 0.75.",
        where={"basis": "declared"},
        expected={
            "capacity_monthly": """
                flow | lists | day_lists | mean_day_ratio | capacity_lists | capacity_share | peak_hour_lists
                all  | 900   | 600       | 2              | 1200           | 3/4            | 90
                """
        },
    ),
)
