"""Text or native values -> the types of the contract, with a finding for each that does not fit.

Everything is done a column at a time; the slow looks at single values happen only where a count says
that something is wrong.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

import polars as pl

from sources import beijing
from sources.contracts import Field, Personal, Type
from sources.privacy import CLEAR_INSIDE
from sources.readers.batch import finding_rows

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
#: Fields whose digits tell one thing from another, and how programs write a number they hold as a float.
_NUMBERED = re.compile(r"(?:[Nn]o|Code|Id|guid|Numbers)$")
_NUMBERS = (Personal.ID, Personal.PHONE, Personal.ACCOUNT)
_POWERS = r"^[0-9](?:\.[0-9]+[eE]\+?|[eE]\+)[0-9]{1,3}$"
_POINT_ZERO = re.compile(r"\.0+$")
_FEN = Decimal("0.00001")
_MOST = Decimal(10) ** 14
#: Years a time of an extract can bear.
_YEARS = (1900, 2200)
#: Longest raw value shown in a finding.
SHOWN = 40
HIDDEN = "(hidden)"
#: What a value that is shown may be made of, and two words, which may be a name.
_PLAIN = r"^[0-9A-Za-z_.,:+/ -]*$"
_WORDS = r"[A-Za-z]{2} +[A-Za-z]{2}"


def cleaned(name: str, dtype: pl.DataType, field: Field) -> pl.Expr:
    """The column as trimmed text with empty -> null; native types become the text a message would bear."""
    column = pl.col(name)
    if dtype == pl.String:
        text = column.str.strip_chars()
        return pl.when(text != "").then(text).alias(name)
    if dtype.is_decimal() and field.type is Type.DECIMAL:
        return column
    if isinstance(dtype, pl.Datetime):
        local = (
            column.dt.convert_time_zone(beijing.NAME).dt.replace_time_zone(None)
            if dtype.time_zone
            else column
        )
        if field.type is Type.TIME:
            return local.cast(pl.Datetime("ms")).alias(name)
        pattern = "%Y%m%d" if field.type is Type.DATE else "%Y%m%d%H%M%S%3f"
        return local.dt.strftime(_as_text(pattern, field)).alias(name)
    if dtype == pl.Date:
        return (
            column if field.type is Type.DATE else column.dt.strftime(_as_text("%Y%m%d", field)).alias(name)
        )
    if dtype.is_integer():
        return column.cast(pl.Int64, strict=False) if field.type is Type.INTEGER else _filled(column, field)
    if dtype.is_float():
        whole = column.cast(pl.Int64, strict=False)
        return (
            pl.when(whole.cast(dtype) == column)
            .then(_filled(whole, field))
            .otherwise(column.cast(pl.String))
            .alias(name)
        )
    if dtype.is_decimal():
        # Trailing zeros of a scale are not part of a code: 142.00 is 142.
        return _filled(column.cast(pl.String).str.replace(r"\.0+$", ""), field).alias(name)
    if dtype in (pl.Categorical, pl.Enum, pl.Boolean, pl.Null):
        return column.cast(pl.String).alias(name)
    raise TypeError(f"column {name}: a {dtype} cannot hold a field")


def _as_text(pattern: str, field: Field) -> str:
    """How a date is written in a column of another type: where a number belongs, as no number is."""
    return "%Y-%m-%d" if field.type in (Type.DECIMAL, Type.INTEGER) else pattern


def zero_filled(number: str, field: Field) -> str:
    """The text a message would bear of a number as a file wrote it.

    Whoever keeps a code as a number drops its leading zeros (and may add `.0`): one of fixed length gets them back.
    """
    if field.type is not Type.TEXT:
        return number
    whole = _POINT_ZERO.sub("", number)
    return whole.zfill(field.min_length or 0) if whole.isdigit() else number


def _filled(number: pl.Expr, field: Field) -> pl.Expr:
    """`zero_filled` for a column of whole numbers."""
    text = number.cast(pl.String)
    if field.type is not Type.TEXT or not field.min_length:
        return text
    digits = text.str.contains(r"^[0-9]+$")
    return pl.when(digits).then(text.str.zfill(field.min_length)).otherwise(text)


def typed(name: str, dtype: pl.DataType, field: Field) -> pl.Expr:
    """The fast reading of a cleaned column; what it cannot read becomes null and is looked at again."""
    column = pl.col(name)
    if isinstance(dtype, pl.Datetime | pl.Date) and dtype == field.polars_type:
        return pl.when(column.dt.year().is_between(_YEARS[0], _YEARS[1] - 1)).then(column).alias(name)
    if field.type is Type.TEXT or dtype == field.polars_type:
        return column
    if field.type is Type.DECIMAL:
        return column.cast(pl.Decimal(19, 5), strict=False)
    if field.type is Type.INTEGER:
        return column.cast(pl.Int64, strict=False)
    # A sign or a blank would make the number shorter, so its size proves that all characters are digits.
    # Years outside 19xx-21xx are some other number that happens to have as many digits.
    number, length = column.cast(pl.Int64, strict=False), column.str.len_bytes()
    if field.type is Type.DATE:
        right = (length == 8) & number.is_between(_YEARS[0] * 10**4, _YEARS[1] * 10**4)
        return pl.when(right).then(column).str.to_date("%Y%m%d", strict=False, cache=False).alias(name)
    # The 60th second would silently be the next minute.
    at14 = (length == 14) & number.is_between(_YEARS[0] * 10**10, _YEARS[1] * 10**10) & (number % 100 < 60)
    at17 = (length == 17) & number.is_between(_YEARS[0] * 10**13, _YEARS[1] * 10**13)
    short = pl.when(at14).then(column)
    long = pl.when(at17 & (number // 1000 % 100 < 60)).then(column)
    return pl.coalesce(
        short.str.to_datetime("%Y%m%d%H%M%S", time_unit="ms", strict=False, cache=False),
        long.str.to_datetime("%Y%m%d%H%M%S%3f", time_unit="ms", strict=False, cache=False),
    ).alias(name)


def suspicious(name: str, dtype: pl.DataType, field: Field) -> pl.Expr | None:
    """A cheap test whether a column needs another look: a text that no table may hold, or a decimal that the
    fast reading may have rounded."""
    if field.type is Type.TEXT:
        return _unfit(pl.col(name), field).any() if dtype == pl.String else None
    if field.type is not Type.DECIMAL:
        return None
    if dtype == pl.String:
        column = pl.col(name)
        dot = column.str.find(".", literal=True)
        return ((column.str.len_bytes() - dot) > 6).any() | column.str.contains("(?i)e").any()
    if isinstance(dtype, pl.Decimal) and dtype.scale > 5:
        return pl.lit(value=True)
    return None


def second_look(
    text: pl.Series, value: pl.Series, rows: pl.Series, field: Field
) -> tuple[pl.Series, list[pl.DataFrame]]:
    """Read again what the fast reading left null or may have rounded; the mended column and findings."""
    if field.type is Type.DECIMAL:
        return _decimals(text, value, rows, field)
    missed = text.is_not_null() & value.is_null()
    places = missed.arg_true()
    raw = text.gather(places)
    if field.type is Type.INTEGER:
        mended = pl.Series([_integer(each) for each in raw.to_list()], dtype=pl.Int64)
        cut = pl.Series([False] * len(raw), dtype=pl.Boolean)
    else:
        mended, cut = _times(raw, field)
    value = value.scatter(places, mended)
    findings = []
    if cut.any():
        findings.append(
            finding_rows(rows.gather(places).filter(cut), "P5", field.name, shown(raw.filter(cut), field))
        )
    bad = mended.is_null()
    if bad.any():
        findings.append(
            finding_rows(rows.gather(places).filter(bad), "P1", field.name, shown(raw.filter(bad), field))
        )
    return value, findings


def fit_texts(column: pl.Series, rows: pl.Series, field: Field) -> tuple[pl.Series, list[pl.DataFrame]]:
    """A text column without what `suspicious` found in it: such values are null and bear finding P1."""
    frame = column.to_frame("t").select("t", _unfit(pl.col("t"), field).fill_null(value=False).alias("x"))
    bad = frame["x"]
    fit = frame.select(pl.when(~pl.col("x")).then(pl.col("t")).alias(column.name)).to_series()
    return fit, [finding_rows(rows.filter(bad), "P1", field.name, shown(column.filter(bad), field))]


def _unfit(text: pl.Expr, field: Field) -> pl.Expr:
    """Whether a text holds a NUL (the catalog of the lake breaks on one in the bounds of a column), or a number
    stands in powers of ten where digits tell one from another: the last ones are lost, and many became one."""
    unfit = text.str.contains("\0", literal=True)
    told_apart = field.codes or field.min_length or field.personal in _NUMBERS or _NUMBERED.search(field.name)
    return unfit | text.str.contains(_POWERS) if told_apart else unfit


def shown(raw: pl.Series, field: Field) -> pl.Series:
    """Raw values as a finding may show them: never a personal one, nor what may be one.

    Columns that are shifted put names and addresses into any field, so only what numbers, times and codes are
    made of is repeated, and not where it has the shape of a mobile or identity number or of a name in Latin letters.
    """
    if field.personal is not None:
        return pl.Series([HIDDEN], dtype=pl.String).new_from_index(0, len(raw))
    text = pl.col("t")
    bare = text.str.replace_all(r"[\s-]", "")
    plain = text.str.contains(_PLAIN) & ~text.str.contains(_WORDS) & ~bare.str.contains(CLEAR_INSIDE)
    frame = raw.cast(pl.String).to_frame("t")
    return frame.select(pl.when(plain).then(text.str.slice(0, SHOWN)).otherwise(pl.lit(HIDDEN))).to_series()


def _decimals(
    text: pl.Series, value: pl.Series, rows: pl.Series, field: Field
) -> tuple[pl.Series, list[pl.DataFrame]]:
    words = text.cast(pl.String)
    look = (text.is_not_null() & value.is_null()) | words.str.contains(r"\.[0-9]{6}|[eE]")
    places = look.fill_null(value=False).arg_true()
    if not len(places):
        return value, []
    raw = words.gather(places)
    read = [_decimal(each) for each in raw.to_list()]
    value = value.scatter(places, pl.Series([each[0] for each in read], dtype=pl.Decimal(19, 5)))
    findings = []
    for rule, flags in (("P1", [each[0] is None for each in read]), ("P3", [each[1] for each in read])):
        mask = pl.Series(flags, dtype=pl.Boolean)
        if mask.any():
            details = shown(raw.filter(mask), field)
            findings.append(finding_rows(rows.gather(places).filter(mask), rule, field.name, details))
    return value, findings


def _decimal(text: str) -> tuple[Decimal | None, bool]:
    """(value to 5 places, whether rounding changed it); halves go away from zero."""
    if not _NUMBER.fullmatch(text):
        return None, False
    try:
        exact = Decimal(text)
        value = exact.quantize(_FEN, ROUND_HALF_UP)
    except InvalidOperation:
        return None, False
    if abs(value) >= _MOST:
        return None, False
    return value, value != exact


def _integer(text: str) -> int | None:
    """Whole numbers written with a point (3.0) are whole numbers."""
    value, rounded = _decimal(text)
    return int(value) if value is not None and not rounded and value == value.to_integral_value() else None


def _times(raw: pl.Series, field: Field) -> tuple[pl.Series, pl.Series]:
    """Times with separators or digits beyond their field; (values, which were cut)."""
    text = pl.col("t")
    digits = text.str.replace(
        r"^([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[ T]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?)?$",
        "$1$2$3$4$5$6$7",
    )
    separated = text.str.contains(r"^[0-9]{4}-")
    fraction = digits.str.slice(14)
    if field.type is Type.DATE:
        right = digits.str.contains(r"^(?:[0-9]{8}|[0-9]{14}|[0-9]{17})$")
        value = pl.when(right).then(digits.str.slice(0, 8)).str.to_date("%Y%m%d", strict=False, cache=False)
        # 14 or 17 digits must be a time, or the first 8 are a date by accident.
        rest = pl.when(digits.str.len_bytes() > 8).then(digits.str.slice(0, 14))
        sane = rest.is_null() | (
            rest.str.to_datetime("%Y%m%d%H%M%S", strict=False, cache=False).is_not_null()
        )
        value = pl.when(sane).then(value)
        cut = digits.str.len_bytes() > 8
    else:
        right = digits.str.contains(r"^[0-9]{14}$|^[0-9]{17,}$") | (
            separated & digits.str.contains(r"^[0-9]{15,16}$")
        )
        right &= digits.str.slice(12, 2) != "60"
        padded = digits.str.slice(0, 17).str.pad_end(17, "0")
        value = (
            pl.when(right)
            .then(padded)
            .str.to_datetime("%Y%m%d%H%M%S%3f", time_unit="ms", strict=False, cache=False)
        )
        cut = fraction.str.len_bytes() > 3
    value = pl.when(value.dt.year().is_between(_YEARS[0], _YEARS[1] - 1)).then(value)
    frame = raw.cast(pl.String).to_frame("t").select(value.alias("v"), cut.alias("c"))
    return frame["v"], frame["c"].fill_null(value=False) & frame["v"].is_not_null()
