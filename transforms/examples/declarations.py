# ruff: noqa: E501 (drawn tables are as wide as their columns)
"""Declarations and rejections, worked."""

from transforms.examples.form import Example

EXAMPLES = (
    Example(
        "four lists declared on a day, one rejected twice",
        given={
            "core.lists": """
                flow | mode | office | order_no | declared_at | accepted_at | arrived_at | waiting_at | inspected_at | review_at | amended_at | rejections | exclusions
                I    | 9610 | 4604   | O1       | 08:00       | 08:01       | 07:00      |            | 09:00        |           |            | []         | []
                I    | 9610 | 4604   | O2       | 08:00       | 08:01       |            | 08:02      |              | 10:00     |            | []         | []
                I    | 1210 | 4604   | O3       | 08:00       | 12:00       |            |            |              |           | 11:00      | [{"at": "09:00", "reason": "payer"}, {"at": "10:00", "reason": "identity"}] | [{"reason": "repair", "start_at": "09:00", "end_at": "09:30"}, {"reason": "repair", "start_at": "10:00", "end_at": "11:00"}]
                I    | 1210 | 4604   | O4       | 08:00       |             |            |            |              |           |            | [{"at": "+1 09:00", "reason": "payer"}] | [{"reason": "repair", "start_at": "+1 09:00"}]
                """
        },
        arithmetic=(
            "Arrival is known of O1 (it came before the declaration) and O2 (customs waits for it: declared "
            "early), so 1 of 2 is early. O3 and O4 are rejected, 2 of 4; only O3 was declared again, with a "
            "change. Three are accepted, of which one is inspected and one reviewed. O4 is rejected the day "
            "after, so its rejection counts there."
        ),
        expected={
            "declarations_daily": """
                declared | accepted | arrival_known | early | amended | rejected | redeclared | inspected | reviewed | early_share | amended_share | rejected_share | redeclared_share | inspected_share | reviewed_share | two_step | paperless
                4        | 3        | 2             | 1     | 1       | 2        | 1          | 1         | 1        | 1/2         | 1/4           | 1/2            | 1/2              | 1/3             | 1/3            |          |
                """,
            "rejections_daily": """
                reason   | rejections | first_rejections
                payer    | 1          | 1
                identity | 1          | 0
                all      | 2          | 1
                """,
        },
    ),
)
