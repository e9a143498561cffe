"""Where the Parquet files of the lake lie: a folder, or a bucket that several machines reach.

`TONGGUAN_DATA` names it (default `<home>/data`): a folder, or `s3://bucket/prefix`. A bucket is reached with
AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN and AWS_REGION, and at TONGGUAN_S3_ENDPOINT
(`http://host:port`) where it is not Amazon's. Keys reach DuckDB as a secret in memory that ends with the connection.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from warehouse import sql
from warehouse.errors import SharedSettingsError

URL = "TONGGUAN_DATA"
ENDPOINT = "TONGGUAN_S3_ENDPOINT"
_SCHEME = "s3://"
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Folder:
    """A folder of this machine, or one that is mounted under the same path on every machine."""

    path: Path
    extensions: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        """The data path as the lake has it."""
        return f"{self.path}/"

    def prepare(self) -> None:
        """Make the folder."""
        self.path.mkdir(parents=True, exist_ok=True)

    def secrets(self) -> dict[str, str]:
        """None."""
        return {}

    def size(self, relative: str) -> int | None:
        """Bytes of a file; None where it is missing."""
        path = self.path / relative
        return path.stat().st_size if path.exists() else None

    def sha256(self, relative: str) -> str:
        """SHA-256 of a file, hexadecimal."""
        with (self.path / relative).open("rb") as file:
            return _digest(file)

    def put(self, path: Path, relative: str) -> None:
        """Store a local file."""
        target = self.path / relative
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)

    def polars(self) -> dict[str, str] | None:
        """Storage options for Polars."""
        return None


@dataclass(frozen=True)
class Bucket:
    """An S3-compatible bucket and a prefix in it."""

    bucket: str
    prefix: str  # without slashes at its ends; may be empty
    endpoint: str | None  # http(s)://host:port; None: Amazon's own
    region: str
    extensions: tuple[str, ...] = ("httpfs",)

    @property
    def url(self) -> str:
        """The data path as the lake has it."""
        return f"{_SCHEME}{self.bucket}/{self.prefix}/" if self.prefix else f"{_SCHEME}{self.bucket}/"

    def prepare(self) -> None:
        """Nothing: a bucket has no folders, and making buckets is not for a writer's keys."""

    def secrets(self) -> dict[str, str]:
        """The secret that opens the bucket and nothing else; the keys are read from the environment each time."""
        keys = _keys()
        options = {
            "TYPE": "s3",
            "KEY_ID": sql.literal(keys["key"]),
            "SECRET": sql.literal(keys["secret"]),
            "REGION": sql.literal(self.region),
            "SCOPE": sql.literal(f"{_SCHEME}{self.bucket}/"),
        }
        if "token" in keys:
            options["SESSION_TOKEN"] = sql.literal(keys["token"])
        if self.endpoint:
            parts = urlsplit(self.endpoint)
            options["ENDPOINT"] = sql.literal(parts.netloc)
            options["USE_SSL"] = "true" if parts.scheme == "https" else "false"
            options["URL_STYLE"] = "'path'"
        return {"tongguan_data": ", ".join(f"{name} {value}" for name, value in options.items())}

    def size(self, relative: str) -> int | None:
        """Bytes of an object; None where it is missing."""
        try:
            return int(self._files().info(self._key(relative))["size"])
        except FileNotFoundError:
            return None

    def sha256(self, relative: str) -> str:
        """SHA-256 of an object, hexadecimal; the bytes are fetched."""
        with self._files().open(self._key(relative), "rb", block_size=8 * _CHUNK) as file:
            return _digest(file)

    def put(self, path: Path, relative: str) -> None:
        """Store a local file as an object."""
        self._files().put_file(str(path), self._key(relative))

    def polars(self) -> dict[str, str] | None:
        """Storage options for Polars."""
        keys = _keys()
        options = {
            "aws_access_key_id": keys["key"],
            "aws_secret_access_key": keys["secret"],
            "aws_region": self.region,
        }
        if "token" in keys:
            options["aws_session_token"] = keys["token"]
        if self.endpoint:
            options["aws_endpoint_url"] = self.endpoint
            options["aws_allow_http"] = "true" if self.endpoint.startswith("http://") else "false"
            options["aws_virtual_hosted_style_request"] = "false"
        return options

    def _key(self, relative: str) -> str:
        return self.url.removeprefix(_SCHEME) + relative

    def _files(self) -> Any:
        import s3fs  # takes a second to import; only verification needs it

        keys = _keys()
        return s3fs.S3FileSystem(
            key=keys["key"],
            secret=keys["secret"],
            token=keys.get("token"),
            endpoint_url=self.endpoint,
            client_kwargs={"region_name": self.region},
            use_listings_cache=False,
        )


Storage = Folder | Bucket


def of(default: Path, environment: Mapping[str, str] | None = None) -> Storage:
    """The storage the environment names, else the folder `default`. Raises SharedSettingsError."""
    given = os.environ if environment is None else environment
    url = given.get(URL, "")
    if not url:
        return Folder(default)
    if "://" not in url:
        return Folder(Path(url).absolute())
    parts = urlsplit(url)
    if parts.scheme != "s3" or not parts.netloc:
        raise SharedSettingsError(f"{URL} names no place for data: write s3://bucket/prefix, or a folder")
    if "@" in parts.netloc or parts.query:
        raise SharedSettingsError(
            f"{URL} must not bear keys: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY instead"
        )
    endpoint = given.get(ENDPOINT) or given.get("AWS_ENDPOINT_URL_S3") or given.get("AWS_ENDPOINT_URL")
    if endpoint and not endpoint.startswith(("http://", "https://")):
        raise SharedSettingsError(
            f"{ENDPOINT} must begin with http:// or https://, as in http://10.0.0.5:9000"
        )
    region = given.get("AWS_REGION") or given.get("AWS_DEFAULT_REGION") or "us-east-1"
    return Bucket(parts.netloc, parts.path.strip("/"), endpoint.rstrip("/") if endpoint else None, region)


def _keys() -> dict[str, str]:
    names = {"key": "AWS_ACCESS_KEY_ID", "secret": "AWS_SECRET_ACCESS_KEY"}
    if missing := [name for name in names.values() if not os.environ.get(name)]:
        raise SharedSettingsError(f"{URL} is a bucket: set {' and '.join(missing)} in the environment")
    found = {each: os.environ[name] for each, name in names.items()}
    if token := os.environ.get("AWS_SESSION_TOKEN"):
        found["token"] = token
    return found


def _digest(file: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest()
