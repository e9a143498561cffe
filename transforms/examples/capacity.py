# ruff: noqa: E501 (drawn tables are as wide as their columns)
"""Capacity, worked."""

from transforms.examples.form import Example

EXAMPLES = (
    Example(
        "the busiest hour and minute of five lists",
        stated="lists_per_day = 40\npeak_day_lists = 10\nlists_per_hour = 12",
        given={
            "core.lists": """
                flow | order_no | declared_at  | released_at
                I    | O1       | 09:00        | 09:30
                I    | O2       | 09:59:59.999 | 10:00
                I    | O3       | 10:00        | 10:00:30
                I    | O4       | 10:30        | +1 00:00
                E    | O5       | 09:59:10     |
                """
        },
        arithmetic=(
            "Declared between 9 and 10: O1, O2 and the export O5, three of five; at 9:59 two. Three in the peak hour "
            "against 5 / 24 in the mean hour is 14.4, and a quarter of the 12 an hour the zone states. Five lists are 5 / 40 of the stated capacity and half of the "
            "stated highest day. Released: O2 and O3 within 10:00; O4 is released at midnight, which is the next day. "
            "Of equals the first is named: one flow's lists of 9 and 10 o'clock are two each."
        ),
        where={},
        expected={
            "capacity_daily": """
                basis    | flow | lists | day_lists | mean_day_ratio | peak_hour | peak_hour_lists | mean_hour_ratio | peak_minute | peak_minute_lists | capacity_lists | capacity_share | highest_day_lists | highest_day_share | capacity_hour_lists | peak_hour_share
                declared | all  | 5     | 5         | 1              | 9         | 3               | 72/5            | 09:59       | 2                 | 40             | 1/8            | 10                | 1/2               | 12                  | 1/4
                declared | I    | 4     | 4         | 1              | 9         | 2               | 12              | 09:00       | 1                 |                |                |                   |                     |                 |
                declared | E    | 1     | 1         | 1              | 9         | 1               | 24              | 09:59       | 1                 |                |                |                   |                     |                 |
                released | all  | 3     | 3         | 1              | 10        | 2               | 16              | 10:00       | 2                 | 40             | 3/40           | 10                | 3/10              | 12                  | 1/6
                released | I    | 3     | 3         | 1              | 10        | 2               | 16              | 10:00       | 2                 |                |                |                   |                     |                 |
                """
        },
    ),
    Example(
        "a day on which nothing was released",
        stated="lists_per_day = 40\npeak_day_lists = 10",
        given={
            "core.lists": """
                flow | order_no | declared_at | released_at
                I    | O1       | 09:00       | +1 09:30
                """
        },
        arithmetic=(
            "The zone could have carried 40 lists, and none was released: 0 / 40. A month counts the day with both. Of no "
            "lists there is no busiest hour. A flow without a list has no row."
        ),
        where={"basis": "released"},
        expected={
            "capacity_daily": """
                flow | lists | day_lists | mean_day_ratio | peak_hour | peak_hour_lists | mean_hour_ratio | peak_minute | peak_minute_lists | capacity_lists | capacity_share | highest_day_lists | highest_day_share
                all  | 0     | 0         |                |           | 0               |                 |             | 0                 | 40             | 0              | 10                | 0
                """
        },
    ),
)
