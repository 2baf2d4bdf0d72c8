"""C2SP checkpoints: the signed size and root of a log (https://c2sp.org/tlog-checkpoint@v1.0.0)."""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from consent_ledger.proofs.merkle import HASH_BYTES, MAX_SIZE
from consent_ledger.proofs.note import NoteSigner, NoteVerifier, Verifier, check_key_name, open_note, parse_note
from presentation.messages import _
from trust.errors import MalformedDocument, SignatureInvalid

_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A log's origin, its size in entries, and the 32-byte root of its tree. Extension lines are not accepted."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """Return the three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text of a checkpoint; nothing is verified yet.

        Raises:
            MalformedDocument: for every way `text` can be wrong.
        """
        lines = text.split("\n")
        if len(lines) != 4 or lines[3]:  # noqa: PLR2004 - three lines and the empty rest after the last newline
            raise MalformedDocument(_("un punto de control tiene exactamente tres líneas"))
        origin, size, encoded, _unused = lines
        if not _SIZE.fullmatch(size) or int(size) > MAX_SIZE:
            raise MalformedDocument(_("el tamaño del punto de control no es un número"))
        try:
            root = base64.b64decode(encoded, validate=True)
        except (ValueError, binascii.Error) as error:
            raise MalformedDocument(_("la raíz del punto de control no está en base64")) from error
        if len(root) != HASH_BYTES or base64.b64encode(root).decode() != encoded:
            raise MalformedDocument(_("la raíz del punto de control no tiene 32 bytes"))
        return cls(check_key_name(origin), int(size), root)


def sign_checkpoint(checkpoint: Checkpoint, signer: NoteSigner) -> bytes:
    """Return the signed note of a checkpoint. The caller makes sure that a log never signs two for one size."""
    return signer.sign(checkpoint.text())


def read_checkpoint(note: bytes) -> Checkpoint:
    """Return the content of a checkpoint without verifying its signatures.

    Raises:
        MalformedDocument: not a checkpoint.
    """
    return Checkpoint.parse(parse_note(note).text)


def open_checkpoint(
    note: bytes, log: NoteVerifier, *, former: Sequence[NoteVerifier] = (), others: Sequence[Verifier] = ()
) -> Checkpoint:
    """Verify a checkpoint signed by `log`, or by a key that the log had before, and return it; the name is the origin.

    Raises:
        MalformedDocument: not a checkpoint.
        SignatureInvalid: not signed by the log's key, or of another origin.
    """
    opened, logs = open_note(note, (log, *former, *others)), {(each.name, each.key_id) for each in (log, *former)}
    if not logs & {(s.name, s.key_id) for s in opened.signatures}:
        raise SignatureInvalid(_("el punto de control no está firmado por {log}", log=log.name))
    checkpoint = Checkpoint.parse(opened.text)
    if checkpoint.origin != log.name:
        raise SignatureInvalid(
            _("el punto de control es de {origin!r}; se esperaba {log!r}", origin=checkpoint.origin, log=log.name)
        )
    return checkpoint
