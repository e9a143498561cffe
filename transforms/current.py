"""The current version of a document: the one with the greatest version time of its key."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from transforms.compute import computed
from transforms.inputs import PROVENANCE

DELETED = "3"  # appType of a deletion


def newest(frame: pl.LazyFrame, key: Sequence[str], version: str) -> pl.LazyFrame:
    """One row a key: the greatest `version`; equal times are decided by the content alone.

    Content is every column but the provenance, so neither the order of arrival nor the file a version
    came in can change the result. A row without a version time loses against any other.
    """
    counted = computed(frame.with_columns(_of_key=pl.len().over(key)))
    several = counted.filter(pl.col("_of_key") > 1)
    return pl.concat(
        [
            counted.filter(pl.col("_of_key") == 1),
            several.pipe(by_content, (version,)).unique(subset=list(key), keep="last", maintain_order=True),
        ]
    ).drop("_of_key")


def live(frame: pl.LazyFrame, key: Sequence[str], version: str = "app_at") -> pl.LazyFrame:
    """Current versions that are not deletions."""
    return newest(frame, key, version).filter(pl.col("app_type").ne_missing(DELETED))


def by_content(frame: pl.LazyFrame, first: Sequence[str]) -> pl.LazyFrame:
    """Rows in ascending order of the columns `first`, then of their whole content; nulls come first."""
    schema = frame.collect_schema()
    content = [name for name in schema if name not in PROVENANCE and name not in first]
    return frame.sort(
        *first,
        *(_spelled(name) if isinstance(schema[name], pl.List) else pl.col(name) for name in content),
        nulls_last=False,
    )


def _spelled(name: str) -> pl.Expr:
    """A list as text, because lists have no order of their own."""
    return pl.col(name).list.eval(pl.element().cast(pl.String).fill_null("")).list.join("\x1f")
