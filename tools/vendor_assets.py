"""Fetch the style sheet and scripts of pages: ``python -m tools.vendor_assets``; ``--check`` compares hashes only.

Each package is taken by ``npm pack``, its archive is compared with the pinned integrity value, the files that are used
are copied with their licence, and ``manifest.json`` beside them keeps their hashes. Nothing is run, and no Node is
needed to serve the pages.
"""

import argparse
import hashlib
import json
import re
import subprocess
import sys
import tarfile
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
SERVED: Final = "service/web/static/vendor"
TESTED: Final = "tests/browser/assets"
MANIFEST: Final = "manifest.json"
SYSTEM_FONTS: Final = 'system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",Arial,sans-serif'

_MIT_OF_GDS: Final = """The MIT License (MIT)

Copyright (C) 2017 Crown Copyright (Government Digital Service)

Permission is hereby granted, free of charge, to any person obtaining a copy of
this software and associated documentation files (the "Software"), to deal in
the Software without restriction, including without limitation the rights to
use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies
of the Software, and to permit persons to whom the Software is furnished to do
so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
"""

Change = Callable[[bytes], bytes]


def unbranded(css: bytes) -> bytes:
    """Return govuk-frontend's style sheet without the font and the crest, which are licensed to GOV.UK alone."""
    text = css.decode("utf-8")
    text = re.sub(r"/\*!.*?Margaret Calvert.*?\*/", "", text, flags=re.DOTALL)
    text = re.sub(r"@font-face\{[^}]*\}", "", text)
    text = re.sub(r"/\*# sourceMappingURL=.*?\*/", "", text)
    text = text.replace("GDS Transport,arial,sans-serif", SYSTEM_FONTS)
    return re.sub(r"url\(/assets/images/[^)]*\)", "none", text).encode("utf-8")


def without_map(script: bytes) -> bytes:
    """Return a script without the reference to its source map, which is not served."""
    return re.sub(rb"\n?//# sourceMappingURL=\S+\s*$", b"\n", script)


@dataclass(frozen=True, slots=True)
class Taken:
    """A file to copy: from the archive, to the folder of assets, changed on the way where `change` says so."""

    source: str
    target: str
    change: Change = bytes


@dataclass(frozen=True, slots=True)
class Package:
    """A pinned npm package.

    Attributes:
        name: on the registry.
        version: exact.
        integrity: ``sha512-…`` of the archive, as lock files write it.
        licence: SPDX identifier.
        folder: the assets' folder under the project root.
        files: those that are copied.
        licence_text: where the archive has no licence file.
    """

    name: str
    version: str
    integrity: str
    licence: str
    folder: str
    files: tuple[Taken, ...]
    licence_text: str = ""


PACKAGES: Final = (
    Package(
        "govuk-frontend",
        "6.6.0",
        "sha512-xctkWrQvLnvQt7fyjQ3MGX9S0wz0x0RQuLxCeoXF+s8EjGICG81/DYQGKN5qgO+0KVT12UAaRwUsGY6fulRcRg==",
        "MIT",
        SERVED,
        (
            Taken("dist/govuk/govuk-frontend.min.css", "govuk-frontend.css", unbranded),
            Taken("dist/govuk/govuk-frontend.min.js", "govuk-frontend.js", without_map),
        ),
        _MIT_OF_GDS,
    ),
    Package(
        "htmx.org",
        "2.0.11",
        "sha512-Thx/WtpeOQqSrqBCw/A1cwGJGg4UrVa3+sW0GmrM3p4gJgO89ecH4qtbnyzDDWFvBTqjnIMCgELTNt636dtamA==",
        "0BSD",
        SERVED,
        (Taken("dist/htmx.min.js", "htmx.js"), Taken("LICENSE", "htmx.org.LICENSE.txt")),
    ),
    Package(
        "axe-core",
        "4.14.1",
        "sha512-FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==",
        "MPL-2.0",
        TESTED,
        (Taken("axe.min.js", "axe.min.js"), Taken("LICENSE", "axe-core.LICENSE.txt")),
    ),
)


def integrity_of(data: bytes) -> str:
    """Return the integrity value of an archive (Subresource Integrity, SHA-512)."""
    return f"sha512-{b64encode(hashlib.sha512(data).digest()).decode()}"


def copied(archive: Path, package: Package) -> dict[str, bytes]:
    """Return the files that a package gives, by the name that they get.

    Raises:
        ValueError: the archive is not the pinned one, or lacks a file.
    """
    found = integrity_of(archive.read_bytes())
    if found != package.integrity:
        raise ValueError(f"{package.name}@{package.version}: {found} is not {package.integrity}")
    files = {}
    with tarfile.open(archive) as tar:
        for taken in package.files:
            stream = tar.extractfile(f"package/{taken.source}")
            if stream is None:
                raise ValueError(f"{package.name}: no file {taken.source}")
            files[taken.target] = taken.change(stream.read())
    if package.licence_text:
        files[f"{package.name}.LICENSE.txt"] = package.licence_text.encode()
    return files


def manifest_of(packages: Mapping[Package, Mapping[str, bytes]]) -> str:
    """Return the manifest of a folder: packages, licences, and the SHA-256 of every file."""
    listed = [
        {
            "name": package.name,
            "version": package.version,
            "integrity": package.integrity,
            "licence": package.licence,
            "files": {name: hashlib.sha256(data).hexdigest() for name, data in sorted(files.items())},
        }
        for package, files in packages.items()
    ]
    return json.dumps({"packages": listed}, indent=2) + "\n"


def faults(folder: Path) -> list[str]:
    """Return what a folder of assets has that its manifest does not say, and the reverse."""
    document: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    listed = {name: digest for package in document["packages"] for name, digest in package["files"].items()}
    present = {path.name: path for path in folder.iterdir() if path.name != MANIFEST}
    found = [f"{name}: not in the manifest" for name in sorted(present.keys() - listed.keys())]
    found += [f"{name}: missing" for name in sorted(listed.keys() - present.keys())]
    for name in sorted(listed.keys() & present.keys()):
        if hashlib.sha256(present[name].read_bytes()).hexdigest() != listed[name]:
            found.append(f"{name}: its hash is not the manifest's")
    return found


def vendor() -> None:
    """Fetch every package and write the folders of assets anew."""
    with TemporaryDirectory() as scratch:
        folders: dict[str, dict[Package, dict[str, bytes]]] = {}
        for package in PACKAGES:
            wanted = f"{package.name}@{package.version}"
            subprocess.run(
                ["npm", "pack", wanted, "--silent", "--pack-destination", scratch], check=True, capture_output=True
            )
            archive = Path(scratch, f"{package.name}-{package.version}.tgz")
            folders.setdefault(package.folder, {})[package] = copied(archive, package)
    for name, packages in folders.items():
        folder = ROOT / name
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.iterdir():
            old.unlink()
        for files in packages.values():
            for target, data in files.items():
                (folder / target).write_bytes(data)
        (folder / MANIFEST).write_text(manifest_of(packages), encoding="utf-8")


def main() -> None:
    """Run the tool."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="compare the files with their manifests, fetch nothing")
    if not parser.parse_args().check:
        vendor()
    wrong = [f"{name}/{fault}" for name in (SERVED, TESTED) for fault in faults(ROOT / name)]
    print("\n".join(wrong) if wrong else "the assets are those of their manifests")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
