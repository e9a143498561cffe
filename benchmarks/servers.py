"""Debian's PostgreSQL as a cluster of its own in a temporary folder, moto's S3 server, a Dask scheduler and its workers."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import boto3

BINARIES = Path("/usr/lib/postgresql/15/bin")
BUCKET = "tongguan-test"
KEY, SECRET = "a-key-id", "a-secret-that-is-never-shown"
PASSWORD = "a-password-that-is-never-shown"


def missing() -> str | None:
    """Why PostgreSQL cannot be started here."""
    if not (BINARIES / "initdb").exists():
        return f"needs Debian's postgresql-15 ({BINARIES})"
    if os.geteuid() == 0 and not shutil.which("runuser"):
        return "initdb refuses root, and there is no runuser"
    return None


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def postgres(folder: Path, address: str = "127.0.0.1") -> Iterator[int]:
    """A running cluster with the roles and databases of docs/operations/shared.md; yields its port."""
    # initdb refuses root: the cluster is then the account postgres's.
    account = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    folder.mkdir(parents=True)
    if account:
        shutil.chown(folder, "postgres")
        for each in folder.parents:  # pytest's folders are for their owner only
            if each == Path("/tmp"):
                break
            each.chmod(each.stat().st_mode | 0o111)
    port = free_port()
    run(
        *account,
        BINARIES / "initdb",
        "-D",
        folder / "data",
        "-A",
        "trust",
        "-U",
        "owner",
        "-E",
        "UTF8",
        "--no-sync",
    )
    (folder / "data" / "pg_hba.conf").write_text(
        "local all owner trust\nhost all all 127.0.0.1/32 scram-sha-256\nhost all all 10.0.0.0/8 scram-sha-256\n"
    )
    options = f"-p {port} -c listen_addresses={address} -c unix_socket_directories={folder} -c fsync=off"
    control: list[str | Path] = [*account, BINARIES / "pg_ctl", "-D", folder / "data", "-w"]
    run(*control, "-o", options, "-l", folder / "log", "start")
    try:
        for statement in (
            f"CREATE ROLE tongguan LOGIN PASSWORD '{PASSWORD}'",
            f"CREATE ROLE analyst LOGIN PASSWORD '{PASSWORD}'",
            "CREATE DATABASE tongguan OWNER tongguan",
        ):
            psql(folder, port, "postgres", statement)
        yield port
    finally:
        run(*control, "-m", "immediate", "stop")


def psql(folder: Path, port: int, database: str, statement: str) -> str:
    """Run a statement as the owner of the cluster."""
    return run(
        BINARIES / "psql", "-h", folder, "-p", str(port), "-U", "owner", "-d", database, "-Atc", statement
    )


def run(*command: str | Path) -> str:
    """Run a command to its end; returns what it printed. Raises RuntimeError with it where it failed."""
    done = subprocess.run([str(each) for each in command], capture_output=True, text=True, cwd="/")
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}: {done.stdout}{done.stderr}")
    return done.stdout


def client(address: str) -> Any:
    """A boto3 client of the test server."""
    return boto3.client(
        "s3",
        endpoint_url=address,
        region_name="us-east-1",
        aws_access_key_id=KEY,
        aws_secret_access_key=SECRET,
    )


@contextmanager
def s3(folder: Path) -> Iterator[str]:
    """moto's S3 server as a process of its own, with the bucket made; yields its address."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with (folder / "moto.log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], stdout=log, stderr=log
        )
    try:
        deadline = time.monotonic() + 60
        while True:
            with suppress(urllib.error.URLError, ConnectionError):
                urllib.request.urlopen(f"{address}/moto-api/", timeout=5).close()
                break
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"moto did not start: see {folder / 'moto.log'}")
            time.sleep(0.1)
        client(address).create_bucket(Bucket=BUCKET)
        yield address
    finally:
        server.kill()
        server.wait()


def environment(
    port: int, address: str, database: str = "tongguan", host: str = "127.0.0.1"
) -> dict[str, str]:
    """What each machine sets: docs/operations/shared.md."""
    return {
        "TONGGUAN_CATALOG": f"postgres://tongguan@{host}:{port}/{database}",
        "PGPASSWORD": PASSWORD,
        "TONGGUAN_DATA": f"s3://{BUCKET}/lake",
        "TONGGUAN_S3_ENDPOINT": address,
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_EC2_METADATA_DISABLED": "true",
        "TONGGUAN_PII_KEY": "the same key on every machine",
    }


@contextmanager
def dask(folder: Path, workers: int, environment: Mapping[str, str]) -> Iterator[str]:
    """A Dask scheduler and workers of one thread, each a process of its own; yields the scheduler's address."""
    address = f"tcp://127.0.0.1:{free_port()}"
    command = [sys.executable, "-m", "dask"]
    port = address.rpartition(":")[2]
    processes = []
    with (folder / "dask.log").open("w") as log:

        def start(*arguments: str) -> None:
            processes.append(
                subprocess.Popen([*command, *arguments], stdout=log, stderr=log, env=environment, cwd=folder)
            )

        start("scheduler", "--host", "127.0.0.1", "--port", port, "--no-dashboard")
        for number in range(workers):
            start(
                "worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard", "--name", f"w{number}"
            )
        try:
            yield address
        finally:
            for each in reversed(processes):
                each.terminate()
            for each in processes:
                try:
                    each.wait(30)
                except subprocess.TimeoutExpired:
                    each.kill()
                    each.wait()
