"""Checkpoints as signed notes (C2SP tlog-checkpoint and signed-note), and the Ed25519 key they are signed with."""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from warehouse.errors import SigningKeyError, WarehouseError
from warehouse.home import Home, write_once

#: Names the log in its checkpoints and its key.
ORIGIN = "tongguan/record"
KEY_FILE = "TONGGUAN_SIGNING_KEY"
_ED25519 = b"\x01"
_SEED_BYTES = 32
_GO_ON = (
    f"Put the key of the record there from its copy, or let {KEY_FILE} name it: what was committed and published "
    "stays, nothing was sealed, and the next run with that key seals all of it"
)


class CheckpointError(WarehouseError):
    """A checkpoint that cannot be read or whose signature does not hold."""


@dataclass(frozen=True)
class Checkpoint:
    """The state of the log at the end of a day's run: `size` entries with this root."""

    size: int
    root: bytes
    day: date

    def text(self) -> str:
        """What is signed: origin, size, root, and the day as an extension line."""
        return f"{ORIGIN}\n{self.size}\n{b64encode(self.root).decode()}\nday {self.day.isoformat()}\n"


def signed(checkpoint: Checkpoint, key: Ed25519PrivateKey) -> str:
    """The checkpoint as a signed note."""
    text = checkpoint.text()
    public = key.public_key()
    signature = b64encode(_key_id(public) + key.sign(text.encode())).decode()
    return f"{text}\n— {ORIGIN} {signature}\n"


def read(note: str) -> Checkpoint:
    """The checkpoint in a note, its signature not looked at. Raises CheckpointError where it is not one."""
    text, _, _ = note.partition("\n\n")
    try:
        _, size, root, day = (text + "\n").splitlines()
        return Checkpoint(
            int(size), b64decode(root, validate=True), date.fromisoformat(day.removeprefix("day "))
        )
    except (ValueError, Base64Error) as error:
        raise CheckpointError(f"not a signed checkpoint: {error}") from error


def opened(note: str, key: Ed25519PublicKey) -> Checkpoint:
    """The checkpoint in a note. Raises CheckpointError where it is not one or this key did not sign it."""
    text, _, signatures = note.partition("\n\n")
    checkpoint, origin = read(note), text.partition("\n")[0]
    try:
        name, signature = signatures.removeprefix("— ").removesuffix("\n").split(" ")
        raw = b64decode(signature, validate=True)
    except (ValueError, Base64Error) as error:
        raise CheckpointError(f"not a signed checkpoint: {error}") from error
    if (origin, name) != (ORIGIN, ORIGIN) or checkpoint.text() != text + "\n":
        raise CheckpointError("not a checkpoint of this log")
    if raw[:4] != _key_id(key):
        raise CheckpointError("signed with another key")
    try:
        key.verify(raw[4:], checkpoint.text().encode())
    except InvalidSignature as error:
        raise CheckpointError("its signature does not hold: the checkpoint was altered") from error
    return checkpoint


def public_text(key: Ed25519PublicKey) -> str:
    """The public key as a verifier key of signed notes: name+id+key."""
    return f"{ORIGIN}+{_key_id(key).hex()}+{b64encode(_ED25519 + key.public_bytes_raw()).decode()}\n"


def public_key(text: str) -> Ed25519PublicKey:
    """A verifier key read back. Raises SigningKeyError."""
    try:
        raw = b64decode(text.strip().split("+", 2)[2], validate=True)
        return Ed25519PublicKey.from_public_bytes(raw.removeprefix(_ED25519))
    except (IndexError, ValueError) as error:
        raise SigningKeyError(f"the public key of the record cannot be read: {error}") from error


def signing_key(home: Home, public: Path | None = None) -> Ed25519PrivateKey:
    """The key checkpoints are signed with; its public part is kept in the record folder.

    TONGGUAN_SIGNING_KEY names its file (32 bytes in base64); else `signing.key` of the home, made with mode 0600 on
    first use. `public`: where the record keeps its public key; one that has it goes on with that key alone, and none
    is made for it. Raises SigningKeyError where there is no such key, or its file can be read by others.
    """
    given = os.environ.get(KEY_FILE, "")
    path = Path(given) if given else home.signing_key
    key = _read_key(path, make=None if given or _kept(public) else home)
    if public is not None and _kept(public):
        known = public_key(public.read_text(encoding="utf-8"))
        if key.public_key().public_bytes_raw() != known.public_bytes_raw():
            raise SigningKeyError(
                f"the key in {path} is not the one that the record in {public.parent} is signed with. {_GO_ON}"
            )
    return key


def _kept(public: Path | None) -> bool:
    return public is not None and public.exists()


def _read_key(path: Path, make: Home | None) -> Ed25519PrivateKey:
    """The key of a file; `make`: the home that a new one is made for where there is none."""
    if make is not None:
        make.prepare()
        write_once(path, b64encode(os.urandom(_SEED_BYTES)) + b"\n")
    elif not path.exists():
        raise SigningKeyError(f"there is no key in {path} to sign the record with. {_GO_ON}")
    try:
        if path.stat().st_mode & 0o077:
            raise SigningKeyError(f"{path} can be read by other accounts: run `chmod 600 {path}`")
        seed = b64decode(path.read_bytes().strip(), validate=True)
        return Ed25519PrivateKey.from_private_bytes(seed)
    except (OSError, ValueError) as error:
        raise SigningKeyError(
            f"no Ed25519 key in {path}: it must hold 32 bytes in base64 ({error})"
        ) from error


def _key_id(key: Ed25519PublicKey) -> bytes:
    return sha256(ORIGIN.encode() + b"\n" + _ED25519 + key.public_bytes_raw()).digest()[:4]
