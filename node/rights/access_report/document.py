"""The access report as data: the entries about a person, the answers of other entities, and its JSON document."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from consent_ledger.log.bodies import ReleaseReceivedBody
from consent_ledger.log.card_bodies import CardBlockedBody, CardIssuedBody
from consent_ledger.log.entry import Body, EntryType
from consent_ledger.log.given_elsewhere import ConfirmationBody
from consent_ledger.log.person_bodies import IdentityDecidedBody, PersonChangedBody
from consent_ledger.log.reading_bodies import RecordReadBody
from node.consents.in_force import ConsentInForce
from node.consents.in_force_report import in_force_document
from node.messages.no_answer import no_answer_label, reason_of
from node.rights.access_report.collecting import PersonEntry
from policies.errors import RedpactError, code_sentence, error_document
from presentation.messages import in_language, speaking
from records_exchange.disclosed_accesses import DisclosedAccesses

_LEFT_OUT: Final = frozenset(
    {"person_ref", "professional", "decided_by", "policy_sha256", "answer_sha256", "request_sha256"}
)
"""Parts of a body without meaning for the person, or with names of staff; proofs carry the permitted ones whole."""


@dataclass(frozen=True, slots=True)
class HolderPart:
    """Another entity's answer with the digest of its signed reply, or the error in place of one.

    `refusal` is the reason in its signed refusal; None when it did not refuse.
    """

    entity: str
    answer: DisclosedAccesses | None
    reply_sha256: str | None
    error: RedpactError | None
    refusal: str | None = None


@dataclass(frozen=True, slots=True)
class AccessReport:
    """The content of a report.

    Attributes:
        entity: id of the entity that issues it.
        origin: of its ledger.
        person_ref: the entity's random id of the person; neither name nor document is in the report.
        since: the oldest entry about the person.
        until: time of issue.
        entries: about the person, oldest first.
        others: the answers of other entities.
        asked_others: whether any were asked.
        staff_reason: code of the reason for naming staff; None when they are not named.
        names: of entities by their ids.
        consents: of the person, each with what of it is in force at the time of issue.
    """

    entity: str
    origin: str
    person_ref: str
    since: datetime
    until: datetime
    entries: Sequence[PersonEntry]
    others: Sequence[HolderPart]
    asked_others: bool
    staff_reason: str | None
    names: Mapping[str, str]
    consents: Sequence[ConsentInForce] = ()

    @property
    def complete(self) -> bool:
        """True when every entity that was asked gave a whole answer."""
        return all(part.answer is not None and not part.answer.more for part in self.others)

    def name(self, entity: str) -> str:
        """Return the name of an entity."""
        return self.names.get(entity, entity)

    def staff(self, entry: PersonEntry) -> str | None:
        """Return the reference of the professional who asked, read or decided, where the report may name staff."""
        return _named_staff(entry.body) if self.staff_reason else None

    def hides_staff(self, entry: PersonEntry) -> bool:
        """Return whether an entry names staff that the report does not: its proof then shows no content."""
        return _named_staff(entry.body) is not None and self.staff_reason is None

    def of(self, *kinds: EntryType) -> tuple[PersonEntry, ...]:
        """Return the entries of some types, the newest first."""
        return tuple(entry for entry in reversed(self.entries) if entry.kind in kinds)


def _named_staff(body: Body) -> str | None:
    if isinstance(body, ConfirmationBody):
        return body.decided_by
    staffed = (
        ReleaseReceivedBody
        | RecordReadBody
        | CardIssuedBody
        | CardBlockedBody
        | IdentityDecidedBody
        | PersonChangedBody
    )
    return body.professional if isinstance(body, staffed) else None


def report_document(report: AccessReport) -> dict[str, Any]:
    """Return the report as JSON values; the ledger records the hash of the file that holds them."""
    return {
        "v": 1,
        "entity": report.entity,
        "entity_name": report.name(report.entity),
        "ledger": report.origin,
        "person_ref": report.person_ref,
        "since": report.since.isoformat(),
        "until": report.until.isoformat(),
        "staff_reason": report.staff_reason,
        "entries": [_entry(report, entry) for entry in report.entries],
        "consents": [
            {"consent_id": each.view.consent_id, "state": each.view.state.value, "in_force": in_force_document(each)}
            for each in report.consents
        ],
        "asked_others": report.asked_others,
        "others": [_part(report, part) for part in report.others],
        "complete": report.complete,
    }


def _entry(report: AccessReport, entry: PersonEntry) -> dict[str, Any]:
    body = {name: value for name, value in entry.body.model_dump(mode="json").items() if name not in _LEFT_OUT}
    document = {"index": entry.index, "time": entry.time.isoformat(), "type": entry.kind.value, "says": body}
    document["proof"] = f"proofs/{entry.index}.tlog-proof"
    staff = report.staff(entry)
    return document | ({"staff": staff} if staff else {})


def _part(report: AccessReport, part: HolderPart) -> dict[str, Any]:
    answer = part.answer.model_dump(mode="json") if part.answer else {"accesses": [], "more": False}
    return {
        "entity": part.entity,
        "entity_name": report.name(part.entity),
        "answered": part.answer is not None,
        "accesses": answer["accesses"],
        "more": answer["more"],
        "reply_sha256": part.reply_sha256,
        "refused": part.refusal is not None,
        "why": reason_of(part.error).value if part.error and part.refusal is None else None,
        "error": error_document(part.error)["error"] if part.error else None,
    }


def part_failure(part: HolderPart, lang: str) -> str:
    """Return in words why another entity's part is missing: it refused with its signature, or there is no answer."""
    if part.refusal is not None:
        said = code_sentence(part.refusal)
        return speaking(lang)("recibió la pregunta y no quiso contestarla ({said})", said=said)
    return in_language(no_answer_label(reason_of(part.error)), lang) if part.error else "-"
