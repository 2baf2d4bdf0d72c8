"""Consent operations of a professional: a document and words of the vocabulary in, checked consents out.

What a consent may cover is the catalogue's and the vocabulary's to say; who may be a recipient, the directory's. All of
it works with the coordinator down: the newest verified directory is enough to name recipients.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from pydantic import ValidationError
from sqlalchemy.orm import Session

from consent_ledger.bodies import CONSENT_BASIS, EXPLICIT_CONSENT_BASIS, Actor, Guardian, Notice
from consent_ledger.consents import ConsentGrant, ConsentView
from consent_ledger.errors import ConsentInvalid
from consent_ledger.parties import EntityKind
from consent_ledger.receipt import write_receipt
from node.exchange.errors import EvidenceUnreadable, FieldNotShareable, GuardianNeeded, RecipientNotAllowed
from node.records.cipher import RecordCipher
from node.records.documents import Document
from node.records.errors import PersonUnknown
from node.wiring import Node
from policies.catalogue import Sensitivity, load_catalogue
from policies.notices import load_notices
from policies.vocabulary import load_vocabulary
from records_exchange.request import first_fault

AGE_OF_CONSENT_YEARS: Final = 14
"""LOPDGDD art. 7: below it, consent is the holder of parental authority's to give."""
DEFAULT_VALID_DAYS: Final = 365
MAX_VALID_DAYS: Final = 5 * 365
MAX_EVIDENCE_BYTES: Final = 64 * 1024 * 1024
_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class GuardianInput:
    """Who acts for the person, and as what."""

    document: Document
    relation: str = "parent"


@dataclass(frozen=True, slots=True)
class GrantInput:
    """What the person agreed to, in the words of the command or the page.

    Attributes:
        document: the person's.
        purposes: vocabulary ids.
        recipients: entity ids.
        fields: catalogue ids or groups of them; empty for the minimum summary.
        valid_days: from now on.
        guardian: who acted, when it was not the person.
        evidence: a file that shows the act (the signed form); only its hash is kept.
        language: of the notice shown.
    """

    document: Document
    purposes: Sequence[str]
    recipients: Sequence[str]
    fields: Sequence[str] = ()
    valid_days: int = DEFAULT_VALID_DAYS
    guardian: GuardianInput | None = None
    evidence: Path | None = None
    language: str = "es"


class Consents:
    """The consents held at this node."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def grant(self, given: GrantInput) -> ConsentView:
        """Record a consent; it is durable, and in the ledger, when this returns.

        Raises:
            PersonUnknown: nobody here has that document.
            UnknownTerm: an unknown purpose or field, or a purpose for which nothing is exchanged.
            UnknownParty, PartySuspended, RecipientNotAllowed: a recipient that cannot be one.
            FieldNotShareable: a field that no general consent covers.
            GuardianNeeded: the person is under 14 and no guardian acts.
            EvidenceUnreadable: the evidence file cannot be read.
            ConsentInvalid: the validity is out of bounds.
        """
        now = self._node.clock.now()
        fields = shareable_fields(given.fields)
        purposes = tuple(dict.fromkeys(load_vocabulary().exchange_purpose(term).id for term in given.purposes))
        recipients = self._recipients(given.recipients)
        evidence = _file_sha256(given.evidence) if given.evidence else None
        with self._node.transaction() as session:
            grant = _checked_grant(
                person_ref=self._person_who_acts(session, given, now),
                fields=fields,
                purposes=purposes,
                recipients=recipients,
                valid_from=now,
                valid_until=now + _validity(given.valid_days),
                acted_by=Actor.GUARDIAN if given.guardian else Actor.PERSON,
                guardian=self._guardian(given.guardian),
                notice=_notice(given.language),
                language=given.language,
                lawful_basis=_lawful_basis(fields),
                evidence_sha256=evidence,
            )
            return self._node.consents(session).grant(grant, now)

    def withdraw(self, consent_id: str, *, guardian: GuardianInput | None = None) -> ConsentView:
        """Record a withdrawal; from its return on, no request is answered under that consent.

        Raises:
            ConsentUnknown: there is no such consent.
            ConsentTransitionRefused: it is already refused, withdrawn or expired.
        """
        with self._node.transaction() as session:
            return self._node.consents(session).withdraw(
                consent_id,
                self._node.clock.now(),
                acted_by=Actor.GUARDIAN if guardian else Actor.PERSON,
                guardian=self._guardian(guardian),
            )

    def list(self, document: Document | None = None) -> tuple[ConsentView, ...]:
        """Return the consents of a person, of everybody when no document is given, oldest first.

        Raises:
            PersonUnknown: nobody here has that document.
        """
        with self._node.snapshot() as session:
            person = self._person(session, document) if document else None
            return self._node.consents(session).list(person)

    def receipt(self, consent_id: str, directory: Path) -> Path:
        """Write the person's receipt of a consent to a new folder and return it.

        Raises:
            ConsentUnknown: there is no such consent.
            ExportUnusable: the folder is not empty, or cannot be written.
        """
        with self._node.snapshot() as session:
            view = self._node.consents(session).get(consent_id)
            return write_receipt(self._node.ledger(session), view, directory, label=self._label)

    def _label(self, term: str, language: str) -> str:
        directory = self._node.directory.newest()
        if directory and term in directory:
            return directory.party(term).name
        if term in load_catalogue():
            return load_catalogue().field(term).label(language)
        purposes = {purpose.id: purpose for purpose in load_vocabulary().purposes}
        return purposes[term].label(language) if term in purposes else term

    def expire_due(self) -> tuple[ConsentView, ...]:
        """Tell the ledger of every consent whose validity is over; none of them was usable since."""
        with self._node.transaction() as session:
            return self._node.consents(session).expire_due(self._node.clock.now())

    def _person(self, session: Session, document: Document) -> str:
        found = self._node.people(session).find_by_document(document)
        if found is None:
            raise PersonUnknown("nobody here has that document", remedy="import the person's record first")
        return found.person_id

    def _person_who_acts(self, session: Session, given: GrantInput, now: datetime) -> str:
        person_id = self._person(session, given.document)
        identity = self._node.people(session).identity(person_id)
        if given.guardian is None and identity.age_on(now.date()) < AGE_OF_CONSENT_YEARS:
            raise GuardianNeeded(
                f"the person is under {AGE_OF_CONSENT_YEARS} (LOPDGDD art. 7)",
                remedy="name who holds parental authority with --guardian-document",
            )
        return person_id

    def _guardian(self, given: GuardianInput | None) -> Guardian | None:
        if given is None:
            return None
        # A keyed digest: the entity can recognise the guardian again, nobody can work the document out from it.
        digest = RecordCipher(self._node.keys.data_key).blind_index("guardian", given.document.canonical)
        try:
            return Guardian(relation=given.relation, reference=digest.hex())
        except ValidationError as error:
            raise ConsentInvalid(first_fault(error), remedy="the relation is one word, such as parent") from error

    def _recipients(self, names: Sequence[str]) -> tuple[str, ...]:
        directory = self._node.directory.newest() or self._node.directory.current(self._node.clock.now())
        for name in names:
            party = directory.active_party(name)
            if party.kind is EntityKind.COLLABORATOR:
                raise RecipientNotAllowed(
                    f"{name} is a collaborating entity: it never sees records (Ley 4/2018 art. 7)",
                    remedy="choose a public entity or an agent",
                )
            if name == self._node.settings.entity:
                raise RecipientNotAllowed(f"{name} is this entity", remedy="name the entities that may ask this one")
        return tuple(dict.fromkeys(names))


def shareable_fields(names: Sequence[str]) -> tuple[str, ...]:
    """Return the fields that a consent names, those of the minimum summary when it names none.

    Raises:
        UnknownTerm: the catalogue has no such field.
        FieldNotShareable: it never leaves, or only by an explicit act.
    """
    catalogue = load_catalogue()
    if not names:
        return tuple(spec.id for spec in catalogue.minimum())
    chosen = catalogue.select(names)
    for field in chosen:
        if not catalogue.field(field).shareable:
            raise FieldNotShareable(f"{field} is not shared by a general consent", remedy=f"leave {field} out")
    return chosen


def _checked_grant(**values: object) -> ConsentGrant:
    try:
        return ConsentGrant.model_validate(values)
    except ValidationError as error:
        raise ConsentInvalid(first_fault(error), remedy="see redpact-node consent grant --help") from error


def _validity(days: int) -> timedelta:
    if not 1 <= days <= MAX_VALID_DAYS:
        raise ConsentInvalid(f"a consent is valid for 1 to {MAX_VALID_DAYS} days", remedy="choose another --valid-days")
    return timedelta(days=days)


def _lawful_basis(fields: Sequence[str]) -> str:
    catalogue = load_catalogue()
    special = any(catalogue.field(field).sensitivity is Sensitivity.P3 for field in fields)
    return EXPLICIT_CONSENT_BASIS if special else CONSENT_BASIS


def _notice(language: str) -> Notice:
    notice = load_notices().current(language)
    return Notice(id=notice.id, version=notice.version, sha256=notice.sha256)


def _file_sha256(path: Path) -> str:
    digest, size = hashlib.sha256(), 0
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
                if size > MAX_EVIDENCE_BYTES:
                    raise EvidenceUnreadable(f"{path} is larger than 64 MiB", remedy="give the scan of the form only")
    except OSError as error:
        raise EvidenceUnreadable(f"cannot read {path}: {error.strerror}", remedy="check the path") from error
    return digest.hexdigest()
