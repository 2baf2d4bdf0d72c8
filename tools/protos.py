"""Generate the committed stubs from ``protos/redpact/v1/*.proto``, or check that they are current (``--check``)."""

import filecmp
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted((ROOT / "protos" / "redpact" / "v1").glob("*.proto"))


def generate(target: Path) -> None:
    """Write the stubs under `target`, which receives ``protos/redpact/v1/``."""
    target.mkdir(parents=True, exist_ok=True)
    bin_folder = Path(sys.executable).parent
    names = [str(source.relative_to(ROOT)) for source in SOURCES]
    outputs = [f"--{kind}_out={target}" for kind in ("python", "grpc_python", "mypy", "mypy_grpc")]
    plugins = [f"--plugin=protoc-gen-{kind}={bin_folder / f'protoc-gen-{kind}'}" for kind in ("mypy", "mypy_grpc")]
    command = [sys.executable, "-m", "grpc_tools.protoc", "-I.", *plugins, *outputs, *names]
    subprocess.run(command, cwd=ROOT, check=True)


def stale(fresh: Path) -> list[str]:
    """Return the stubs, relative to the root, that differ from `fresh`, are missing, or have no source any more."""
    wanted = {path.relative_to(fresh) for path in fresh.rglob("*_pb2*.py*")}
    present = {path.relative_to(ROOT) for path in (ROOT / "protos").rglob("*_pb2*.py*") if path.suffix != ".pyc"}
    changed = {path for path in wanted & present if not filecmp.cmp(fresh / path, ROOT / path, shallow=False)}
    return sorted(map(str, (wanted ^ present) | changed))


def main() -> int:
    """Generate in place, or with ``--check`` compare and exit 1 when something differs."""
    if "--check" not in sys.argv[1:]:
        generate(ROOT)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder))
        differing = stale(Path(folder))
    for name in differing:
        print(f"not what the .proto files give: {name} (run: make protos)")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
