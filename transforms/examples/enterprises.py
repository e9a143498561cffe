# ruff: noqa: E501 (drawn tables are as wide as their columns)
"""Enterprises, worked."""

from transforms.examples.form import Example

EXAMPLES = (
    Example(
        "four enterprises, two of them small",
        stated='size_classes = [["large", 1000], ["small", 0]]',
        given={
            "core.enterprise_days": """
                business_date | role | code | flow | lists | value_cny
                2026-11-11    | ebc  | E1   | I    | 4     | 600
                2026-11-11    | ebc  | E1   | E    | 2     | 0
                2026-11-11    | ebc  | E2   | I    | 1     | 300
                2026-11-11    | ebc  | E3   | I    | 2     | 100
                2025-11-12    | ebc  | E1   | I    | 9     | 400
                2025-11-11    | ebc  | E2   | I    | 9     | 5000
                2026-11-10    | ebc  | E4   | I    | 1     | 50
                """,
            "core.enterprises": """
                business_date | role | code
                2026-11-11    | ebc  | E3
                """,
        },
        arithmetic=(
            "E4 was active the day before only. E1's 365 days begin on 2025-11-12: 400 + 600 = 1,000, so it is large. "
            "E2's 5,000 of 2025-11-11 lie a day too early: 300, small. The day's values are 600, 300 and 100 of 1,000: "
            "the largest has 0.6, the index is 0.36 + 0.09 + 0.01 = 0.46. Lists are 6, 1 and 2: the middle is 2."
        ),
        where={"role": "ebc"},
        expected={
            "enterprises_daily": """
                flow | size_class | active | new | lists | value_cny | top1_value_cny | top1_share | top5_share | top10_value_cny | squares_cny2 | hhi   | median_lists | median_value_cny
                all  | all        | 3      | 1   | 9     | 1000      | 600            | 3/5        | 1          | 1000            | 460000       | 23/50 | 2            | 300
                all  | large      | 1      | 0   | 6     | 600       | 600            | 1          | 1          | 600             | 360000       | 1     | 6            | 600
                all  | small      | 2      | 1   | 3     | 400       | 300            | 3/4        | 1          | 400             | 100000       | 5/8   | 3/2          | 200
                I    | all        | 3      | 1   | 7     | 1000      | 600            | 3/5        | 1          | 1000            | 460000       | 23/50 | 2            | 300
                I    | large      | 1      | 0   | 4     | 600       | 600            | 1          | 1          | 600             | 360000       | 1     | 4            | 600
                I    | small      | 2      | 1   | 3     | 400       | 300            | 3/4        | 1          | 400             | 100000       | 5/8   | 3/2          | 200
                E    | all        | 1      | 0   | 2     | 0         | 0              |            |            | 0               | 0            |       | 2            | 0
                E    | large      | 1      | 0   | 2     | 0         | 0              |            |            | 0               | 0            |       | 2            | 0
                """
        },
    ),
)
