"""C2SP tlog-proofs: an entry's inclusion in one file that verifies offline (https://c2sp.org/tlog-proof).

Ours carry leaf, body and salt in ``extra``, which the format leaves unauthenticated: they
are checked against the proof.
"""

import base64
import binascii
import json
import re
from dataclasses import dataclass
from typing import Any, Final, Self

from consent_ledger.errors import ProofError
from consent_ledger.log.entry import Leaf, commitment_of
from consent_ledger.proofs.checkpoint import Checkpoint
from consent_ledger.proofs.merkle import HASH_BYTES, MAX_SIZE, leaf_hash, verify_inclusion
from consent_ledger.proofs.trust_policy import TrustPolicy
from presentation.messages import _
from trust import canonical
from trust.errors import MalformedDocument

HEADER: Final = "c2sp.org/tlog-proof@v1"
MAX_PROOF_BYTES: Final = 1 << 20
_MAX_HASHES: Final = 63
_INDEX: Final = re.compile(r"index (0|[1-9][0-9]{0,18})")


@dataclass(frozen=True, slots=True)
class TlogProof:
    """An index, the path from its leaf to the root, and the signed checkpoint of that root."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None

    def to_bytes(self) -> bytes:
        """Return the file."""
        lines = [HEADER]
        if self.extra is not None:
            lines.append(f"extra {base64.b64encode(self.extra).decode()}")
        lines.append(f"index {self.index}")
        lines.extend(base64.b64encode(node).decode() for node in self.hashes)
        return "\n".join(lines).encode() + b"\n\n" + self.checkpoint

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a file; nothing is verified yet.

        Raises:
            MalformedDocument: for every way `data` can be wrong.
        """
        if len(data) > MAX_PROOF_BYTES:
            raise MalformedDocument(_("el fichero de prueba es demasiado grande"))
        head, separator, checkpoint = data.partition(b"\n\n")
        try:
            header, *lines = head.decode("ascii").split("\n")
        except UnicodeDecodeError as error:
            raise MalformedDocument(_("el fichero de prueba no es texto")) from error
        if header != HEADER or not separator or not lines:
            raise MalformedDocument(_("no es un fichero de prueba: se espera {header}", header=HEADER))
        extra = _unbase64(lines.pop(0)[len("extra ") :]) if lines[0].startswith("extra ") else None
        match = _INDEX.fullmatch(lines.pop(0)) if lines else None
        if match is None or int(match[1]) > MAX_SIZE or len(lines) > _MAX_HASHES:
            raise MalformedDocument(_("el fichero de prueba no tiene índice, o tiene demasiados hashes"))
        hashes = tuple(_unbase64(line) for line in lines)
        if any(len(node) != HASH_BYTES for node in hashes):
            raise MalformedDocument(_("un hash del fichero de prueba no tiene 32 bytes"))
        return cls(int(match[1]), hashes, checkpoint, extra)

    def verify(self, leaf: bytes, policy: TrustPolicy) -> tuple[Checkpoint, tuple[str, ...]]:
        """Check that `leaf` is in a log the policy trusts; return the checkpoint and the witnesses that cosigned it.

        Raises:
            MalformedDocument, SignatureInvalid: as `TrustPolicy.open`.
            ProofError: the leaf is not in the log of that checkpoint.
        """
        checkpoint, witnesses = policy.open(self.checkpoint)
        verify_inclusion(self.index, checkpoint.size, leaf_hash(leaf), self.hashes, checkpoint.root)
        return checkpoint, witnesses


@dataclass(frozen=True, slots=True)
class LeafEvidence:
    """A leaf with the body and salt it commits to."""

    leaf: bytes
    body: bytes
    salt: bytes

    def to_extra(self) -> bytes:
        """Return the content for ``extra``: JSON with the leaf as text, the body, and the salt in hex."""
        document = {"body": json.loads(self.body), "leaf": self.leaf.decode(), "salt": self.salt.hex()}
        return canonical.encode(document)

    @classmethod
    def from_extra(cls, extra: bytes | None) -> Self:
        """Read the content of ``extra``; nothing is verified yet.

        Raises:
            MalformedDocument: for every way it can be wrong.
        """
        document = canonical.decode(extra or b"")
        leaf, body, salt = (document.get(name) for name in ("leaf", "body", "salt"))
        if not isinstance(leaf, str) or not isinstance(body, dict) or not isinstance(salt, str):
            raise MalformedDocument(_("al fichero de prueba le falta la hoja, el contenido o la sal"))
        try:
            return cls(leaf.encode(), canonical.encode(body), bytes.fromhex(salt))
        except ValueError as error:
            raise MalformedDocument(_("no se puede leer la hoja o la sal del fichero de prueba")) from error

    def check(self) -> tuple[Leaf, dict[str, Any]]:
        """Check that the leaf commits to the body, and return both, read.

        Raises:
            MalformedDocument: the leaf does not read.
            ProofError: the leaf commits to another body.
        """
        leaf = Leaf.parse(self.leaf)
        if leaf.commitment != commitment_of(self.salt, self.body):
            raise ProofError(_("la anotación fija un contenido distinto del que se muestra"))
        return leaf, canonical.decode(self.body)


def leaf_extra(leaf: bytes) -> bytes:
    """Return the content for ``extra`` of a proof that shows an entry's leaf and not its content."""
    return canonical.encode({"leaf": leaf.decode()})


def leaf_alone(extra: bytes | None) -> bytes | None:
    """Return the leaf of an ``extra`` that holds nothing else; None for any other. Nothing is verified yet.

    Raises:
        MalformedDocument: it is no JSON object.
    """
    document = canonical.decode(extra or b"")
    leaf = document.get("leaf")
    return leaf.encode() if len(document) == 1 and isinstance(leaf, str) else None


def _unbase64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error) as error:
        raise MalformedDocument(_("una línea del fichero de prueba no está en base64")) from error
