"""The files of a bundle, their names, and the list of their hashes."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from federated.bundle.errors import BundleUnusable
from federated.coordination.transcript import Transcript
from presentation.messages import _
from trust import canonical
from trust.signing import Envelope

MANIFEST_FILE: Final = "manifest.json"
RELEASE_FILE: Final = "release.json"
TRANSCRIPT_FILE: Final = "transcript.jsonl"
EPSILON_FILE: Final = "epsilon.json"
METRICS_FILE: Final = "metrics.json"
KEY_FILE: Final = "coordinator-key.txt"
SUMS_FILE: Final = "SHA256SUMS"
SIGNED_SUMS_FILE: Final = "SHA256SUMS.dsse.json"
SUMS_TYPE: Final = "application/vnd.redpact.bundle-sums.v1+text"

REQUIRED: Final = (MANIFEST_FILE, RELEASE_FILE, TRANSCRIPT_FILE, EPSILON_FILE, METRICS_FILE, KEY_FILE)
MAX_FILES: Final = 500
MAX_SUMS_BYTES: Final = 1 << 17

_NAME: Final = re.compile(r"(?:[a-z0-9][a-z0-9._-]{0,99}/)?[A-Za-z0-9][A-Za-z0-9._-]{0,119}")
_LINE: Final = re.compile(rf"([0-9a-f]{{64}})  ({_NAME.pattern})")


@dataclass(frozen=True, slots=True)
class BundleContents:
    """The documents that a coordinator publishes of a campaign.

    Attributes:
        manifest: signed by the coordinator.
        release: signed by the coordinator.
        transcript: one record a round.
        epsilon: see `federated.bundle.epsilon_proof.epsilon_proof`.
        metrics: the released figures.
        pages: file name -> bytes: model card, impact assessment, ``plots/NAME.svg``.
    """

    manifest: Envelope
    release: Envelope
    transcript: Transcript
    epsilon: Mapping[str, Any]
    metrics: Mapping[str, Any]
    pages: Mapping[str, bytes] = field(default_factory=dict)

    def files(self, coordinator_key: bytes) -> dict[str, bytes]:
        """Return every file but the list of hashes, by name.

        Raises:
            BundleUnusable: a page has the name of another file, or an invalid name.
        """
        files = {
            MANIFEST_FILE: self.manifest.to_json(),
            RELEASE_FILE: self.release.to_json(),
            TRANSCRIPT_FILE: self.transcript.to_jsonl(),
            EPSILON_FILE: canonical.encode(self.epsilon),
            METRICS_FILE: canonical.encode(self.metrics),
            KEY_FILE: f"{coordinator_key.hex()}\n".encode(),
        }
        taken = {*files, SUMS_FILE, SIGNED_SUMS_FILE}
        wrong = [name for name in self.pages if name in taken or not _NAME.fullmatch(name)]
        if wrong:
            raise BundleUnusable(_("{wrong!r} no es un nombre válido para una página del paquete", wrong=wrong[0]))
        return files | dict(self.pages)


def sums_of(files: Mapping[str, bytes]) -> bytes:
    """Return the list of hashes in the form of coreutils' ``sha256sum``, sorted by name, for ``sha256sum -c``."""
    lines = (f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(files.items()))
    return "".join(lines).encode()


def parse_sums(data: bytes) -> dict[str, str]:
    """Return name -> SHA-256 in hex, from untrusted bytes.

    Raises:
        BundleUnusable: not such a list, or not in its canonical form.
    """
    lines = data.decode("ascii", errors="replace").split("\n")
    found = [_LINE.fullmatch(line) for line in lines[:-1]]
    sums = {match[2]: match[1] for match in found if match}
    if lines[-1] or len(sums) != len(found) or not 0 < len(sums) <= MAX_FILES or list(sums) != sorted(sums):
        raise BundleUnusable(_("la lista de hashes está mal formada"), remedy=_("pida el paquete de nuevo"))
    return sums
