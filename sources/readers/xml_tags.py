"""The tags of a piece of XML, found by position."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sources.readers import limits
from sources.readers.refusal import RefusalError

Ints = npt.NDArray[np.int64]


class NotPlainError(Exception):
    """The piece must be walked."""


class MarkupError(NotPlainError):
    """The piece has a comment, CDATA or instruction, which may go on in the next: the rest must be walked."""


@dataclass(frozen=True)
class Tags:
    """The tags of a piece in order: where each begins and ends, and the elements among them."""

    lt: Ints
    gt: Ints
    empty: npt.NDArray[np.bool_]  # <a/>
    leaf: npt.NDArray[np.bool_]  # opened and closed by the next tag, or empty
    elements: Ints  # places of the tags that begin an element
    level: Ints  # of those: 2 = child of the root


class Names:
    """Tag texts (`<ceb:guid`) by their code in a piece: local name, and whether in our namespace."""

    def __init__(self, words: list[str], prefixes: set[str], declared: Collection[str]) -> None:
        self._attributes: list[int] = []
        places: dict[tuple[bool, str], int] = {}
        merged = []
        for word in words:
            name, *rest = word[1:].rstrip("/").split(None, 1)
            prefix, _, local = name.rpartition(":")
            if (prefix and prefix not in declared) or (rest and "xmlns" in rest[0]):
                raise NotPlainError
            own = prefix in prefixes
            merged.append(places.setdefault((own, local), len(places)))
            self._attributes.append(rest[0].count("=") if rest else 0)
        self._keys = list(places)
        self._places = places
        self.merged: Ints = np.array(merged, dtype=np.int64)

    def index_of(self, local: str) -> int:
        """Code of a name of the contract's namespace; -1 where the piece has none."""
        return self._places.get((True, local), -1)

    def local(self, code: int) -> str:
        """Local name of a code."""
        return self._keys[code][1]

    def own(self, code: int) -> bool:
        """Whether the name is in the contract's namespace."""
        return self._keys[code][0]

    def crowded(self) -> list[int]:
        """Tag texts with more attributes than are allowed."""
        return [at for at, count in enumerate(self._attributes) if count > limits.XML_ATTRIBUTES]


def find_tags(raw: npt.NDArray[np.uint8], line: int, where: str, *, last: bool) -> Tags:
    """The tags of a well-formed piece that begins inside the root element, on `line` of the file.

    `last`: the piece ends with the root's own end tag. Raises MarkupError or NotPlainError for a piece
    that must be walked; refuses (F3) elements nested too deep.
    """
    lt, gt = np.flatnonzero(raw == 0x3C), np.flatnonzero(raw == 0x3E)
    next_to = raw[np.minimum(lt + 1, len(raw) - 1)]
    if bool(np.any((next_to == 0x21) | (next_to == 0x3F))):
        raise MarkupError
    if len(lt) != len(gt) or bool(np.any(gt < lt)) or bool(np.any(lt[1:] < gt[:-1])):
        raise NotPlainError
    closing = next_to == 0x2F
    empty = (raw[gt - 1] == 0x2F) & ~closing
    after = 1 + np.cumsum(np.where(closing, -1, np.where(empty, 0, 1)))
    if len(after) and int(after[-1]) != (0 if last else 1):
        raise NotPlainError
    elements = np.flatnonzero(~closing)
    level = (after + empty)[elements]
    deep = np.flatnonzero(level > limits.XML_DEPTH)
    if len(deep):
        at = int(lt[elements[deep[0]]])
        raise RefusalError(
            "F3",
            f"{where}elements nested more than {limits.XML_DEPTH} deep; "
            "no customs message is: check what made the file",
            line + int(np.count_nonzero(raw[:at] == 0x0A)),
        )
    leaf = empty.copy()
    leaf[:-1] |= ~closing[:-1] & ~empty[:-1] & closing[1:]
    return Tags(lt, gt, empty, leaf, elements, level)


def bounds(tags: Tags, size: int) -> npt.NDArray[np.int64]:
    """Offsets that cut the piece into tag text, `>`, and what follows it, three for each tag."""
    bounds = np.empty(3 * len(tags.lt) + 1, dtype=np.int64)
    bounds[0:-1:3], bounds[1::3], bounds[2::3] = tags.lt, tags.gt, tags.gt + 1
    bounds[-1] = size
    return bounds
