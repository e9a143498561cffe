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
                business_date | basis      | flow | mode | office | measure       | n | ended | sum_h | mean_h | n_within_1h | within_1h | median_h | open
                2026-03-01    | release    | all  | all  | all    | customs_gross | 1 | 1     | 10    | 10     | 0           | 0         | 10       | 9
                2026-03-02    | release    | all  | all  | all    | customs_gross | 0 | 0     | 0     |        | 0           |           |          | 11
                2026-03-03    | release    | all  | all  | all    | customs_gross | 4 | 4     | 5     | 1.25   | 3           | 0.75      | 1        | 2
                2026-03-01    | acceptance | all  | all  | all    | customs_gross | 3 | 2     | 3     | 1.5    | 1           | 0.5       | 1.5      | 0
                2026-03-02    | acceptance | all  | all  | all    | customs_gross | 6 | 4     |       |        |             | 0.6       | 1        | 2
                2026-03-03    | acceptance | all  | all  | all    | customs_gross | 5 | 3     |       |        |             | 0.6       | 1        | 1
                """
        },
        arithmetic=(
            "The mean is weighted by the lists: (10 + 0 + 5) / (1 + 0 + 4) = 3 h, not the mean of 10 and 1.25. On the 2nd "
            "nothing was released, which is no hours and not unknown ones. Three of five took at most an hour. Open lists are a stock: those of the last day. On the acceptance basis every day has lists of its own, so they add up: 0 + 2 + 1. Medians of days tell no median of a month. "
            "On the acceptance basis lists of the 2nd and the 3rd are still running, so neither its hours nor the month's mean are known."
        ),
        expected={
            "clearance_monthly": """
                basis      | days_covered | n  | ended | sum_h | mean_h | n_within_1h | within_1h | open
                release    | 3            | 5  | 5     | 15    | 3      | 3           | 3/5       | 2
                acceptance | 3            | 14 | 9     |       |        |             |           | 3
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
    Example(
        "a country that is not there every day",
        day=date(2026, 11, 4),
        given={
            "metrics.countries_daily": """
                business_date | flow | country | value_cny | flow_value_cny | value_share
                2025-11-01    | I    | 304     | 5         | 10             | 1/2
                2025-11-01    | I    | 305     | 5         | 10             | 1/2
                2025-11-02    | I    | 305     | 90        | 90             | 1
                2026-11-01    | I    | 304     | 10        | 20             | 1/2
                2026-11-01    | I    | 305     | 10        | 20             | 1/2
                2026-11-02    | I    | 305     | 40        | 40             | 1
                2026-11-03    | I    | 305     | 140       | 140            | 1
                """
        },
        arithmetic=(
            "304 has no row on the 2nd and the 3rd of November 2026, on which the flow had 40 and 140: its share of the "
            "month is 10 / (20 + 40 + 140), not 10 / 20. The same days of both years are the 1st and the 2nd: 10 / "
            "(20 + 40) against 5 / (10 + 90)."
        ),
        where={"flow": "I"},
        expected={
            "countries_monthly": """
                period_start | days_covered | country | value_cny | flow_value_cny | value_share
                2025-11-01   | 2            | 304     | 5         | 100            | 1/20
                2025-11-01   | 2            | 305     | 95        | 100            | 19/20
                2026-11-01   | 3            | 304     | 10        | 200            | 1/20
                2026-11-01   | 3            | 305     | 190       | 200            | 19/20
                """,
            "countries_yoy": """
                period  | days_compared | country | value_cny | flow_value_cny | value_share | value_share_before | value_share_change
                month   | 2             | 304     | 10        | 60             | 1/6         | 1/20               | 7/3
                month   | 2             | 305     | 50        | 60             | 5/6         | 19/20              | -7/57
                quarter | 2             | 304     | 10        | 60             | 1/6         | 1/20               | 7/3
                quarter | 2             | 305     | 50        | 60             | 5/6         | 19/20              | -7/57
                year    | 2             | 304     | 10        | 60             | 1/6         | 1/20               | 7/3
                year    | 2             | 305     | 50        | 60             | 5/6         | 19/20              | -7/57
                """,
        },
    ),
    Example(
        "a reason that is not there every day",
        day=date(2026, 11, 3),
        given={
            "metrics.reconciliation_daily": """
                business_date | subject | flow | mode | basis  | code    | number | total | share
                2026-11-01    | list    | all  | all  | result | matched | 1      | 2     | 1/2
                2026-11-01    | list    | all  | all  | result | late    | 1      | 2     | 1/2
                2026-11-01    | list    | all  | all  | reason | late    | 1      | 2     | 1/2
                2026-11-02    | list    | all  | all  | result | matched | 8      | 8     | 1
                """
        },
        arithmetic=(
            "On the 2nd all 8 lists agree with their documents, so no list has a reason and the basis has no row. The lists "
            "were there all the same: 1 of 2 + 8 was late, by result and by reason."
        ),
        expected={
            "reconciliation_monthly": """
                days_covered | basis  | code    | number | total | share
                2            | result | matched | 9      | 10    | 9/10
                2            | result | late    | 1      | 10    | 1/10
                2            | reason | late    | 1      | 10    | 1/10
                """
        },
    ),
)
