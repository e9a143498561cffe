"""The work of each stage, as plain functions: open what the stage needs, call the rooms, say what was done.

No Prefect here, so that a test or a benchmark can call a stage as it is. Everything passes as paths,
dates and ids; nothing asks for today: the clock is read for the record only, just before it is committed.
"""

from __future__ import annotations

from flows.stages.closing import close, keep, seal, stopped, tidy
from flows.stages.figures import figures_of, link, link_anew, measure, publish
from flows.stages.intake import commit, following, land, read, take_in_mended, validate
from flows.stages.run import Anew, Run, begin, mark, named, prepare

__all__ = [
    "Anew",
    "Run",
    "begin",
    "close",
    "commit",
    "figures_of",
    "following",
    "keep",
    "land",
    "link",
    "link_anew",
    "mark",
    "measure",
    "named",
    "prepare",
    "publish",
    "read",
    "seal",
    "stopped",
    "take_in_mended",
    "tidy",
    "validate",
]
