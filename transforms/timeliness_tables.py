"""The table of timeliness and quality, column by column."""

from __future__ import annotations

import polars as pl

from transforms.metric_model import DATE, ZONE, Column, MetricTable, count, share, text

#: Delays are counted in whole quarters of an hour.
QUARTER_S = 900
#: What documents of a kind bring to a list: kind -> (flow of the lists, column of core.lists that shows it).
LINKED = {
    "CEB311": ("I", "order_app_at"),
    "CEB411": ("I", "pay_at"),
    "CEB511": ("I", "waybill_app_at"),
    "CEB622": ("I", "accepted_at"),
    "CEB711": ("I", "arrived_at"),
    "CEB303": ("E", "order_app_at"),
    "CEB403": ("E", "pay_at"),
    "CEB505": ("E", "waybill_app_at"),
    "CEB604": ("E", "accepted_at"),
    "CEB507": ("E", "arrived_at"),
}
#: Of these only lists of the modes named can have one: bonded goods lie in the zone before they are declared, and no
#: inbound detail names their parcels.
OF_MODES = {"CEB711": ("9610",)}
#: Of these no list needs one (transforms.reconciliation.codes: waiting_payment), so there is nothing they are a share of.
OPTIONAL = ("CEB403",)
_LEDGER = "ledger.deliveries"
_QUANTILE = (
    "smallest quarter of an hour within which {} of `timed` were loaded, counted up to its end; "
    "delay: loaded_at - the document's own time"
)


def _delay(id_: str, zh: str, en: str, part: str) -> Column:
    return Column(id_, zh, en, "h", _QUANTILE.format(part), _LEDGER, "", pl.Float64())


TIMELINESS_DAILY = MetricTable(
    "timeliness_daily",
    "每日及时性与质量",
    "daily timeliness and quality of documents",
    (
        ZONE,
        DATE,
        text(
            "kind",
            "单证类型",
            "document kind",
            "kind, all",
            "kinds with a document of that date, rejected or not, those the zone expects, and those that link to "
            "lists declared that day",
            "",
        ),
    ),
    (
        count(
            "expected",
            "应报类型数",
            "kinds expected",
            "1 where the zone expects the kind daily, else 0; all: how many",
            "zone file: coverage.expected_kinds",
        ),
        count(
            "delivered",
            "已报类型数",
            "kinds delivered",
            "of these with at least one document stored",
            _LEDGER,
        ),
        share(
            "completeness",
            "完整率",
            "completeness",
            "fraction of expected",
            "delivered / expected",
            _LEDGER,
            over_days=("delivered", "expected"),
        ),
        count("documents", "单证数", "documents", "versions stored, by the date of their own time", _LEDGER),
        count(
            "by_next_day",
            "次日内入库数",
            "loaded by the next day",
            "loaded before the end of the day after (D+1)",
            _LEDGER,
        ),
        share(
            "by_next_day_share",
            "次日内入库率",
            "share loaded by the next day",
            "fraction of documents",
            "by_next_day / documents",
            _LEDGER,
            over_days=("by_next_day", "documents"),
        ),
        count("late", "迟到单证数", "late documents", "documents - by_next_day", _LEDGER),
        count(
            "ahead",
            "时间超前数",
            "loaded before their own time",
            "delay below 0: the sender's clock is ahead",
            _LEDGER,
        ),
        count("timed", "计时单证数", "documents timed", "documents with a delay of 0 or more", _LEDGER),
        _delay("median_delay_h", "延迟中位数", "median delay", "half"),
        _delay("p90_delay_h", "延迟90分位", "90th percentile of the delay", "nine tenths"),
        count(
            "quarantined",
            "隔离单证数",
            "documents quarantined",
            "set aside by a critical rule, mended since or not, by the date of their own time; one whose time cannot be "
            "read is of no date: quarantine.rows and ledger.files count it, no day does",
            "quarantine.rows",
        ),
        count(
            "rejected", "未采用单证数", "documents rejected", "of these not taken in since", "quarantine.rows"
        ),
        count(
            "received",
            "收到单证数",
            "documents received",
            "documents + rejected",
            f"{_LEDGER}, quarantine.rows",
        ),
        share(
            "rejected_share",
            "未采用率",
            "share rejected",
            "fraction of received",
            "rejected / received; documents without a readable time are in neither",
            "quarantine.rows",
            over_days=("rejected", "received"),
        ),
        count(
            "lists",
            "清单数",
            "lists",
            "lists of the kind's flow declared that day, 0 where none was; "
            + "".join(f"{kind}: those of mode {', '.join(modes)}; " for kind, modes in OF_MODES.items())
            + f"null for kinds that are not linked, and for {', '.join(OPTIONAL)}, which no list needs",
            "lists",
        ),
        count(
            "linked",
            "已关联清单数",
            "lists linked",
            f"of these the ones with a document of the kind (receipts: accepted); {', '.join(OPTIONAL)}: of all the "
            "flow's lists declared that day",
            "lists",
        ),
        share(
            "linked_share",
            "关联率",
            "share linked",
            "fraction of lists",
            "linked / lists",
            "lists",
            over_days=("linked", "lists"),
        ),
    ),
)
