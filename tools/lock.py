"""Write ``constraints.txt`` from the environment that runs this: the versions that the tests passed with.

Local build tags go (``2.13.0+cpu`` becomes ``2.13.0``), so that the same file serves every build of a library.
"""

import importlib.metadata
import sys
from pathlib import Path
from typing import Final

CONSTRAINTS: Final = Path(__file__).resolve().parent.parent / "constraints.txt"
NOT_OURS_TO_PIN: Final = frozenset({"pip", "redpact", "setuptools", "taxcalc", "wheel"})
"""The installer itself, this project, and the data-only package that the Makefile installs by exact version."""


def pins() -> list[str]:
    """Return one ``name==version`` line per installed distribution, sorted by name."""
    found = {
        distribution.metadata["Name"]: distribution.version.split("+")[0]
        for distribution in importlib.metadata.distributions()
        if distribution.metadata["Name"].lower() not in NOT_OURS_TO_PIN
    }
    return [f"{name}=={found[name]}" for name in sorted(found, key=str.lower)]


def main() -> int:
    """Write the file and say what changed."""
    before = set(CONSTRAINTS.read_text(encoding="utf-8").splitlines()) if CONSTRAINTS.exists() else set()
    after = pins()
    CONSTRAINTS.write_text("\n".join(after) + "\n", encoding="utf-8")
    for line in sorted(before ^ set(after), key=str.lower):
        print(f"{'+' if line in after else '-'} {line}")
    print(f"{CONSTRAINTS.name}: {len(after)} distributions")
    return 0


if __name__ == "__main__":
    sys.exit(main())
