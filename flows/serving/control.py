"""Who may serve a home, and how a service is told to stop."""

from __future__ import annotations

import json
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from filelock import Timeout

from flows.errors import UsageProblem
from flows.serving.environment import Service, lock, note, served_by


class Stop(BaseException):
    """The service was told to stop."""


@dataclass
class Told:
    """What signals have said so far."""

    stopping: bool = False
    hurry: bool = False  # told again: wait no longer


@contextmanager
def only_one(service: Service) -> Iterator[None]:
    """Hold the home against a second service, and say in serve.json who serves it. Raises UsageProblem."""
    service.home.mkdir(parents=True, exist_ok=True)
    held = lock(service.home)
    try:
        held.acquire(timeout=0)
    except Timeout:
        by = served_by(service.home) or {"pid": "(starting)", "api": "an address not yet known"}
        raise UsageProblem(
            f"{service.home} is served already by process {by['pid']} at {by['api']}: stop that one first, or "
            "name another --home"
        ) from None
    try:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((service.host, service.port))
            except OSError as error:
                raise UsageProblem(
                    f"port {service.port} cannot be used ({error.strerror}): name another --port"
                ) from error
        said = {"pid": os.getpid(), "api": service.api}
        note(service.home).write_text(json.dumps(said) + "\n", encoding="utf-8")
        yield
    finally:
        note(service.home).unlink(missing_ok=True)
        held.release()


@contextmanager
def told_to_stop() -> Iterator[Told]:
    """Turn the first SIGINT or SIGTERM into Stop, and any that comes while stopping into hurry."""
    told = Told()

    def handler(number: int, frame: FrameType | None) -> None:
        if told.stopping:
            told.hurry = True
            return
        told.stopping = True
        raise Stop

    before = {each: signal.signal(each, handler) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield told
    finally:
        for number, old in before.items():
            signal.signal(number, old)
