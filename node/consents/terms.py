"""Fields, purposes, notice and validity of a consent, looked up in the network's documents."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from consent_ledger.errors import ConsentInvalid
from consent_ledger.log.bodies import Notice
from node.consents.errors import FieldNotShareable
from policies.catalogue import Sensitivity, load_catalogue
from policies.local_days import end_after
from policies.notices import load_notices
from policies.vocabulary import load_vocabulary
from presentation.messages import _

MAX_VALID_DAYS: Final = 5 * 365


def term_label(term: str, language: str) -> str:
    """Return the label of a field, purpose or relation; a term without a label stands for itself."""
    if term in load_catalogue():
        return load_catalogue().field(term).label(language)
    purposes = {purpose.id: purpose for purpose in load_vocabulary().purposes}
    if term in purposes:
        return purposes[term].label(language)
    relations = load_vocabulary().codes.list("guardian_relation").by_code
    return relations[term].label(language) if term in relations else term


def shareable_fields(names: Sequence[str]) -> tuple[str, ...]:
    """Return the fields of a consent: those named, or the minimum summary when none is named.

    Raises:
        UnknownTerm: the catalogue has no such field.
        FieldNotShareable: a field never leaves the node, or only by an explicit act.
    """
    catalogue = load_catalogue()
    if not names:
        return tuple(spec.id for spec in catalogue.minimum())
    chosen = catalogue.select(names)
    for field in chosen:
        if not catalogue.field(field).shareable:
            raise FieldNotShareable(
                _("{field} no se comparte con un consentimiento general", field=field),
                remedy=_("quite {field}", field=field),
            )
    return chosen


def end_of_validity(now: datetime, days: int) -> datetime:
    """Return the end of a consent: the end of the local day that is some days on.

    Raises:
        ConsentInvalid: out of bounds.
    """
    if not 1 <= days <= MAX_VALID_DAYS:
        raise ConsentInvalid(
            _("un consentimiento vale de 1 a {max_valid_days} días", max_valid_days=MAX_VALID_DAYS),
            remedy=_("indique otro valor en --valid-days"),
        )
    return end_after(now, days)


def special_fields(fields: Sequence[str]) -> tuple[str, ...]:
    """Return the fields that are special categories of data (GDPR art. 9)."""
    catalogue = load_catalogue()
    return tuple(field for field in fields if catalogue.field(field).sensitivity is Sensitivity.P3)


def exchange_purposes(names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return the purposes and their DPV terms as the fields ``purposes`` and ``purpose_types`` of a consent record.

    Raises:
        UnknownTerm: an unknown purpose, or one for which nothing is exchanged.
    """
    chosen = {name: load_vocabulary().exchange_purpose(name) for name in names}
    return {"purposes": tuple(chosen), "purpose_types": tuple(purpose.dpv for purpose in chosen.values())}


def current_notice(language: str) -> Notice:
    """Return the current notice, pinned by its hash."""
    notice = load_notices().current(language)
    return Notice(id=notice.id, version=notice.version, sha256=notice.sha256)
