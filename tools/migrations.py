"""Write a migration from what the tables have and the newest one lacks: ``python -m tools.migrations SERVICE MESSAGE``.

The result is a draft for review, as Alembic's autogenerate always is. ``--initial`` replaces the first revision, which
is right only before the first release.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.config import Config

from service.storage import open_engine

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Write one revision for one service."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("service", choices=("node", "coordinator"))
    parser.add_argument("message")
    parser.add_argument("--initial", action="store_true")
    options = parser.parse_args()
    versions = ROOT / options.service / "migrations" / "versions"
    if options.initial:
        for old in versions.glob("0*.py"):
            old.unlink()
    number = f"{len(list(versions.glob('0*.py'))) + 1:04d}"
    path = write(options.service, options.message, number)
    ruff = Path(sys.executable).with_name("ruff")
    subprocess.run([ruff, "check", "--quiet", "--fix", path], check=False)
    subprocess.run([ruff, "format", "--quiet", path], check=True)
    print(path.relative_to(ROOT))


def write(service: str, message: str, number: str) -> Path:
    """Compare the tables with a fresh database at the newest revision, and write the difference."""
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(f"sqlite:///{folder}/draft.sqlite")
        with engine.begin() as connection:
            config = Config()
            config.set_main_option("script_location", f"{service}:migrations")
            config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            script = command.revision(config, message, autogenerate=True, rev_id=number)
        engine.dispose()
    if script is None or isinstance(script, list):
        raise SystemExit("Alembic wrote no revision")
    return Path(script.path)


if __name__ == "__main__":
    main()
