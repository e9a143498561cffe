"""Checkpoints as signed notes (C2SP tlog-checkpoint and signed-note), and Ed25519 verifier keys."""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from warehouse.errors import SigningKeyError, WarehouseError

#: Names the log in its checkpoints and its key.
ORIGIN = "tongguan/record"
_SIGNATURE = f"— {ORIGIN} "
_ED25519 = b"\x01"


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


def signed(text: str, *keys: Ed25519PrivateKey) -> str:
    """A text as a note that every one of the keys signed, a line each."""
    lines = []
    for key in keys:
        signature = b64encode(_key_id(key.public_key()) + key.sign(text.encode())).decode()
        lines.append(f"{_SIGNATURE}{signature}\n")
    return f"{text}\n{''.join(lines)}"


def signed_by(note: str, key: Ed25519PublicKey) -> bool:
    """Whether the key is one of those that signed the note.

    Raises CheckpointError where there is no signature, or one is said to be of this key and does not hold.
    """
    text, _, signatures = note.partition("\n\n")
    lines = signatures.splitlines()
    try:
        raw = [b64decode(each.removeprefix(_SIGNATURE), validate=True) for each in lines]
    except (ValueError, Base64Error) as error:
        raise CheckpointError(f"not a signed checkpoint: {error}") from error
    if not raw or not all(each.startswith(_SIGNATURE) for each in lines):
        raise CheckpointError("not a signed checkpoint: it has no signature of this log")
    for each in raw:
        if each[:4] == _key_id(key):
            try:
                key.verify(each[4:], f"{text}\n".encode())
            except InvalidSignature as error:
                raise CheckpointError("its signature does not hold: it was altered") from error
            return True
    return False


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
    checkpoint = read(note)
    if not note.startswith(f"{checkpoint.text()}\n"):
        raise CheckpointError("not a checkpoint of this log")
    if not signed_by(note, key):
        raise CheckpointError("signed with another key")
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


def key_name(text: str) -> str:
    """The id in a verifier key, eight digits: tells keys apart."""
    return text.split("+")[1]


def _key_id(key: Ed25519PublicKey) -> bytes:
    return sha256(ORIGIN.encode() + b"\n" + _ED25519 + key.public_bytes_raw()).digest()[:4]
