"""From the plain mappings of an indicator file to its figures; every complaint names file, entry and key."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from transforms.indicators.book import Book
from transforms.indicators.interval import Interval
from transforms.indicators.model import NOTED, Definition, Indicator, IndicatorError, Period, Rate
from transforms.indicators.printed import Printed, parse
from transforms.indicators.rates import OTHER

Value = TypeVar("Value")
#: Keys of an entry that name one other entry.
_REFERENCES = ("base_of", "covers", "part_of", "same_as", "improves")


class _Keys:
    """A mapping read key by key, strictly; text only, so that no printed digit is lost."""

    def __init__(self, content: Any, where: str) -> None:
        self.where = where
        if not isinstance(content, Mapping) or not all(isinstance(key, str) for key in content):
            raise IndicatorError(f"{where}: must be a table of named values")
        self._left: dict[str, Any] = dict(content)

    def fail(self, key: str, problem: str) -> IndicatorError:
        return IndicatorError(f"{self.where}: {key} {problem}")

    def take(self, key: str) -> Any:
        if self._left.get(key) is None:
            raise self.fail(key, "is missing")
        return self._left.pop(key)

    def text(self, key: str) -> str:
        value = self.take(key)
        if not isinstance(value, str) or not value.strip():
            raise self.fail(key, f"is {value!r}; write it in quotes, exactly as printed")
        return value

    def optional(self, key: str, read: Callable[[str], Value]) -> Value | None:
        """What `read` gives for a key that is there; a key with nothing after it counts as absent."""
        if self._left.get(key) is None:
            self._left.pop(key, None)
            return None
        return read(key)

    def printed(self, key: str) -> Printed:
        return self._parsed(key, self.text(key))

    def signed(self, key: str) -> Printed:
        return self._parsed(key, self.text(key), signed=True)

    def several(self, key: str) -> tuple[str, ...]:
        value = self.take(key)
        if not isinstance(value, list) or not value or not all(isinstance(each, str) for each in value):
            raise self.fail(key, "must be a list of texts that is not empty")
        return tuple(value)

    def printings(self, key: str, signed: bool = False) -> tuple[Printed, ...]:
        return tuple(self._parsed(key, each, signed) for each in self.several(key))

    def inner(self, key: str) -> _Keys:
        return _Keys(self.take(key), f"{self.where}: {key}")

    def names(self) -> tuple[str, ...]:
        return tuple(self._left)

    def done(self) -> None:
        if self._left:
            raise self.fail(next(iter(self._left)), "is not a known key; check its spelling")

    def _parsed(self, key: str, text: str, signed: bool = False) -> Printed:
        try:
            return parse(text, signed)
        except ValueError as error:
            raise self.fail(key, str(error)) from error


def read(content: Any, file: str) -> Book:
    """The figures of a file; raises IndicatorError where anything is missing, wrong or unknown."""
    top = _Keys(content, file)
    documents = top.inner("documents")
    docs = {name: documents.text(name) for name in documents.names()}
    tables = top.inner("definitions")
    definitions = {name: _definition(name, tables.inner(name)) for name in tables.names()}
    entries = top.take("indicators")
    top.done()
    if not isinstance(entries, list) or not entries:
        raise top.fail("indicators", "must be a list that is not empty")
    found = tuple(
        _indicator(_Keys(each, f"{file}: entry {_named(each, number)}"), docs, definitions)
        for number, each in enumerate(entries, start=1)
    )
    book = Book(file, found)
    _references_exist(book)
    return book


def _named(entry: Any, number: int) -> str:
    known = entry.get("id") if isinstance(entry, Mapping) else None
    return repr(known) if known else f"no. {number}"


def _definition(name: str, keys: _Keys) -> Definition:
    better = keys.optional("better", keys.text)
    if better not in (None, "lower", "higher"):
        raise keys.fail("better", f"is {better!r}; write lower or higher")
    limit = keys.optional("limit_per_month", keys.printed)
    if limit and limit.interval.point < 1:
        raise keys.fail("limit_per_month", "is a factor of at least 1")
    made = Definition(
        name,
        keys.text("label"),
        keys.text("text"),
        better,
        Interval.exact(limit.interval.point) if limit else None,
    )
    keys.done()
    return made


def _indicator(keys: _Keys, docs: Mapping[str, str], definitions: Mapping[str, Definition]) -> Indicator:
    doc, definition = keys.text("doc"), keys.text("definition")
    if doc not in docs:
        raise keys.fail("doc", f"{doc!r} is none of documents: {', '.join(docs)}")
    if definition not in definitions:
        raise keys.fail("definition", f"{definition!r} is none of definitions: {', '.join(definitions)}")
    made = Indicator(
        id=keys.text("id"),
        row=keys.text("row"),
        doc=doc,
        area=keys.text("area"),
        flow=keys.optional("flow", keys.text),
        period=_period(keys),
        definition=definitions[definition],
        unit=keys.text("unit"),
        value=keys.optional("value", keys.printed),
        also=keys.optional("also", keys.printings) or (),
        implied=keys.optional("implied", keys.printed),
        rates={name: rate for name in OTHER if (rate := keys.optional(name, _rate_of(keys)))},
        sum_of=keys.optional("sum_of", keys.several) or (),
        difference=keys.optional("difference", lambda key: _difference(keys.inner(key))),
        ratio=keys.optional("ratio", lambda key: _ratio(keys.inner(key))),
        rank=keys.optional("rank", lambda key: _rank(keys, key)),
        note=keys.optional("note", keys.text),
        **{name: keys.optional(name, keys.text) for name in _REFERENCES},
    )
    keys.done()
    if made.improves and made.definition.better is None:
        raise keys.fail("improves", f"needs definitions.{definition}.better: lower or higher")
    return made


def _period(keys: _Keys) -> Period:
    text = keys.text("period")
    try:
        return Period.parse(text)
    except ValueError as error:
        raise keys.fail("period", str(error)) from error


def _rate_of(keys: _Keys) -> Callable[[str], Rate]:
    def read_rate(name: str) -> Rate:
        inner, signed = keys.inner(name), name != "share"
        one = inner.signed if signed else inner.printed
        rate = Rate(
            inner.optional("printed", one),
            inner.optional("also", lambda key: inner.printings(key, signed)) or (),
            inner.optional("noted", one),
            inner.optional(OTHER[name], inner.text),
        )
        inner.done()
        if not rate.stated:
            raise keys.fail(name, "states no rate; write printed: '...'")
        return rate

    return read_rate


def _difference(keys: _Keys) -> tuple[str, tuple[str, ...]]:
    found = keys.text("of"), keys.several("less")
    keys.done()
    return found


def _ratio(keys: _Keys) -> tuple[str, str]:
    found = keys.text("of"), keys.text("by")
    keys.done()
    return found


def _rank(keys: _Keys, key: str) -> int:
    value = keys.take(key)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise keys.fail(key, f"is {value!r}; write a whole number of at least 1")
    return value


def _references_exist(book: Book) -> None:
    ids = [each.id for each in book.indicators]
    for each in book.indicators:
        if ids.count(each.id) > 1:
            raise book.fail(each, "id", "is there twice")
        for key, name in _references(each):
            if name == each.id:
                raise book.fail(each, key, "names the entry itself")
            if name not in ids and not (key.startswith("ratio") and _is_number(name)):
                raise book.fail(each, key, f"names {name!r}, which is no entry of the file")
            if each.doc != NOTED and name in ids and book[name].doc == NOTED:
                raise book.fail(each, key, f"names {name!r}, which nobody published: it proves nothing")


def _references(each: Indicator) -> Sequence[tuple[str, str]]:
    named = [(key, getattr(each, key)) for key in _REFERENCES if getattr(each, key)]
    named += [(f"{key}.{OTHER[key]}", rate.other) for key, rate in each.rates.items() if rate.other]
    named += [("sum_of", name) for name in each.sum_of]
    if each.difference:
        named += [("difference", name) for name in (each.difference[0], *each.difference[1])]
    if each.ratio:
        named += [("ratio", name) for name in each.ratio]
    return named


def _is_number(text: str) -> bool:
    try:
        parse(text)
    except ValueError:
        return False
    return True
