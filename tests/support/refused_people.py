"""People about whom an asker gets a refusal, each for another reason, at one holder: nothing may tell them apart."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from consent_ledger.log.bodies import EXPLICIT_CONSENT_BASIS
from node.consents.consents import GrantInput
from node.people.documents import Document
from tests.support.consent_sides import side_of
from tests.support.one_side import OneSide
from tests.support.origin_peer import OriginPeer
from tests.support.parts import hold
from tests.support.people import STRANGER, person_record
from tests.support.records import a_document
from trust.signing import Envelope

ASKED: Final = ("person.language", "work.status", "health.disability_degree")
STRANGERS: Final = "a stranger"
_FIELDS: Final = ("person.language", "work.status")
_HEALTH: Final = ("health.disability_degree",)
_OTHERS: Final = {"one consent for another": 1, "ten consents for another": 10, "sixteen consents for another": 16}


def refusing_holder(folder: Path) -> tuple[OneSide, Mapping[str, Document]]:
    """Return a holder, and the document of a person for each reason to refuse what `asker` asks."""
    side = side_of(folder, "holder", knows=False)
    kinds = ["no consent", *_OTHERS, "withdrawn", "over", "of a silent origin", "not proved"]
    people = {kind: a_document(number) for number, kind in enumerate(kinds)}
    hold(side.context, *(person_record(document, name="Ana Ficticia") for document in people.values()))
    origin = OriginPeer(side)
    for kind, many in _OTHERS.items():
        for _each in range(many):
            _grant(side, people[kind], "other")
    side.consents.withdraw(_grant(side, people["withdrawn"], "asker"))
    _grant(side, people["over"], "asker", days=1)
    origin.send(origin.give(origin.terms("holder", fields=_FIELDS)), people["of a silent origin"])
    health = origin.terms("holder", fields=_HEALTH, basis=EXPLICIT_CONSENT_BASIS)
    origin.send(origin.give(health), people["not proved"])
    side.later(seconds=side.context.settings.silence_bound.total_seconds() + 60)
    return side, {STRANGERS: STRANGER, **people}


def signed_request(side: OneSide, document: Document) -> Envelope:
    """Return a request of `asker` about a person, signed now."""
    subject = side.peers.subject("asker", side.context, document)
    role = "entity_technician"
    return side.peers["asker"].ask("holder", side.clock.now(), subject=subject, fields=ASKED, role=role)


def _grant(side: OneSide, document: Document, recipient: str, *, days: int = 300) -> str:
    fields = (*_FIELDS, "edu.level", "housing.tenure", "housing.risk", "person.sex", "household.size")
    return side.consents.grant(GrantInput(document, ("casework",), (recipient,), fields, days)).consent_id
