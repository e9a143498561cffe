"""SFTP against Debian's own OpenSSH: the server most sources run."""

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest
from pulls import Runs, source
from source_servers import HOST, CuttingProxy

from sources.connectors.entry import SourceDown, SourceRefused
from sources.credentials import Credentials

SSHD = Path("/usr/sbin/sshd")
BIG = os.urandom(5_000_000)


def keygen(path: Path) -> Path:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)
    return path


@pytest.fixture
def server(tmp_path: Path):
    if not SSHD.exists() or os.geteuid() != 0 or not shutil.which("ssh-keygen"):
        pytest.skip("needs Debian's openssh-server, and root to start it")
    host_key, client_key = keygen(tmp_path / "host_key"), keygen(tmp_path / "client_key")
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = free.getsockname()[1]
    Path("/run/sshd").mkdir(exist_ok=True)
    (tmp_path / "sshd_config").write_text(
        f"Port {port}\nListenAddress {HOST}\nHostKey {host_key}\nAuthorizedKeysFile {client_key}.pub\n"
        "UsePAM no\nStrictModes no\nPermitRootLogin yes\nPasswordAuthentication no\nPidFile none\n"
        "Subsystem sftp internal-sftp\n"
    )
    started = subprocess.Popen(
        [str(SSHD), "-D", "-e", "-f", str(tmp_path / "sshd_config")], stderr=subprocess.DEVNULL
    )
    for _ in range(100):
        with socket.socket() as knock:
            if knock.connect_ex((HOST, port)) == 0:
                break
        time.sleep(0.1)
    yield port, host_key, client_key
    started.terminate()
    started.wait(20)


@pytest.mark.long
def test_openssh_is_pulled_from_cut_and_verified(server, tmp_path: Path) -> None:
    port, host_key, client_key = server
    out = tmp_path / "out"
    (out / "deep").mkdir(parents=True)
    (out / "deep" / "a.xml").write_bytes(b"first")
    (out / "b.csv").write_bytes(BIG)
    proxy = CuttingProxy(port, [3_000_000])
    known, public = tmp_path / "known_hosts", host_key.with_suffix(".pub").read_text()
    known.write_text(
        f"[{HOST}]:{proxy.port} {public}[{HOST}]:{port} {keygen(tmp_path / 'x').with_suffix('.pub').read_text()}"
    )

    def runs(at: int) -> Runs:
        declared = source(
            f"sftp://root@{HOST}:{at}{out}", known_hosts=str(known), settle_seconds=0, timeout_seconds=10
        )
        return Runs(declared, tmp_path, Credentials(key=str(client_key)))

    each = runs(proxy.port)
    with pytest.raises(SourceDown, match="was cut off"):
        each.attempt()
    each.number = -1
    assert each.run() == {"b.csv": BIG, "deep/a.xml": b"first"}
    assert proxy.answered < 1.5 * len(BIG)
    assert each.run() == {}
    with pytest.raises(SourceRefused, match="somebody may stand between"):
        runs(port).attempt()
    each.credentials = Credentials(key=str(keygen(tmp_path / "stranger")))
    with pytest.raises(SourceRefused, match="does not accept the credentials of root"):
        each.attempt()
    proxy.stop()
