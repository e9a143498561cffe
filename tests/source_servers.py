"""Real servers for sources, each in a thread of this process, and a proxy that cuts connections short."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

HOST = "127.0.0.1"
USER, PASSWORD = "tongguan", "correct-horse-battery"


class SftpServer:
    """An asyncssh server with a key of its own, which lets USER see one folder; counts who tried to log in."""

    def __init__(self, root: Path, authorized_keys: Path | None = None) -> None:
        import asyncssh

        self.key = asyncssh.generate_private_key("ssh-ed25519")
        self.logins: list[str] = []
        self.closed: dict[str, Any] = {}  # name of a folder, and the error its listing ends with
        self.bare: set[str] = set()  # names of files that are shown without permissions
        self._root, self._authorized = root, authorized_keys
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.port = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(20)

    async def _listen(self) -> int:
        import asyncssh

        server = self

        class Door(asyncssh.SSHServer):
            def password_auth_supported(self) -> bool:
                return True

            def validate_password(self, username: str, password: str) -> bool:
                server.logins.append(username)
                return (username, password) == (USER, PASSWORD)

        class Folders(asyncssh.SFTPServer):
            def lstat(self, path: bytes) -> Any:
                return self._bare(path, super().lstat(path))

            def stat(self, path: bytes) -> Any:
                return self._bare(path, super().stat(path))

            def _bare(self, path: bytes, found: Any) -> Any:
                if path.rsplit(b"/", 1)[-1].decode("utf-8", "replace") not in server.bare:
                    return found
                return asyncssh.SFTPAttrs(
                    size=found.st_size, atime=int(found.st_atime), mtime=int(found.st_mtime)
                )

            def scandir(self, path: bytes) -> Any:
                if error := server.closed.get(path.rsplit(b"/", 1)[-1].decode()):
                    raise error
                return super().scandir(path)

        def chroot(channel: Any) -> Any:
            return Folders(channel, chroot=str(self._root).encode())

        self._acceptor = await asyncssh.listen(
            HOST,
            0,
            server_factory=Door,
            server_host_keys=[self.key],
            sftp_factory=chroot,
            authorized_client_keys=str(self._authorized) if self._authorized else None,
        )
        port: int = self._acceptor.get_port()
        return port

    def known_hosts(self, path: Path, port: int | None = None, key: Any = None) -> Path:
        """A file that knows this server (or another key) at a port."""
        shown = (key or self.key).export_public_key().decode().strip()
        path.write_text(f"[{HOST}]:{port or self.port} {shown}\n")
        return path

    def stop(self) -> None:
        async def end() -> None:
            self._acceptor.close()
            await self._acceptor.wait_closed()

        asyncio.run_coroutine_threadsafe(end(), self._loop).result(20)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(20)


class CuttingProxy:
    """Passes connections on to a port; the first ones are cut after so many bytes of answer each (None: not)."""

    def __init__(self, port: int, cuts: list[int | None]) -> None:
        self._target, self._cuts = port, list(cuts)
        self.answered = 0  # bytes of answers passed on
        self._listener = socket.create_server((HOST, 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection((HOST, self._target))
            for each in (client, server):
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            left = self._cuts.pop(0) if self._cuts else None
            threading.Thread(target=self._pass, args=(client, server, None), daemon=True).start()
            threading.Thread(target=self._pass, args=(server, client, left), daemon=True).start()

    def _pass(self, come: socket.socket, go: socket.socket, left: int | None) -> None:
        answer = left is not None or come.getpeername()[1] == self._target
        try:
            while data := come.recv(16384):
                if left is not None:
                    data = data[:left]
                    left -= len(data)
                go.sendall(data)
                self.answered += len(data) if answer else 0
                if left == 0:
                    time.sleep(1)  # what came before the cut has been read, also by a busy client
                    for each in (come, go):  # as when a line breaks: no farewell
                        each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    break
        except OSError:
            pass  # the other side ended first
        for each in (come, go):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def stop(self) -> None:
        self._listener.close()


def certificate(folder: Path) -> tuple[Path, Path]:
    """A self-made certificate for 127.0.0.1 and its key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a carrier")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder.mkdir(exist_ok=True)
    public, private = folder / "server.pem", folder / "server.key"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return public, private


class Pages(SimpleHTTPRequestHandler):
    """Folders as pages and files with Range, ETag and a bearer token, as a common web server serves them."""

    protocol_version = "HTTP/1.1"
    token: str | None = None
    elsewhere: str | None = None  # where /moved leads
    refused: Mapping[str, int] = {}  # path of a file, and the status it is answered with
    asked: list[str]

    def log_message(self, *_: object) -> None:
        pass

    def send_head(self) -> Any:
        type(self).asked.append(f"{self.command} {self.path} {self.headers.get('Range', '')}".strip())
        if self.token and self.headers.get("Authorization") != f"Bearer {self.token}":
            return self._empty(401)
        if self.elsewhere and self.path.startswith("/moved/"):
            return self._empty(302, Location=self.elsewhere)
        if self.path in self.refused:
            return self._empty(self.refused[self.path])
        path = Path(self.translate_path(self.path))
        if path.is_dir() or not path.exists():
            return super().send_head()
        about = path.stat()
        etag = f'"{about.st_mtime_ns:x}-{about.st_size:x}"'
        start = 0
        if (wanted := self.headers.get("Range")) and self.headers.get("If-Range") == etag:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{about.st_size - 1}/{about.st_size}")
        self.send_header("Content-Length", str(about.st_size - start))
        self.send_header("Last-Modified", self.date_time_string(int(about.st_mtime)))
        self.send_header("ETag", etag)
        self.end_headers()
        file = path.open("rb")
        file.seek(start)
        return file

    def _empty(self, status: int, **headers: str) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": "0"}.items():
            self.send_header(name, value)
        self.end_headers()


@contextmanager
def https_server(root: Path, certificate_and_key: tuple[Path, Path], **settings: Any) -> Iterator[Any]:
    """A web server over a folder; yields (port, handler class)."""
    handler = type("OwnPages", (Pages,), {"asked": [], **settings})
    server = ThreadingHTTPServer((HOST, 0), partial(handler, directory=str(root)))
    server.daemon_threads = True
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(*certificate_and_key)
    server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1], handler
    finally:
        server.shutdown()
        server.server_close()
