"""Proofs of single entries, with their content or without it."""

from consent_ledger.errors import LedgerDamaged
from consent_ledger.exports.testimony import WitnessTestimony
from consent_ledger.log.ledger import ConsentLedger
from consent_ledger.proofs.checkpoint import read_checkpoint
from consent_ledger.receipts.tlog_proof import LeafEvidence, TlogProof, leaf_extra
from presentation.messages import _


def prove_entry(
    ledger: ConsentLedger, index: int, testimony: WitnessTestimony | None = None
) -> tuple[LeafEvidence, TlogProof]:
    """Return an entry's leaf, body and salt, and the proof file that carries them.

    The proof leads to the newest cosigned checkpoint where that covers the entry, else to the newest one.

    Raises:
        EntryUnknown: an index beyond the end.
        LedgerDamaged: the body was erased, or is lost.
    """
    leaf = ledger.leaf(index)
    stored = next(iter(ledger.store.bodies(index, index + 1)), None)
    if stored is None:
        raise LedgerDamaged(
            _("el contenido de la anotación {index!s} se borró", index=index),
            remedy=_("ya no queda nada con lo que hacer un justificante"),
        )
    evidence = LeafEvidence(leaf, stored.body, stored.salt)
    return evidence, _proof(ledger, index, evidence.to_extra(), testimony)


def prove_leaf(ledger: ConsentLedger, index: int, testimony: WitnessTestimony | None = None) -> TlogProof:
    """Return a proof that an entry of this kind and time is there, which does not show its content.

    Raises:
        EntryUnknown: an index beyond the end.
    """
    return _proof(ledger, index, leaf_extra(ledger.leaf(index)), testimony)


def _proof(ledger: ConsentLedger, index: int, extra: bytes, testimony: WitnessTestimony | None) -> TlogProof:
    checkpoint = (testimony or WitnessTestimony.alone(ledger)).checkpoint_with(index, ledger)
    hashes = tuple(ledger.inclusion_proof(index, read_checkpoint(checkpoint).size))
    return TlogProof(index, hashes, checkpoint, extra)
