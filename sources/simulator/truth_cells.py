"""Cells of the truth's tables: flow, mode and office, and every roll-up with 'all'."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from sources.simulator.chance import Flags, Ints

_MODES, _OFFICES = 10_000, 10_000


@dataclass(frozen=True)
class Cells:
    """The cell of every list under one roll-up, and what the cells are called."""

    of: Ints
    names: list[tuple[str, str, str]]

    def among(self, which: Ints) -> Cells:
        """The same cells for some of the lists."""
        return Cells(self.of[which], self.names)

    def __len__(self) -> int:
        return len(self.names)


def roll_ups(columns: dict[str, Ints]) -> list[Cells]:
    """The eight ways to keep or drop flow, mode and office."""
    made = []
    for flow, mode, office in product((True, False), repeat=3):
        code = (
            (columns["flow"] if flow else 0) * (_MODES * _OFFICES)
            + (columns["mode"] if mode else 0) * _OFFICES
            + (columns["office"] if office else 0)
            + np.zeros(len(columns["flow"]), dtype=np.int64)
        )
        found, of = np.unique(code, return_inverse=True)
        names = [
            (
                "IE"[int(each) // (_MODES * _OFFICES)] if flow else "all",
                f"{int(each) // _OFFICES % _MODES:04d}" if mode else "all",
                f"{int(each) % _OFFICES:04d}" if office else "all",
            )
            for each in found
        ]
        made.append(Cells(of.astype(np.int64), names))
    return made


def totals(cells: Cells, which: Flags, values: Ints) -> Ints:
    """Sum of `values` a cell over the lists `which`, in whole numbers."""
    sums = np.zeros(len(cells), dtype=np.int64)
    np.add.at(sums, cells.of[which], values[which])
    return sums


def counts(cells: Cells, which: Flags) -> Ints:
    """Number of lists a cell."""
    return np.bincount(cells.of[which], minlength=len(cells)).astype(np.int64)
