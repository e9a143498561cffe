"""`[sources.<name>]` of a zone file: where a zone's extracts lie, and when one of them is ready to be taken.

A source says where, never with what: passwords, keys and signed links are refused here, since zone files are
copied, mailed and committed. `credentials` names where they are kept (see sources.credentials).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from sources.toml_table import TomlTable, ZoneError

#: When a file is ready: its size and time stand still; `<name>.done` lies beside it; a manifest names it.
STABLE, DONE, MANIFEST = "stable", "done", "manifest"
READY = (STABLE, DONE, MANIFEST)

#: Seconds a file's size and time must stand still where a source does not say; a run under way waits for it.
SETTLE_SECONDS, MOST_SETTLE_SECONDS = 30, 600
#: Further attempts after a failure that may pass.
RETRIES, MOST_RETRIES = 3, 10
#: How long a server may keep silent.
TIMEOUT_SECONDS, MOST_TIMEOUT_SECONDS = 60, 3600

#: The name that every inbox bears, the home's own and one given by hand; credentials of a remote one are looked up
#: under it.
INBOX = "inbox"

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_SECRET_KEY = re.compile(r".*(pass(word|phrase|wd)?|secret|token|key|key_id)", re.IGNORECASE)
_CREDENTIALS = re.compile(r"(block:secret/)?[a-z0-9]+(-[a-z0-9]+)*")
_DRIVE = re.compile(r"(file://|local://)?(?P<path>/.*)")


@dataclass(frozen=True)
class Source:
    """One place that extracts are pulled from."""

    name: str
    url: str  # holds no credentials, so that it can be shown
    scheme: str  # file, sftp, s3, https
    host: str = ""  # of s3: the bucket
    port: int | None = None
    user: str | None = None
    root: str = ""  # folder, prefix in the bucket, or page of the host; names of files are relative to it
    pattern: tuple[str, ...] = ("*",)
    ready: str = STABLE
    settle_seconds: int = SETTLE_SECONDS
    manifest: str = "*manifest*.json"  # which files are manifests, where ready = "manifest"
    retries: int = RETRIES
    timeout_seconds: int = TIMEOUT_SECONDS
    credentials: str | None = None
    known_hosts: Path | None = None  # sftp
    endpoint: str | None = None  # s3
    region: str | None = None  # s3
    files: tuple[str, ...] = ()  # https: names below the URL, where no page lists them
    ca_file: Path | None = (
        None  # https, s3: who signed the server's certificate, beside the usual authorities
    )
    declared: bool = field(default=True, kw_only=True)  # false: an inbox, the home's own or one given by hand
    by_times: bool = field(default=False, kw_only=True)  # "stable" believes the times that files bear

    @property
    def as_it_lies(self) -> bool:
        """Whether it is taken whole, nothing waited for or remembered: a folder somebody named for one run."""
        return not (self.remote or self.declared or self.settle_seconds)

    @property
    def remote(self) -> bool:
        """Whether reaching it can fail for reasons that pass, and is worth another try."""
        return self.scheme != "file"

    @property
    def label(self) -> str:
        """What the ledger of files keeps as the source: its name, or an inbox as it was given."""
        return self.name if self.declared else self.url

    def takes(self, name: str) -> bool:
        """Whether a name relative to the root fits the pattern; one without / fits in every folder."""
        return any(PurePosixPath(name).match(each) for each in self.pattern)


Fail = Callable[[str, str], ZoneError]


def read_sources(table: TomlTable) -> tuple[Source, ...]:
    """The sources of a zone file, in their order. Raises ZoneError naming file and key."""
    sources = []
    for name in table.names():
        if not _NAME.fullmatch(name) or name == INBOX:
            raise table.fail(name, f"is no name of a source: a-z, 0-9 and -, and not {INBOX}")
        sources.append(_source(table.table(name), name))
    return tuple(sources)


def inbox(url: str) -> Source:
    """An inbox given by hand: a folder, a file, or any URL a source can have. Raises ZoneError.

    What lies in a local one is taken as it is: who names a folder by hand says that it is complete.
    """
    if "://" not in url or url.startswith(("file://", "local://")):
        local = re.sub("^(file|local)://", "", url)
        return Source(INBOX, url, "file", root=local, settle_seconds=0, retries=0, declared=False)

    def fail(_: str, problem: str) -> ZoneError:
        return ZoneError(f"--inbox {problem}")

    return Source(INBOX, url, declared=False, credentials=INBOX, **_located(url, INBOX, fail))


def home_inbox(folder: Path, *, of_a_day: bool = False) -> Source:
    """The inbox of the home, or a folder of a day in it: files come into it while runs read it, named by nobody.

    It waits as a declared folder does, under the label that an inbox has. A backfill reads one folder of a day
    after the other; waiting in each for a second listing would take it hours, so there times are believed.
    """
    return Source(INBOX, str(folder), "file", root=str(folder), declared=False, by_times=of_a_day)


def _source(table: TomlTable, name: str) -> Source:
    for key in table.names():
        if key not in ("credentials",) and _SECRET_KEY.fullmatch(key):
            raise table.fail(key, f"is a credential and must not stand in a file; {_elsewhere(name)}")
    url = table.text("url")
    where = _located(url, name, table.fail)
    scheme = str(where["scheme"])
    ready = _text(table, "ready") or STABLE
    if ready not in READY:
        raise table.fail("ready", f"is {ready!r}, and can be {', '.join(READY)}")
    credentials = _text(table, "credentials")
    if credentials is not None and not _CREDENTIALS.fullmatch(credentials):
        # The value is not repeated: it may be the credential itself.
        raise table.fail(
            "credentials", f'is neither a name nor "block:secret/<name>" (a-z, 0-9, -); {_elsewhere(name)}'
        )
    source = Source(
        name,
        url,
        **where,
        pattern=_patterns(table),
        ready=ready,
        settle_seconds=_whole(table, "settle_seconds", SETTLE_SECONDS, 0, MOST_SETTLE_SECONDS),
        manifest=_text(table, "manifest") or Source.manifest,
        retries=_whole(table, "retries", RETRIES, 0, MOST_RETRIES),
        timeout_seconds=_whole(table, "timeout_seconds", TIMEOUT_SECONDS, 1, MOST_TIMEOUT_SECONDS),
        credentials=credentials,
        **_of_scheme(table, scheme, url),
    )
    table.done()
    return source


def _of_scheme(table: TomlTable, scheme: str, url: str) -> dict[str, Any]:
    """The keys that only one kind of source has."""
    own: dict[str, Any] = {}
    if scheme == "sftp":
        own["known_hosts"] = _beside(table, "known_hosts")
    if scheme in ("s3", "https"):
        own["ca_file"] = _beside(table, "ca_file")
    if scheme == "s3":
        own["endpoint"], own["region"] = _endpoint(table), _text(table, "region")
    if scheme == "https" and table.has("files"):
        own["files"] = table.texts("files", r"(?!/)(?!.*(^|/)\.\.?(/|$))[^?#\\]+")
        if not url.endswith("/"):
            raise table.fail("url", "must end with / where `files` names what lies below it")
    return own


def _located(url: str, name: str, fail: Fail) -> dict[str, Any]:
    """Scheme, host, port, user and root of a URL; complaints never repeat a URL that holds a credential."""
    if local := _DRIVE.fullmatch(url):
        return {"scheme": "file", "root": local["path"]}
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:  # its text repeats a part of the URL, which may be of a password
        raise fail("url", "is not a URL that can be understood") from None
    if parts.password is not None or (parts.username and parts.scheme != "sftp"):
        raise fail("url", f"holds a credential and must not; {_elsewhere(name)}")
    if parts.query or parts.fragment:
        raise fail(
            "url", f"must not have a query or a fragment: a signed link is a credential; {_elsewhere(name)}"
        )
    if parts.scheme not in ("sftp", "s3", "https"):
        raise fail(
            "url",
            f"is {url!r}; it can be an absolute folder, sftp://user@host/folder, s3://bucket/prefix or https://host/page",
        )
    if not parts.hostname:
        raise fail("url", f"is {url!r}, which names no {'bucket' if parts.scheme == 's3' else 'host'}")
    if parts.scheme == "sftp" and not parts.username:
        raise fail("url", f"is {url!r}; write whom to log in as: sftp://user@host/folder")
    if ".." in parts.path.split("/"):
        raise fail("url", f"is {url!r}; write the folder without ..")
    root = parts.path if parts.scheme == "https" else unquote(parts.path)
    return {
        "scheme": parts.scheme,
        "host": parts.netloc if parts.scheme == "s3" else parts.hostname,
        "port": port,
        "user": unquote(parts.username) if parts.username else None,
        "root": root.strip("/") if parts.scheme == "s3" else root or "/",
    }


def _elsewhere(name: str) -> str:
    variable = name.upper().replace("-", "_")
    return (
        f"set TONGGUAN_SOURCE_{variable}_PASSWORD (_KEY, _SECRET, _TOKEN) in the environment or make a Prefect "
        f'secret block, and write credentials = "{name}" or "block:secret/{name}"'
    )


def _patterns(table: TomlTable) -> tuple[str, ...]:
    if not table.has("pattern"):
        return Source.pattern
    stated = table.take("pattern")
    patterns = (stated,) if isinstance(stated, str) else tuple(stated) if isinstance(stated, list) else ()
    if not patterns or not all(isinstance(each, str) and each for each in patterns):
        raise table.fail("pattern", 'must be a text such as "*.xml", or a list of them')
    return patterns


def _text(table: TomlTable, key: str) -> str | None:
    return table.text(key) if table.has(key) else None


def _whole(table: TomlTable, key: str, default: int, low: int, high: int) -> int:
    if not table.has(key):
        return default
    value = table.whole(key, low)
    if value > high:
        raise table.fail(key, f"must be at most {high}")
    return value


def _beside(table: TomlTable, key: str) -> Path | None:
    """A file; a name without a leading / is meant beside the zone file."""
    stated = _text(table, key)
    return None if stated is None else table.path.parent / stated


def _endpoint(table: TomlTable) -> str | None:
    endpoint = _text(table, "endpoint")
    if endpoint is None:
        return None
    parts = urlsplit(endpoint)
    if "@" in parts.netloc or parts.query:
        raise table.fail("endpoint", "holds a credential and must not")
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise table.fail("endpoint", f"is {endpoint!r}; write it as https://host or https://host:port")
    return endpoint
