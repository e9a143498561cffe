"""On which days a list counts as open: the one figure that a list enters on days that are none of its own.

It is accepted, neither gone nor in repair at the end of such a day (transforms.durations.still_open), and counts with
its age in the cell of its flow, mode and office. Every other figure of a list stands on a day of schemas.DATED_BY or
of its figure_dates, whatever else it depends on.
"""

from __future__ import annotations

from transforms.durations import EXITS

_GONE_AT = f"released_at, {', '.join(EXITS)}"
#: When a list stops being open: whichever of these comes first. A list rejected for good keeps its state.
LEFT_AT = f"least({_GONE_AT}, CASE WHEN state = 'rejected' THEN state_at END)"
#: What `differently_open` reads of a list, besides its key (which has the flow) and DATED_BY.
OPEN_BY = ("mode", "office", "closed_at", "exclusions")


def differently_open(old: str, new: str, published: str) -> str:
    """Stretches of days (since, until; `until` excluded) at whose ends lists are open in one table only, or as others.

    `old` and `new` hold lists with `k`, `published` has the business dates that matter, each a table or subquery: a
    query. Days after the newest of them are cut off first, so that an answer which tells only of those is no
    difference and the cost follows what changed. Between two days on which a list, as it was or as it is, becomes
    open or ceases to be, nothing turns: one comparison holds for all days between.
    """
    return f"""
        WITH spans AS ({_spans(old, -1, published)} UNION ALL {_spans(new, 1, published)}),
        differing AS (
            FROM spans SEMI JOIN (
                SELECT k FROM spans GROUP BY k
                HAVING sum(side * hash(counted, since, until, repairs)::HUGEINT) <> 0
            ) USING (k)
        ),
        turns AS (
            SELECT DISTINCT k, unnest([since, until] || list_transform(repairs, lambda each: each.since)
                || list_transform(repairs, lambda each: each.until)) AS since FROM differing
        ),
        stretches AS (SELECT k, since, lead(since) OVER (PARTITION BY k ORDER BY since) AS until FROM turns)
        SELECT DISTINCT since, until FROM (
            SELECT s.since, s.until FROM stretches s JOIN differing d USING (k)
            WHERE s.since >= d.since AND s.since < d.until AND len(list_filter(
                d.repairs, lambda each: each.since <= s.since AND s.since < each.until)) = 0
            GROUP BY k, s.since, s.until HAVING sum(side * counted::HUGEINT) <> 0
        )
    """


def _spans(lists: str, side: int, published: str) -> str:
    """Lists that were open: from the day `since` until before `until`, but for the `repairs`, days as well.

    `counted` tells apart what a list counts as: its cell and, to the millisecond, its age.
    """
    days = ", ".join(
        f"{name}: least(CAST(each.{time} AS DATE), beyond)"
        for name, time in (("since", "start_at"), ("until", "end_at"))
    )
    return f"""
        SELECT k, {side} AS side, hash(mode, office, accepted_at) AS counted, CAST(accepted_at AS DATE) AS since,
            least(CAST(least({_GONE_AT}) AS DATE), beyond) AS until,
            list_filter(list_transform(
                list_filter(coalesce(exclusions, []), lambda each: each.reason = 'repair'),
                lambda each: {{{days}}}), lambda each: each.since < each.until) AS repairs
        FROM {lists} CROSS JOIN (SELECT max(business_date) + 1 AS beyond FROM {published})
        WHERE CAST(accepted_at AS DATE) < beyond
    """
