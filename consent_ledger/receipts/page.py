"""The readable page of a consent receipt, in one language: one file, no script, no external resource."""

from collections.abc import Callable
from typing import Final

from consent_ledger.consents.model import STATE_NAMES, ConsentState, ConsentView
from consent_ledger.log.actors import Actor
from consent_ledger.log.bodies import ConsentBody
from consent_ledger.log.entry import Leaf
from presentation.messages import Message
from presentation.pages import Pages

_PAGES: Final = Pages("consent_ledger")


def receipt_page(
    consent: ConsentView,
    body: ConsentBody,
    leaf: Leaf,
    *,
    language: str,
    label: Callable[[str, str], str],
    origin: str,
    in_force: Message | None = None,
) -> str:
    """Return the page of a consent.

    Args:
        consent: in its present state.
        body: the record as it was given.
        leaf: of the entry in which it was given.
        language: of the page.
        label: gives the name of a term in a language.
        origin: of the ledger.
        in_force: whether something is shared under it now, and why not; None when that is not known.
    """
    guardian = body.guardian if body.acted_by is Actor.GUARDIAN else None
    return _PAGES.render(
        "receipt.html",
        language,
        consent=consent,
        body=body,
        leaf=leaf,
        origin=origin,
        in_force=in_force,
        state=STATE_NAMES[consent.state],
        refused=consent.state is ConsentState.REFUSED,
        controller=label(body.controller, language),
        fields=[label(term, language) for term in body.fields],
        recipients=[label(term, language) for term in body.recipients],
        purposes=[label(term, language) for term in body.purposes],
        guardian=label(guardian.relation, language) if guardian else "",
    )
