"""Anchors: the entities whose cosignatures a node asks for before it takes a directory.

Each entity's data-protection officer chooses its anchors and compares their fingerprints outside the network, so that
nobody but the anchors together with the coordinator could show it another directory than the rest.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from consent_ledger.proofs.cosignature import CosignatureVerifier
from consent_ledger.proofs.note import NoteVerifier, open_note
from trust import canonical

MAX_ANCHORS: Final = 16
_GROUP: Final = 4
_FINGERPRINT_DIGITS: Final = 32


@dataclass(frozen=True, slots=True)
class Anchor:
    """An anchor: its entity id and the key with which it cosigns."""

    entity: str
    vkey: str


@dataclass(frozen=True, slots=True)
class AnchorPolicy:
    """The pinned anchors and the number of them that must have cosigned a directory; 0 when none is pinned."""

    anchors: tuple[Anchor, ...] = ()
    quorum: int = 0

    def document(self) -> dict[str, Any]:
        """Return it as JSON values, in one form."""
        listed = [{"entity": each.entity, "vkey": each.vkey} for each in sorted(self.anchors, key=lambda a: a.entity)]
        return {"v": 1, "anchors": listed, "quorum": self.quorum}

    @property
    def sha256(self) -> str:
        """The SHA-256 in hex by which the ledger names it."""
        return sha256(canonical.encode_plain(self.document())).hexdigest()

    def cosigners(self, note: bytes, log: NoteVerifier) -> tuple[str, ...]:
        """Return the anchors that cosigned a checkpoint of the log.

        Raises:
            MalformedDocument: not a note.
            SignatureInvalid: the signature of the log or of an anchor does not verify.
        """
        keys = {each.entity: CosignatureVerifier.from_vkey(each.vkey) for each in self.anchors}
        opened = open_note(note, (log, *keys.values()))
        signed = {(line.name, line.key_id) for line in opened.signatures}
        return tuple(sorted(entity for entity, key in keys.items() if (key.name, key.key_id) in signed))

    def vouches(self, cosigners: Sequence[str]) -> bool:
        """Return whether these anchors are a quorum; without anchors nobody vouches for anything."""
        return bool(self.quorum) and len(cosigners) >= self.quorum


NO_ANCHORS: Final = AnchorPolicy()


def majority(count: int) -> int:
    """Return the number of anchors that is more than half of them; 0 of none."""
    return count // 2 + 1 if count else 0


def fingerprint(vkey: str) -> str:
    """Return the fingerprint of a witness key to print: 128 bits of its SHA-256, in groups of four digits.

    Raises:
        MalformedDocument: not a cosignature key.
    """
    digits = sha256(CosignatureVerifier.from_vkey(vkey).vkey.encode()).hexdigest()[:_FINGERPRINT_DIGITS]
    return "-".join(digits[at : at + _GROUP] for at in range(0, len(digits), _GROUP))


def same_fingerprint(vkey: str, typed: str) -> bool:
    """Return whether a typed fingerprint, in any grouping and case, is that of a witness key.

    Raises:
        MalformedDocument: not a cosignature key.
    """
    return "".join(typed.lower().replace("-", " ").split()) == fingerprint(vkey).replace("-", "")
