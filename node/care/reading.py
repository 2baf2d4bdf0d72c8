"""Readings of many people's data inside the entity, and the journal of all readings.

Each reading is an entry of the ledger before anything is shown; those of one person's record go through
`node.care.access.CaseRegister.read`. The person's access report and the officer's report show them too.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from consent_ledger.log.entry import EntryType, NewEntry
from consent_ledger.log.reading_bodies import RecordReadBody
from consent_ledger.log.readings import Reading, readings
from node.care.access import CaseRegister
from node.care.professionals import check_professional
from node.care.questions import ProfessionalInput
from node.context import NodeContext
from node.ledger.own import own_consents, own_ledger
from node.people.documents import Document
from node.people.errors import PersonUnknown
from node.people.store import people_store
from policies.record_readings import RecordPart, list_reason, part_label, reading_reason
from presentation import terminal
from presentation.formats import moment
from presentation.messages import speaking

USUAL_LIST_REASON: Final = "care_planning"


def read_many(context: NodeContext, professional: str, part: RecordPart, *, reason: str, people: int) -> None:
    """Record that a professional reads the data of several people at once.

    Raises:
        ProfessionalInvalid: the reference has no valid form, or is an identity document.
        UnknownTerm: there is no such reason.
    """
    body = RecordReadBody(
        people=people, part=part.value, professional=check_professional(professional), reason=list_reason(reason)
    )
    with context.transaction() as session:
        own_ledger(context, session).append([NewEntry(EntryType.RECORD_READ, body)], context.clock.now())


def read_everybody(context: NodeContext, given: ProfessionalInput, part: RecordPart) -> None:
    """Record that a professional reads the data of everybody here.

    Raises:
        ProfessionalInvalid, UnknownTerm: as `read_many`.
    """
    with context.snapshot() as session:
        people = people_store(context, session).count()
    read_many(context, given.professional, part, reason=given.reason, people=people)


def read_listed(
    context: NodeContext, given: ProfessionalInput, part: RecordPart, document: Document | None, *, people: int
) -> None:
    """Record that a professional reads a part of one person's record, or that of everybody in a list.

    Args:
        context: of the entity.
        given: the professional; the reason is one for opening a case, or one for reading of many people.
        part: of the record.
        document: of the person that was asked for; None for a list of everybody.
        people: number of people in the list; nothing is recorded about an empty one.

    Raises:
        PersonUnknown, ProfessionalInvalid, UnknownTerm: as `CaseRegister.read`.
    """
    if document is not None:
        CaseRegister(context).read(document, given.professional, part, reason=given.reason)
    elif people:
        reason = given.reason or USUAL_LIST_REASON
        read_many(context, given.professional, part, reason=reason, people=people)


def read_of_person(context: NodeContext, given: ProfessionalInput, part: RecordPart, person_ref: str | None) -> None:
    """Record that a professional reads a part of the record of a person that an act names, not a document.

    Of somebody whom this entity does not hold, or not any more, it is on record as a list of one.

    Raises:
        ProfessionalInvalid, UnknownTerm: as `CaseRegister.read`.
    """
    document = _document_of(context, person_ref)
    if document is None:
        read_many(context, given.professional, part, reason=USUAL_LIST_REASON, people=1)
    else:
        CaseRegister(context).read(document, given.professional, part, reason=given.reason)


def _document_of(context: NodeContext, person_ref: str | None) -> Document | None:
    if person_ref is None:
        return None
    with context.snapshot() as session:
        try:
            return people_store(context, session).identity(person_ref).document
        except PersonUnknown:
            return None


def read_signed_form(
    context: NodeContext, scan_of: Callable[[str], bytes], consent_id: str, given: ProfessionalInput
) -> bytes:
    """Return the scan of a consent's signed form, once it is on record who reads it.

    Args:
        context: of the entity.
        scan_of: returns the scan of a consent: of its newest act here, or of a request from elsewhere.
        consent_id: of the consent.
        given: the professional.

    Raises:
        ConsentUnknown: there is no such consent.
        EvidenceMissing: none was handed in, or it is not what the ledger says.
        ProfessionalInvalid, UnknownTerm: as `CaseRegister.read`.
    """
    scan = scan_of(consent_id)
    with context.snapshot() as session:
        person_ref = own_consents(context, session).get(consent_id).person_ref
    read_of_person(context, given, RecordPart.SIGNED_FORM, person_ref)
    return scan


def ask_readings(
    context: NodeContext,
    professional: str,
    document: Document | None,
    *,
    since: date | None = None,
    until: date | None = None,
) -> tuple[tuple[Reading, ...], Mapping[str, str]]:
    """Return the readings of a person's data, those of many people included, and the names of the people.

    The question is a reading itself, and is recorded first.

    Args:
        context: of the entity.
        professional: the member of staff who asks.
        document: of the person; None for the readings of everybody's data.
        since: the first day, local.
        until: the last day, local.

    Raises:
        PersonUnknown: this entity holds nobody with that document.
        ProfessionalInvalid: the reference has no valid form, or is an identity document.
        LedgerDamaged: an entry does not read.
    """
    with context.transaction() as session:
        people, ledger = people_store(context, session), own_ledger(context, session)
        person = people.get_by_document(document).person_id if document else None
        found = tuple(readings(ledger, person_ref=person, since=since, until=until))
        held = {each.body.person_ref for each in found if each.body.person_ref} & set(people.person_ids())
        body = RecordReadBody(
            person_ref=person,
            people=None if person else len(held),
            part=RecordPart.READINGS.value,
            professional=check_professional(professional),
            reason="data_protection",
        )
        ledger.append([NewEntry(EntryType.RECORD_READ, body)], context.clock.now())
        return found, {each: people.identity(each).name for each in held}


def readings_document(found: Sequence[Reading]) -> dict[str, Any]:
    """Return readings as JSON values."""
    return {
        "readings": [
            {"index": each.index, "time": each.time.isoformat(), **each.body.model_dump(mode="json")} for each in found
        ]
    }


def readings_text(found: Sequence[Reading], names: Mapping[str, str], lang: str) -> str:
    """Return readings as a table.

    Args:
        found: the readings.
        names: person -> name.
        lang: of the reader.
    """
    say = speaking(lang)
    if not found:
        return say("Nadie ha consultado esos datos en esas fechas.")
    rows = [
        (
            moment(each.time, lang),
            each.body.professional,
            part_label(each.body.part, lang),
            reading_reason(each.body.case_access, each.body.reason, lang),
            _people(each.body, names, lang),
        )
        for each in found
    ]
    return terminal.table((say("Fecha"), say("Profesional"), say("Qué consultó"), say("Motivo"), say("De quién")), rows)


def _people(body: RecordReadBody, names: Mapping[str, str], lang: str) -> str:
    if body.person_ref is None:
        return speaking(lang).plural("{n} persona", "{n} personas", body.people or 0)
    return names.get(body.person_ref, body.person_ref[:8])
