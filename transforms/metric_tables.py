"""The published daily tables by name, gathered from the families that compute them."""

from __future__ import annotations

from transforms.families import FAMILIES
from transforms.metric_model import MetricTable

METRIC_TABLES: dict[str, MetricTable] = {each.name: each for family in FAMILIES for each in family.tables}
#: Tables that are views over these, by name.
METRIC_VIEWS: dict[str, MetricTable] = {each.name: each for family in FAMILIES for each in family.views}
