"""A TOML table read key by key, strictly: what is missing, wrong or unknown is named with its file."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Any


class ZoneError(ValueError):
    """A zone file is missing or holds something that cannot be used. The text names file and key."""


class TomlTable:
    """A TOML table that knows where it stands and complains when a key is missing, wrong or unknown."""

    def __init__(self, content: Any, path: Path, where: str) -> None:
        self.path, self.where = path, where
        if not isinstance(content, dict):
            raise ZoneError(f"{path}: {where} must be a table")
        self._left: dict[str, Any] = dict(content)

    def fail(self, key: str, problem: str) -> ZoneError:
        """The complaint about one key, to be raised."""
        return ZoneError(f"{self.path}: {self._name(key)} {problem}")

    def _name(self, key: str) -> str:
        return f"{self.where}.{key}" if self.where else key

    def has(self, key: str) -> bool:
        """Whether the key is there and not taken yet."""
        return key in self._left

    def take(self, key: str) -> Any:
        """The value of a key that must be there."""
        if key not in self._left:
            raise self.fail(key, "is missing")
        return self._left.pop(key)

    def table(self, key: str) -> TomlTable:
        """An inner table."""
        return TomlTable(self.take(key), self.path, self._name(key))

    def text(self, key: str) -> str:
        """A text that is not empty."""
        value = self.take(key)
        if not isinstance(value, str) or not value.strip():
            raise self.fail(key, "must be a text that is not empty")
        return value

    def texts(self, key: str, pattern: str) -> tuple[str, ...]:
        """A list of texts, each matching `pattern`, none twice."""
        value = self.take(key)
        if not isinstance(value, list) or not value:
            raise self.fail(key, "must be a list that is not empty")
        for each in value:
            if not isinstance(each, str) or not re.fullmatch(pattern, each):
                raise self.fail(key, f"holds {each!r}, which does not match {pattern}")
        if len(set(value)) != len(value):
            raise self.fail(key, "names something twice")
        return tuple(value)

    def number(self, key: str, low: int = 0) -> Decimal:
        """An exact number of at least `low`."""
        value = self.take(key)
        if isinstance(value, bool) or not isinstance(value, (int, Decimal)) or value < low:
            raise self.fail(key, f"must be a number of at least {low}")
        return Decimal(value)

    def whole(self, key: str, low: int = 1) -> int:
        """A whole number of at least `low`."""
        value = self.take(key)
        if isinstance(value, bool) or not isinstance(value, int) or value < low:
            raise self.fail(key, f"must be a whole number of at least {low}")
        return value

    def flag(self, key: str) -> bool:
        """true or false."""
        value = self.take(key)
        if not isinstance(value, bool):
            raise self.fail(key, "must be true or false")
        return value

    def share(self, key: str) -> float:
        """A share between 0 and 1."""
        value = self.number(key)
        if value > 1:
            raise self.fail(key, "must be a share between 0 and 1")
        return float(value)

    def mix(self, key: str, allowed: tuple[str, ...]) -> dict[str, float]:
        """Shares that add up to exactly 1, each for one of `allowed`."""
        inner = self.table(key)
        given = {each: inner.number(each) for each in inner.names()}
        for each in given:
            if each not in allowed:
                raise inner.fail(each, f"is not one of {', '.join(allowed)}")
        if sum(given.values()) != 1:
            raise self.fail(key, f"adds up to {sum(given.values())}, not to 1")
        return {each: float(value) for each, value in given.items()}

    def names(self) -> tuple[str, ...]:
        """The keys not taken yet."""
        return tuple(self._left)

    def done(self) -> None:
        """Complain about keys nobody asked for."""
        if self._left:
            raise self.fail(next(iter(self._left)), "is not a known key; check its spelling")
