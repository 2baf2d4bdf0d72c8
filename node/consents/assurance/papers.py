"""Papers that a person signed, on their way to a holder: sealed to it at the origin, opened and kept at the holder.

At both they are kept sealed with the person's key (`node.consents.signed_forms`).
"""

import base64
import hashlib
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from node.consents.errors import FormTooLarge
from node.consents.signed_forms import EvidenceVault, Scan
from node.people.store import people_store
from presentation.messages import _
from records_exchange.assurance.evidence import MAX_PAPER_BYTES, ElectronicSignature, FormScan, sealed_bytes
from records_exchange.errors import SealBroken
from records_exchange.sealing import Route, open_paper, seal_paper

if TYPE_CHECKING:
    from collections.abc import Mapping

    from consent_ledger.log.bodies import ConsentBody
    from node.context import NodeContext
    from node.keys import NodeKeys
    from records_exchange.assurance.evidence import EvidenceContext
    from trust.parties import Party

_KINDS: Final["Mapping[str, type[FormScan | ElectronicSignature]]"] = {
    "form_scan": FormScan,
    "e_signature": ElectronicSignature,
}


def require_sendable(scan: Scan) -> None:
    """Refuse a paper that does not fit a message.

    Raises:
        FormTooLarge: it is larger than 240 KiB.
    """
    if len(scan.data) > MAX_PAPER_BYTES:
        raise FormTooLarge(
            _(
                "ocupa {size:d} KiB; el máximo es {most:d} KiB",
                size=len(scan.data) // 1024,
                most=MAX_PAPER_BYTES // 1024,
            )
        )


def paper_for(
    context: "NodeContext", record: "ConsentBody", kind: str, terms_digest: str, holder: "Party"
) -> FormScan | ElectronicSignature:
    """Return the paper of a consent given here, sealed to one holder and bound to the terms.

    Raises:
        EvidenceMissing, RecordsUnreadable: it is not kept here any more, or was altered.
        SealImpossible: the holder's exchange key is unusable.
    """
    with context.snapshot() as session:
        cipher = people_store(context, session).cipher_of(record.person_ref)
    digest = record.evidence_sha256 or ""
    paper = EvidenceVault(context.home).read(record.person_ref, cipher, digest)
    route = Route(context.settings.network, context.settings.entity, holder.id)
    sealed = seal_paper(paper, route, terms_digest, bytes.fromhex(holder.exchange_key))
    return _KINDS[kind](sealed=base64.b64encode(sealed).decode(), sha256=digest)


def opened_paper(
    context: "NodeContext", paper: FormScan | ElectronicSignature, digest: str, consent: "EvidenceContext"
) -> Scan:
    """Open a paper that came with a consent.

    Raises:
        SealBroken: it was changed, sealed for other terms or another holder, or is not the paper announced.
    """
    route = Route(context.settings.network, consent.origin, consent.holder)
    data = _opened(sealed_bytes(paper), route, digest, context.keys)
    found = hashlib.sha256(data).hexdigest()
    if found != paper.sha256 or not data or len(data) > MAX_PAPER_BYTES:
        raise SealBroken(_("el documento recibido no es el anunciado"))
    return Scan(data, found)


def _opened(sealed: bytes, route: Route, digest: str, keys: "NodeKeys") -> bytes:
    for own in keys.former_exchange:
        with suppress(SealBroken):
            return open_paper(sealed, route, digest, own)
    return open_paper(sealed, route, digest, keys.exchange)


def keep_paper(context: "NodeContext", scan: Scan, consent: "EvidenceContext") -> None:
    """Keep a paper, sealed with the person's key, as evidence of the consent at this holder."""
    cipher = people_store(context, consent.session).cipher_of(consent.person_ref)
    EvidenceVault(context.home).keep(consent.person_ref, cipher, scan)
