"""Flower's own deployment engine as processes on loopback: a SuperLink with TLS that lets only registered keys in."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from ipaddress import ip_address
from pathlib import Path

import trustme
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from federated.flower import FLOWER_ENVIRONMENT
from tests.support.addresses import free_address
from tests.support.waiting import PATIENCE_SECONDS, eventually

APP = Path(__file__).resolve().parents[2] / "deploy" / "flower" / "app"
CONNECTION = "gerencia"
START_SECONDS = 60.0


class Engine:
    """A SuperLink and the SuperNodes that were started beside it."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        self.address = free_address()
        self.processes: list[subprocess.Popen[bytes]] = []
        self._stack = stack
        authority = trustme.CA(key_type=trustme.KeyType.ECDSA)
        authority.cert_pem.write_to_path(str(folder / "ca.pem"))
        server = authority.issue_cert("127.0.0.1")
        server.private_key_pem.write_to_path(str(folder / "server.key"))
        server.cert_chain_pems[0].write_to_path(str(folder / "server.pem"))
        (folder / "config.toml").write_text(
            f'[superlink]\ndefault = "{CONNECTION}"\n\n[superlink.{CONNECTION}]\naddress = "{self.address}"\n'
            f'root-certificates = "{folder / "ca.pem"}"\n'
        )

    def start_superlink(self) -> None:
        """Start the SuperLink and wait until it listens."""
        host, port = self.address.split(":")
        self._start(
            "superlink", "flower-superlink", "--host", host, "--port", port, "--isolation", "subprocess",
            "--ssl-ca-certfile", "ca.pem", "--ssl-certfile", "server.pem", "--ssl-keyfile", "server.key",
            "--enable-supernode-auth", "--disable-runtime-dependency-installation", "--database", "superlink.sqlite",
        )  # fmt: skip
        assert eventually(lambda: _listens(self.address)), self.log("superlink")

    def register(self, name: str) -> int:
        """Make a key for a SuperNode, register it, and return the number that the SuperLink gives it."""
        self.make_key(name)
        return int(
            json.loads(self.flwr("supernode", "register", f"{name}.pub", CONNECTION, "--format", "json"))["node-id"]
        )

    def make_key(self, name: str) -> None:
        """Make the key pair of a SuperNode, as `ssh-keygen -t ecdsa -b 384` does."""
        key = ec.generate_private_key(ec.SECP384R1())
        encoding, nothing = serialization.Encoding, serialization.NoEncryption()
        private = key.private_bytes(encoding.PEM, serialization.PrivateFormat.OpenSSH, nothing)
        (self.folder / f"{name}.key").write_bytes(private)
        public = key.public_key().public_bytes(encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
        (self.folder / f"{name}.pub").write_bytes(public)

    def start_supernode(self, name: str, home: Path) -> "subprocess.Popen[bytes]":
        """Start a SuperNode under its key, beside the node whose home this is."""
        return self._start(
            name, "flower-supernode", "--superlink", self.address, "--root-certificates", "ca.pem",
            "--auth-supernode-private-key", f"{name}.key", "--isolation", "subprocess", "--max-retries", "3",
            "--port", free_address().split(":")[1], "--node-config", f'home="{home}"',
        )  # fmt: skip

    def run_app(self, config: Mapping[str, str]) -> None:
        """Hand the app to the SuperLink, which starts the run."""
        words = " ".join(f'{name}="{value}"' for name, value in config.items())
        self.flwr("run", str(APP), CONNECTION, "--run-config", words)

    def flwr(self, *words: str) -> str:
        """Run Flower's command and return its output."""
        command = [_program("flwr"), *words]
        done = subprocess.run(
            command, cwd=self.folder, env=self._environment(), capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def log(self, name: str) -> str:
        """Return what a process wrote."""
        return (self.folder / f"{name}.log").read_text()

    def remote_addresses(self) -> set[str]:
        """Return the addresses, other than of this machine, to which any process of the engine has a connection."""
        inodes = {inode for process in _with_children(self.processes) for inode in _sockets(process)}
        return {each for each, inode in _connections() if inode in inodes and not _local(each)}

    def _start(self, name: str, program: str, *arguments: str) -> "subprocess.Popen[bytes]":
        log = self._stack.enter_context((self.folder / f"{name}.log").open("w"))
        process = subprocess.Popen(
            [_program(program), *arguments],
            cwd=self.folder, env=self._environment(), stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self._stack.callback(_end, process)
        self.processes.append(process)
        return process

    def _environment(self) -> dict[str, str]:
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        return (
            os.environ
            | FLOWER_ENVIRONMENT
            | {"PATH": path, "FLWR_HOME": str(self.folder), "PYTHONDONTWRITEBYTECODE": "1"}
        )


@contextmanager
def flower_engine(folder: Path) -> Iterator[Engine]:
    """Give an engine whose SuperLink listens; everything started ends with the block."""
    with ExitStack() as stack:
        engine = Engine(folder, stack)
        engine.start_superlink()
        yield engine


def _program(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def _listens(address: str) -> bool:
    host, port = address.split(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(timeout=PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _with_children(processes: list["subprocess.Popen[bytes]"]) -> set[int]:
    parents = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it ended meanwhile
            parents[int(status.parent.name)] = int(status.read_text().rpartition(")")[2].split()[1])
    found = {process.pid for process in processes}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def _sockets(pid: int) -> set[str]:
    found = set()
    with suppress(OSError):
        for each in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                target = str(each.readlink())
                if target.startswith("socket:["):
                    found.add(target.removeprefix("socket:[").removesuffix("]"))
    return found


def _connections() -> Iterator[tuple[str, str]]:
    """Iterate over (remote address, inode) of every TCP and UDP socket that has a remote address."""
    for table in ("tcp", "tcp6", "udp", "udp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            words = line.split()
            address = _address(words[2].partition(":")[0])
            if not ip_address(address).is_unspecified:
                yield address, words[9]


def _address(text: str) -> str:
    """Read an address as the kernel writes it: 32-bit words in the order of the machine."""
    data = bytes.fromhex(text)
    return str(
        ip_address(b"".join(data[i : i + 4][:: -1 if sys.byteorder == "little" else 1] for i in range(0, len(data), 4)))
    )


def _local(address: str) -> bool:
    parsed = ip_address(address)
    mapped = getattr(parsed, "ipv4_mapped", None)
    return (mapped or parsed).is_loopback
