# ruff: noqa: E501 (drawn tables are as wide as their columns)
"""Payments and the times around them, worked."""

from transforms.examples.form import Example

EXAMPLES = (
    Example(
        "a split payment, one deleted and one of a cancelled list",
        given={
            "core.lists": """
                flow | mode | order_no | cancelled_at | payments
                I    | 1210 | O1       |              | [{"institution": "ALI", "paid_at": "07:00", "amount_cny": "10"}, {"institution": "WX", "paid_at": "08:00", "amount_cny": "35.50"}]
                I    | 1210 | O2       |              | [{"institution": "WX", "paid_at": "-1 22:00", "amount_cny": "9", "deleted_at": "09:00"}]
                I    | 9610 | O3       | 12:00        | [{"institution": "WX", "paid_at": "-1 23:00", "amount_cny": "20"}]
                """
        },
        arithmetic=(
            "O1 is paid by two institutions: two payments, both parts of a split one, 10 + 35.50 = 45.50. The "
            "payment of O2 was deleted on the day. O3 was paid the day before and is cancelled on the day: its "
            "payment counts once more, as one that may have to be paid back."
        ),
        expected={
            "payments_daily": """
                institution | payments | split_payments | paid_cny | deleted_payments | deleted_cny | cancelled_payments | cancelled_cny
                ALI         | 1        | 1              | 10       | 0                | 0           | 0                  | 0
                WX          | 1        | 1              | 35.50    | 1                | 9           | 1                  | 20
                all         | 2        | 2              | 45.50    | 1                | 9           | 1                  | 20
                """
        },
    ),
    Example(
        "an order on two lists, paid once",
        given={
            "core.lists": """
                flow | mode | ebp_code | ebc_code | order_no | cancelled_at | order_app_at | pay_at | payments
                I    | 1210 | P        | E2       | O1       |              | 07:00        | 08:00  | [{"institution": "ALI", "paid_at": "08:00", "amount_cny": "100"}]
                I    | 9610 | P        | E1       | O1       | 12:00        | 07:00        | 08:00  | [{"institution": "ALI", "paid_at": "08:00", "amount_cny": "100"}]
                E    | 9610 | P        | E3       | O1       |              |              | 09:00  | [{"institution": "ALI", "paid_at": "09:00", "amount_cny": "20"}]
                """
        },
        arithmetic=(
            "Order O1 of platform P was declared by E1, cancelled, and declared again by E2. Both lists hold its one payment, "
            "which counts with E1, the first by ebcCode, in mode 9610; so does the hour from order to payment. What may have "
            "to be paid back is of each list: that of E1 only. An export order is its enterprise's own: that of E3 is another."
        ),
        where={"institution": "all", "measure": "order_to_payment", "office": "all"},
        expected={
            "payments_daily": """
                flow | mode | payments | split_payments | paid_cny | cancelled_payments | cancelled_cny
                I    | 9610 | 1        | 0              | 100      | 1                  | 100
                I    | all  | 1        | 0              | 100      | 1                  | 100
                E    | 9610 | 1        | 0              | 20       | 0                  | 0
                E    | all  | 1        | 0              | 20       | 0                  | 0
                all  | 9610 | 2        | 0              | 120      | 1                  | 100
                all  | all  | 2        | 0              | 120      | 1                  | 100
                """,
            "payment_times_daily": """
                flow | mode | n | total_h | undefined
                I    | 9610 | 1 | 1       | 0
                I    | all  | 1 | 1       | 0
                E    | 9610 | 0 | 0       | 1
                E    | all  | 0 | 0       | 1
                all  | 9610 | 1 | 1       | 1
                all  | all  | 1 | 1       | 1
                """,
        },
    ),
    Example(
        "three orders paid and released",
        given={
            "core.lists": """
                flow | mode | office | order_no | order_app_at | pay_at   | released_at
                I    | 1210 | 4604   | O1       | 07:30        | 08:00    | 10:00
                I    | 1210 | 4604   | O2       | 09:00        | 08:45    | 12:45
                I    | 1210 | 4604   | O3       |              | -1 23:00 | 09:00
                """
        },
        arithmetic=(
            "O1 is paid half an hour after its order, O2 a quarter of an hour before the order was reported "
            "(negative), O3 the day before. From payment to release: 2 h, 4 h and 10 h, together 16 h; the "
            "90th percentile lies at position 2 x 0.9 = 1.8: 4 + 0.8 x 6 = 8.8."
        ),
        expected={
            "payment_times_daily": """
                measure            | n | total_h | mean_h | median_h | p90_h | negative | undefined
                order_to_payment   | 1 | 1/2     | 1/2    | 1/2      | 1/2   | 1        | 0
                payment_to_release | 3 | 16      | 16/3   | 4        | 44/5  | 0        | 0
                """
        },
    ),
)
