"""Build the auditor as a package of its own: ``python -m tools.auditor [FOLDER]`` writes ``redpact_audit-*.whl``.

The same code as in the whole program, without the modules that talk to a database or decide on access, and with the few
libraries that verifying takes. A data-protection officer installs it without torch, gRPC or a database driver. Not for
the same environment as the whole program: both bring the packages ``presentation``, ``policies``, ``trust``
and ``consent_ledger``.
"""

import ast
import shutil
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Final

from hatchling.builders.wheel import WheelBuilder

ROOT: Final = Path(__file__).resolve().parent.parent
PACKAGES: Final = ("presentation", "policies", "trust", "consent_ledger")
NAME: Final = "redpact-audit"
NEEDED: Final = ("babel", "cryptography", "jinja2", "markupsafe", "pydantic", "pyyaml", "rfc8785", "typer", "tzdata")
"""Libraries of the whole program that verification and its reports need."""
LEFT_OUT: Final = frozenset({"sqlalchemy", "cedarpy", "service"})
"""Modules that import one of these are not the auditor's."""


def build(folder: Path) -> Path:
    """Build the wheel in `folder` and return its path."""
    with tempfile.TemporaryDirectory() as draft:
        root = Path(draft)
        for package in PACKAGES:
            for source in sorted((ROOT / package).rglob("*")):
                if source.is_file() and belongs(source):
                    target = root / source.relative_to(ROOT)
                    target.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(source, target)
        shutil.copyfile(ROOT / "LICENSE", root / "LICENSE")
        (root / "pyproject.toml").write_text(project_file(), encoding="utf-8")
        return Path(next(iter(WheelBuilder(str(root)).build(directory=str(folder)))))


def belongs(source: Path) -> bool:
    """Return whether a file is part of the auditor."""
    if "__pycache__" in source.parts:
        return False
    return source.suffix != ".py" or not imported(source) & LEFT_OUT


def imported(source: Path) -> set[str]:
    """Return the top-level packages that a module imports."""
    found: set[str] = set()
    for statement in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(statement, ast.Import):
            found |= {name.name.split(".")[0] for name in statement.names}
        elif isinstance(statement, ast.ImportFrom) and statement.module:
            found.add(statement.module.split(".")[0])
    return found


def project_file() -> str:
    """Return the wheel's ``pyproject.toml``: version and bounds are those of the whole program."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    bounds = [line for line in project["dependencies"] if line.split(">")[0].split("=")[0] in NEEDED]
    listed = "".join(f'  "{line}",\n' for line in bounds)
    packages = ", ".join(f'"{package}"' for package in PACKAGES)
    return (
        '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
        f'[project]\nname = "{NAME}"\nversion = "{project["version"]}"\nlicense = "{project["license"]}"\n'
        'description = "Verify RedPACT consent ledgers and receipts offline"\n'
        f'requires-python = "{project["requires-python"]}"\ndependencies = [\n{listed}]\n'
        '[project.scripts]\nredpact-audit = "consent_ledger.cli.program:main"\n'
        f"[tool.hatch.build.targets.wheel]\npackages = [{packages}]\n"
    )


if __name__ == "__main__":
    output = Path(sys.argv[1] if len(sys.argv) > 1 else "dist")
    output.mkdir(parents=True, exist_ok=True)
    print(build(output.resolve()))
