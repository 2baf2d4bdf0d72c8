"""Flower's own deployment engine: SuperLink and SuperNodes as processes on loopback, running an app by ``flwr run``."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from federated.campaign.manifest import CampaignManifest

APP: Final = Path(__file__).resolve().parent / "stock_app"
PATIENCE_SECONDS: Final = 240.0


def free_ports(count: int) -> list[int]:
    """Return ports of the loopback interface that are free now."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [int(each.getsockname()[1]) for each in sockets]


def stock_rounds(folder: Path, manifest: CampaignManifest, rounds: int) -> list[float]:
    """Return the seconds that each round took, the first one (start-up) included.

    Args:
        folder: holds ``ENTITY.npz`` with the rows of each invited entity.
        manifest: what is trained.
        rounds: how many of its rounds are run.

    Raises:
        RuntimeError: Flower did not finish; its logs are in `folder`.
    """
    (folder / "manifest.json").write_text(manifest.model_dump_json())
    with _engine(folder, manifest.invited):
        command = [_program("flwr"), "run", str(APP), "local", "--run-config", f'folder="{folder}" rounds={rounds}']
        subprocess.run(command, env=_environment(folder), check=True, stdout=subprocess.DEVNULL)
        return _wait(folder / "rounds.txt", rounds)


def _program(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def _environment(folder: Path) -> dict[str, str]:
    return os.environ | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "FLWR_HOME": str(folder),
        "FLWR_TELEMETRY_ENABLED": "0",
        "FLWR_DISABLE_UPDATE_CHECK": "1",
        "FLWR_DISABLE_RUNTIME_DEPENDENCY_INSTALLATION": "1",
    }


@contextmanager
def _engine(folder: Path, entities: tuple[str, ...]) -> Iterator[None]:
    superlink, *ports = free_ports(len(entities) + 1)
    address = f"127.0.0.1:{superlink}"
    (folder / "config.toml").write_text(
        f'[superlink]\ndefault = "local"\n[superlink.local]\naddress = "{address}"\ninsecure = true\n'
    )
    server = ["flower-superlink", "--insecure", "--host", "127.0.0.1", "--port", str(superlink)]
    client = ["flower-supernode", "--insecure", "--superlink", address]
    clients = [
        [*client, "--port", str(port), "--node-config", f'entity="{entity}"']
        for port, entity in zip(ports, entities, strict=True)
    ]
    with ExitStack() as stack:
        for number, (program, *arguments) in enumerate([server, *clients]):
            log = stack.enter_context((folder / f"process-{number}.log").open("w"))
            process = subprocess.Popen(
                [_program(program), *arguments], env=_environment(folder), stdout=log, stderr=subprocess.STDOUT
            )
            stack.callback(_end, process)
            if number == 0:
                _wait_for_port(superlink)
        yield


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _wait_for_port(port: int) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError(f"nothing listens on port {port}")


def _wait(output: Path, rounds: int) -> list[float]:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        lines = output.read_text().split() if output.exists() else []
        if len(lines) >= rounds:
            return [float(line) for line in lines]
        time.sleep(0.2)
    raise RuntimeError(f"Flower's run did not finish; see the logs in {output.parent}")
