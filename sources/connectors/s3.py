"""S3 and what speaks like it, through s3fs. An object appears whole or not at all, so none is half-uploaded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from aiohttp import ClientError as TransferError
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    IncompleteReadError,
    NoCredentialsError,
    SSLError,
)
from botocore.exceptions import ConnectionError as Unreachable
from fsspec.asyn import sync
from s3fs import S3FileSystem

from sources import beijing
from sources.connectors.entry import (
    CHUNK,
    Entry,
    EntryProblem,
    SourceDown,
    SourceError,
    SourceRefused,
    Unlisted,
)
from sources.credentials import Credentials
from sources.zone_sources import Source

#: Where a bucket lies if neither the source nor its endpoint says so.
REGION = "us-east-1"


class S3Prefix:
    """Objects below a prefix of a bucket. Without credentials, requests are not signed."""

    atomic = True
    unlisted: Sequence[Unlisted] = ()  # a prefix is listed whole or not at all

    def __init__(self, source: Source, credentials: Credentials) -> None:
        self._source, self._credentials = source, credentials
        self._limit = source.timeout_seconds
        self._prefix = f"{source.root}/" if source.root else ""
        if credentials != Credentials() and not (credentials.key and credentials.secret):
            raise SourceRefused("an S3 source needs both a key and a secret among its credentials")
        client: dict[str, Any] = {"region_name": source.region or REGION}
        if source.ca_file:
            client["verify"] = str(source.ca_file)
        with self._answering():
            self._fs = S3FileSystem(
                anon=not credentials.key,
                key=credentials.key,
                secret=credentials.secret,
                token=credentials.token,
                endpoint_url=source.endpoint,
                client_kwargs=client,
                config_kwargs={
                    "connect_timeout": self._limit,
                    "read_timeout": self._limit,
                    "retries": {"total_max_attempts": 1},  # trying again is the business of the pull
                },
                use_listings_cache=False,
                skip_instance_cache=True,  # the cache would keep the secret
            )
            self._fs.retries = 1

    def entries(self) -> Sequence[Entry]:
        """Every object below the prefix, by name; empty objects that stand for a folder are none."""
        found: list[Entry] = []
        more: dict[str, str] = {}
        while True:
            with self._answering():
                page = self._call("list_objects_v2", Prefix=self._prefix, **more)
            found += [
                _entry(each["Key"].removeprefix(self._prefix), each) for each in page.get("Contents", ())
            ]
            if not page.get("IsTruncated"):
                return [each for each in found if each.name and not each.name.endswith("/")]
            more = {"ContinuationToken": page["NextContinuationToken"]}

    def entry(self, listed: Entry) -> Entry:
        """The object as it is now."""
        with self._answering():
            try:
                about = self._call("head_object", Key=self._prefix + listed.name)
            except FileNotFoundError:
                raise EntryProblem("it is gone") from None
        return _entry(listed.name, {**about, "Size": about["ContentLength"]})

    def stream(self, entry: Entry, start: int) -> tuple[int, Iterator[bytes]]:
        """Its bytes from `start` on, of the very version that was listed."""
        return start, self._chunks(entry, start)

    def identity(self) -> str:
        """The endpoint and the bucket; its certificate was verified where it is https."""
        return f"{self._source.endpoint or 'Amazon S3'}, bucket {self._source.host}"

    def close(self) -> None:
        """Connections end with the session, which goes with this object."""

    def _chunks(self, entry: Entry, start: int) -> Iterator[bytes]:
        wanted = {"Range": f"bytes={start}-"} if start else {}
        if entry.version:
            wanted["IfMatch"] = entry.version
        with self._answering():
            try:
                answer = self._call("get_object", Key=self._prefix + entry.name, **wanted)
            except FileNotFoundError:
                raise EntryProblem("it is gone") from None
            except PermissionError:
                raise EntryProblem("it must not be read with these credentials") from None
            except OSError as error:
                if _code(error) == "PreconditionFailed":
                    raise EntryProblem("it was replaced meanwhile") from None
                raise
            body = answer["Body"]
            try:
                while chunk := sync(self._fs.loop, body.read, CHUNK, timeout=self._limit):
                    yield chunk
            finally:
                body.close()

    def _call(self, method: str, **wanted: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self._fs.call_s3(
            method, Bucket=self._source.host, timeout=2 * self._limit, **wanted
        )
        return answer

    @contextmanager
    def _answering(self) -> Iterator[None]:
        """Failures of the service as what they mean to people."""
        where = f"{self._source.endpoint or 'Amazon S3'}, bucket {self._source.host},"
        try:
            yield
        except (SourceError, EntryProblem):
            raise
        except (PermissionError, NoCredentialsError) as error:
            raise SourceRefused(
                f"{where} does not let us in ({_code(error) or 'no credentials'}): set key and secret of `credentials` "
                "anew, or have the account given the right to list and read"
            ) from None
        except FileNotFoundError:
            raise SourceRefused(f"{where} does not exist; mend url or endpoint in the zone file") from None
        except TimeoutError:
            raise SourceDown(f"{where} did not answer within {self._limit} s") from None
        except SSLError as error:
            raise SourceRefused(
                f"{where} shows a certificate that is not trusted: {self._said(error)}"
            ) from None
        except (OSError, HTTPClientError, Unreachable, IncompleteReadError, TransferError) as error:
            raise SourceDown(f"{where} cannot be reached or was cut off: {self._said(error)}") from None
        except (ClientError, BotoCoreError) as error:
            raise SourceRefused(f"{where} cannot be used: {self._said(error)}") from None

    def _said(self, error: BaseException) -> str:
        return self._credentials.hide(str(error) or type(error).__name__)


def _entry(name: str, about: dict[str, Any]) -> Entry:
    modified = beijing.local(about["LastModified"])
    return Entry(name, int(about["Size"]), modified, about.get("ETag"))


def _code(error: BaseException) -> str:
    """The service's own code behind an error that s3fs translated."""
    cause = error.__cause__ or error
    return str(cause.response.get("Error", {}).get("Code", "")) if isinstance(cause, ClientError) else ""
