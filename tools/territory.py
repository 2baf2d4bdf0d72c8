"""Generate policies/data/municipalities.csv from the npm package es-atlas 0.6.0.

Get it with ``npm pack es-atlas@0.6.0 --ignore-scripts`` and run ``python -m tools.territory es-atlas-0.6.0.tgz``.
Code of es-atlas: MIT. Data: derived from data © Instituto Geográfico Nacional, CC BY 4.0.
"""

import argparse
import csv
import json
import sys
import tarfile
from pathlib import Path

from policies.documents import BUNDLE
from policies.territory import load_territory

MEMBER = "package/es/municipalities.json"
TARGET = BUNDLE / "data" / "municipalities.csv"


def main() -> int:
    """Write the file and say how many municipalities it has."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("archive", type=Path, help="es-atlas-0.6.0.tgz")
    rows = municipalities(parser.parse_args().archive)
    with TARGET.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["code", "name", "province"])
        writer.writerows(rows)
    print(f"{TARGET}: {len(rows)} municipalities")
    return 0


def municipalities(archive: Path) -> list[tuple[str, str, str]]:
    """Return (INE code, name, province code) of each municipality of Castilla y León, in order."""
    provinces = {province.code for province in load_territory().provinces}
    with tarfile.open(archive) as package:
        member = package.extractfile(MEMBER)
        if member is None:
            raise SystemExit(f"{archive} has no {MEMBER}")
        topology = json.load(member)
    shapes = topology["objects"]["municipalities"]["geometries"]
    return sorted(
        (shape["id"], shape["properties"]["name"], shape["id"][:2]) for shape in shapes if shape["id"][:2] in provinces
    )


if __name__ == "__main__":
    sys.exit(main())
