"""The directory that a node keeps, with the restrictions under which it keeps it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from consent_ledger.directories.logged import LoggedDirectory, OpenedDirectory
from consent_ledger.proofs.checkpoint import Checkpoint
from node.recovery_waits import HeldEntity
from presentation.messages import _
from trust.directory import Directory
from trust.errors import DirectoryContradicted

ASK: Final = _("pregunte a otras entidades y a quien administra el coordinador; después: redpact-node directory --help")


@dataclass(frozen=True, slots=True)
class KeptDirectory:
    """The directory of this node with the checkpoint that came with it.

    Attributes:
        directory: verified under the pinned key, with what `suspended` takes away.
        signed: as it was signed.
        logged: its proof; None for one that an earlier version of this program took.
        checkpoint: of the log, verified; None as above.
        head: the checkpoint with the log's signature alone, as it is shown to others; empty as above.
        contradicted: another signed checkpoint contradicts it, and no anchors tell which is true.
        suspended: entities that a newer directory suspends, which waits for cosignatures of anchors.
        held: entities held back here while their keys are being recovered.
    """

    directory: Directory
    signed: Directory
    logged: LoggedDirectory | None
    checkpoint: Checkpoint | None
    head: bytes
    contradicted: bool
    suspended: tuple[str, ...] = ()
    held: tuple[HeldEntity, ...] = ()

    def require_undisputed(self) -> None:
        """Check that no other signed directory contradicts it.

        Raises:
            DirectoryContradicted: one does, and nobody tells which is true.
        """
        if self.contradicted:
            raise DirectoryContradicted(
                _("hay dos versiones firmadas del registro de directorios, y ninguna ancla responde por la de aquí"),
                remedy=ASK,
            )


@dataclass(frozen=True, slots=True)
class KeptTerms:
    """The restrictions under which this node keeps a directory, beside its proof."""

    contradicted: bool = False
    suspended: tuple[str, ...] = ()
    held: tuple[HeldEntity, ...] = ()

    def document(self) -> dict[str, Any]:
        """Return them as JSON values."""
        held = [each.document() for each in self.held]
        return {"contradicted": self.contradicted, "suspended": list(self.suspended), "held": held}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Read JSON values.

        Raises:
            MalformedDocument: for every way they can be wrong.
        """
        held = tuple(HeldEntity.from_document(each) for each in document.get("held") or ())
        return cls(document.get("contradicted") is not False, tuple(document.get("suspended") or ()), held)


def kept_directory(opened: OpenedDirectory, terms: KeptTerms, head: bytes) -> KeptDirectory:
    """Return a verified directory as this node keeps it."""
    withdrawn = {*terms.suspended, *(each.entity for each in terms.held)}
    directory = opened.directory.with_suspended(withdrawn)
    return KeptDirectory(
        directory,
        opened.directory,
        opened.logged,
        opened.checkpoint,
        head,
        contradicted=terms.contradicted,
        suspended=terms.suspended,
        held=terms.held,
    )
