"""Reduction, worked."""

from transforms.examples.form import Example

EXAMPLES = (
    Example(
        "two imports against a baseline of 10 hours",
        stated="baseline_year = 2017\nbaseline_import_h = 10\nbaseline_export_h = 2",
        given={
            "core.lists": """
                flow | order_no | arrived_at | released_at
                I    | O1       | 06:00      | 10:00
                I    | O2       | 06:00      | 07:00
                I    | O3       |            | 08:00
                I    | O4       | 09:00      | 08:00
                I    | O5       | 09:00      | +1 08:00
                E    | O6       | 06:00      | 09:00
                """
        },
        arithmetic=(
            "O3 has no known arrival, O4 was released before it, O5 the next day. O1 and O2 took 4 + 1 = 5 hours "
            "where the baseline year would have taken 2 x 10: 15 hours saved, three quarters. The export took 3 hours "
            "instead of 2."
        ),
        where={},
        expected={
            "reduction_daily": """
                flow | n | actual_h | mean_h | baseline_year | baseline_h | expected_h | saved_h | reduction
                E    | 1 | 3        | 3      | 2017          | 2          | 2          | -1      | -1/2
                I    | 2 | 5        | 5/2    | 2017          | 10         | 20         | 15      | 3/4
                """
        },
    ),
)
