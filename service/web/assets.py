"""Style sheets and scripts, read once and served from memory under addresses that change with their content.

The browser may keep them for a year: another content has another address. A request is looked up by its name among the
files that exist and never becomes a path.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

ADDRESS: Final = "/assets/{version}/{name}"
_TYPES: Final[Mapping[str, str]] = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_VERSION_DIGITS: Final = 16


@dataclass(frozen=True, slots=True)
class Asset:
    """A file, its media type, and the part of its address that changes with its content."""

    body: bytes
    media_type: str
    version: str


class Assets:
    """The files of some folders, by name; a name in a later folder stands for the later file."""

    def __init__(self, *folders: Path) -> None:
        self._files = {name: asset for folder in folders for name, asset in _read(folder)}

    def address(self, name: str) -> str:
        """Return where a file is served; a name that no file has is an error of the program."""
        return f"/assets/{self._files[name].version}/{name}"

    def serve(self, request: Request) -> Response:
        """Answer a request for a file; one of another version gets the present one, and is not kept."""
        asset = self._files.get(request.path_params["name"])
        if asset is None:
            return Response(status_code=404)
        current = request.path_params["version"] == asset.version
        kept = "public, max-age=31536000, immutable" if current else "no-store"
        return Response(asset.body, media_type=asset.media_type, headers={"Cache-Control": kept})


def _read(folder: Path) -> Iterator[tuple[str, Asset]]:
    for path in sorted(folder.iterdir()):
        if path.suffix in _TYPES:
            body = path.read_bytes()
            version = hashlib.sha256(body).hexdigest()[:_VERSION_DIGITS]
            yield path.name, Asset(body, _TYPES[path.suffix], version)


OWN: Final = Path(__file__).parent / "static"
VENDORED: Final = Path(__file__).parent / "static" / "vendor"
