"""The home: one directory that holds a warehouse and everything belonging to it."""

from __future__ import annotations

import os
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path

from warehouse import storage
from warehouse.errors import PiiKeyError, WarehouseMissingError

#: Shorter keys can be guessed by trying; 16 bytes is the least HMAC-SHA-256 is used with here.
LEAST_KEY_BYTES = 16
#: A folder for what every machine of a shared installation must reach, instead of one in each home.
LANDING = "TONGGUAN_LANDING"
#: The same for the log of commits, or `off` where another machine keeps it (decision 0029).
RECORD = "TONGGUAN_RECORD"


@dataclass(frozen=True)
class Home:
    """Paths of a warehouse. Only `prepare` writes; a Home may point at a directory that does not exist yet."""

    path: Path

    def __init__(self, path: Path | str) -> None:
        object.__setattr__(self, "path", Path(path).absolute())

    @classmethod
    def default(cls) -> Home:
        """The home named by TONGGUAN_HOME, else `.tongguan` in the working directory."""
        return cls(os.environ.get("TONGGUAN_HOME") or ".tongguan")

    @property
    def catalog(self) -> Path:
        """DuckLake catalog (SQLite, WAL mode); not used where TONGGUAN_CATALOG names a server."""
        return self.path / "catalog.sqlite"

    @property
    def data(self) -> Path:
        """Parquet files of the lake, unless TONGGUAN_DATA names another place (see `storage`)."""
        return self.path / "data"

    @property
    def storage(self) -> storage.Storage:
        """Where the Parquet files of the lake are. Raises SharedSettingsError."""
        return storage.of(self.data)

    @property
    def landing(self) -> Path:
        """Landed bytes under their SHA-256; in the home, or in the folder TONGGUAN_LANDING names."""
        given = os.environ.get(LANDING)
        return Path(given).absolute() if given else self.path / "landing"

    @property
    def staging(self) -> Path:
        """One folder a run with what its stages hand each other."""
        return self.path / "staging"

    @property
    def published(self) -> Path:
        """Copies for readers outside the lake."""
        return self.path / "published"

    @property
    def reports(self) -> Path:
        """Pages for people."""
        return self.path / "reports"

    @property
    def scratch(self) -> Path:
        """Where DuckDB spills and hand-over files lie while a stage runs."""
        return self.path / "scratch"

    @property
    def lock(self) -> Path:
        """Held by the one writer."""
        return self.path / "writer.lock"

    @property
    def turn(self) -> Path:
        """Held by whoever is next to write, so that writers come in the order in which they ask."""
        return self.path / "writer.turn"

    @property
    def holder(self) -> Path:
        """Process id of the writer, for the message to those who wait."""
        return self.path / "writer.pid"

    @property
    def unchanged_runs(self) -> Path:
        """Runs that committed nothing, one JSON line each, and the order of all (see warehouse.runs)."""
        return self.path / "runs.jsonl"

    @property
    def running(self) -> Path:
        """Start marks of runs that have not ended (see warehouse.running)."""
        return self.path / "running"

    @property
    def pii_key(self) -> Path:
        """Personal-data key, where the environment gives none."""
        return self.path / "pii.key"

    @property
    def record(self) -> Path:
        """The log of commits with its checkpoints (see warehouse.record)."""
        given = os.environ.get(RECORD)
        return Path(given).absolute() if given and self.keeps_record else self.path / "record"

    @property
    def keeps_record(self) -> bool:
        """Whether runs of this machine append to the log: one log has one keeper."""
        return os.environ.get(RECORD) != "off"

    @property
    def signing_key(self) -> Path:
        """Key of the checkpoints, where the environment names none."""
        return self.path / "signing.key"

    def prepare(self) -> Home:
        """Create the directories; landed files and staged rows are for the service account only."""
        self.path.mkdir(parents=True, exist_ok=True)
        self.storage.prepare()
        for folder in (self.published, self.reports, *([self.record] if self.keeps_record else [])):
            folder.mkdir(parents=True, exist_ok=True)
        for folder in (self.landing, self.staging, self.scratch):
            folder.mkdir(mode=0o700, exist_ok=True)
        return self


def pii_key(home: Home) -> tuple[bytes, bool]:
    """The personal-data key and whether it was created just now.

    TONGGUAN_PII_KEY wins; else the file `pii.key` of the home, created with mode 0600 on first use.
    Raises PiiKeyError where the key is too short or its file can be read by others, and where there is none though
    digests made with one are stored, or other machines make some: none is made then.
    """
    given = os.environ.get("TONGGUAN_PII_KEY", "")
    if given:
        return _long_enough(given.encode(), "TONGGUAN_PII_KEY"), False
    if os.environ.get("TONGGUAN_CATALOG") and not home.pii_key.exists():
        raise PiiKeyError(
            "several machines share this warehouse: set TONGGUAN_PII_KEY to the same key on each of them "
            "(or copy pii.key into each home); a key made here would give digests that match no other machine's"
        )
    if not home.pii_key.exists() and _holds_digests(home):
        raise PiiKeyError(
            f"the warehouse in {home.path} holds documents, and their personal-data key is not there: put {home.pii_key} "
            "back from its copy, or set TONGGUAN_PII_KEY; a key made now would give digests that match no stored one"
        )
    home.prepare()
    key = secrets.token_hex(32).encode()
    if not write_once(home.pii_key, key):
        if home.pii_key.stat().st_mode & 0o077:
            raise PiiKeyError(f"{home.pii_key} can be read by other accounts: run `chmod 600 {home.pii_key}`")
        return _long_enough(home.pii_key.read_bytes().strip(), str(home.pii_key)), False
    return key, True


def _holds_digests(home: Home) -> bool:
    """Whether documents were committed to the lake, or rows set aside."""
    from warehouse.connection import Lake  # which opens homes

    try:
        with Lake.read(home) as lake:
            row = lake.con.execute(
                "SELECT EXISTS (FROM wh.ledger.batches) OR EXISTS (FROM wh.quarantine.rows)"
            ).fetchone()
    except WarehouseMissingError:
        return False
    return row is not None and bool(row[0])


def write_once(path: Path, data: bytes) -> bool:
    """Make a file with mode 0600 that holds `data`, whole or not at all; False where there is one already."""
    if path.exists():
        return False
    handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")  # mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.link(beside, path)  # unlike a rename, fails where another was quicker
    except FileExistsError:
        return False
    finally:
        Path(beside).unlink(missing_ok=True)
    return True


def _long_enough(key: bytes, origin: str) -> bytes:
    if len(key) < LEAST_KEY_BYTES:
        raise PiiKeyError(
            f"the personal-data key in {origin} has {len(key)} bytes; at least {LEAST_KEY_BYTES} are needed"
        )
    return key
