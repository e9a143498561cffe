"""Personal values become keyed digests (or less) while being read; nothing after the reader sees them.

Digest: HMAC-SHA-256 over `<class>:<normalised value>`, first 32 hexadecimal characters, so that equal
values of one class compare equal in every document and format, and cannot be looked up without the key.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable

import polars as pl

from sources.contracts import MASKED, Field, Personal

#: Only what reconciliation compares is digested; of the other personal fields the warehouse needs no
#: more than whether they were filled in (a digest nobody compares is a risk without a use).
COMPARED = frozenset(
    {
        "buyerIdNumber",
        "buyerName",
        "buyerTelephone",
        "payerIdNumber",
        "payerName",
        "consignee",
        "consigneeTelephone",
        "consigneeAddress",
    }
)
PRESENT = "present"
#: Characters of a digest.
LENGTH = 32

# A mobile number, or an 18-character identity number with a real date inside.
_CLEAR = (
    r"(?:(?:\+?86-?)?1[3-9][0-9]{9}"
    r"|[1-8][0-9]{5}(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9Xx])"
)
#: The value is one, or has one in it that is not part of a longer number.
CLEAR_VALUE = f"^{_CLEAR}$"
CLEAR_INSIDE = f"(?:^|[^0-9]){_CLEAR}(?:$|[^0-9])"


#: Digests of values of one class.
Digest = Callable[[Personal, Iterable[str]], list[str]]


def digester(key: bytes) -> Digest:
    """A function giving the digests of many values of a class: HMAC-SHA-256 with its two pads made once.

    The same as `hmac.digest(key, b"<class>:<value>", "sha256").hex()[:32]`, at half the time a value.
    """
    if not key:
        raise ValueError("the personal-data key is empty: set TONGGUAN_PII_KEY")
    sha = hashlib.sha256
    block = (sha(key).digest() if len(key) > 64 else key).ljust(64, b"\0")
    inner = bytes(byte ^ 0x36 for byte in block)
    outer = bytes(byte ^ 0x5C for byte in block)

    def digest(personal: Personal, values: Iterable[str]) -> list[str]:
        start = inner + f"{personal.value}:".encode()
        return [sha(outer + sha(start + value.encode()).digest()).hexdigest()[:LENGTH] for value in values]

    return digest


def digest_of_clear(value: str, digest: Digest) -> str:
    """Digest of a value matching CLEAR_VALUE, equal to the digest of the same number in its own field."""
    if len(value) == 18:
        return digest(Personal.ID, [value.upper()])[0]
    return digest(Personal.PHONE, [value.replace("-", "")[-11:]])[0]


def normalised(column: pl.Expr, personal: Personal) -> pl.Expr:
    """The comparable form of a personal value: NFKC, trimmed, and what its class ignores taken out."""
    value = column.str.normalize("NFKC").str.strip_chars()
    if personal is Personal.ID:
        return value.str.to_uppercase()
    if personal is Personal.PHONE:
        # Eleven characters that are a number of eleven digits need no second look: nearly all are.
        plain = (column.str.len_bytes() == 11) & (column.cast(pl.Int64, strict=False) >= 10**10)
        other = pl.when(~plain.fill_null(value=False)).then(value)
        digits = other.str.replace_all(r"[^0-9]", "")
        digits = pl.when(digits.str.contains(r"^86[0-9]{11}$")).then(digits.str.slice(2)).otherwise(digits)
        return pl.when(plain).then(column).when(digits == "").then(value).otherwise(digits)
    if personal in (Personal.NAME, Personal.ADDRESS):
        return value.str.replace_all(r"\s", "")
    return value


def hidden(values: pl.Series, field: Field, digest: Digest) -> pl.Series:
    """What the warehouse keeps of a personal field: null, a digest, "masked" or "present".

    `values` are trimmed texts, null where empty. A value with `*` was masked at the source: it cannot
    be compared, which is not the same as being different.
    """
    if field.personal is None or field.personal is Personal.FREE_TEXT:
        raise ValueError(f"{field.name} is not an identity field")
    if field.name not in COMPARED:
        return values.to_frame("v").select(
            pl.when(pl.col("v").is_not_null()).then(pl.lit(PRESENT)).alias(values.name)
        )[values.name]
    frame = values.to_frame("v").select(normalised(pl.col("v"), field.personal))
    distinct = frame.get_column("v").drop_nulls().unique()
    masked = distinct.str.contains("*", literal=True)
    clear = distinct.filter(~masked)
    texts = clear.to_list()
    codes = digest(field.personal, texts)
    table = pl.concat(
        [
            pl.DataFrame({"v": clear, "d": codes}, schema={"v": pl.String, "d": pl.String}),
            pl.DataFrame({"v": distinct.filter(masked)}, schema={"v": pl.String}).with_columns(
                pl.lit(MASKED).alias("d")
            ),
        ]
    )
    return frame.join(table, on="v", how="left", maintain_order="left").get_column("d").alias(values.name)
