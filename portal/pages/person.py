"""One person: what this entity knows, who works with them, their consents, and what others shared lately."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final

from markupsafe import Markup
from starlette.responses import Response

from consent_ledger.consents.model import STATE_NAMES
from node.care.access import CaseRegister
from node.care.model import ProfessionalAccess
from node.care.person_record import person_document, standing_lines, value_words
from node.consents.in_force import ConsentInForce, InForce
from node.people.store import people_store
from policies.birth_words import birth_words
from policies.case_access import CaseAccess, access_label, load_case_access
from policies.catalogue import FieldSpec, Sensitivity, load_catalogue
from policies.local_days import last_day, local_day
from policies.record_readings import RecordPart
from policies.staff_roles import CASEWORK
from policies.vocabulary import load_vocabulary
from portal.pages.confirm import confirm_password
from portal.pages.opening import ask_reason
from portal.parts import Portal
from portal.persons import PagePerson, access_of, person_of
from portal.words import GROUPS, OTHER_GROUP
from presentation.messages import in_language
from presentation.pages import day
from service.web.errors import LoginRefused
from service.web.page_request import PageRequest
from service.web.routes import Access, Route

SAFE_CONTACT: Final = "person.safe_contact"
IN_THE_HEAD: Final = frozenset({"person.name", "person.national_id", "person.birth_year", SAFE_CONTACT})
"""Fields that the head of the page shows."""


def routes(portal: Portal) -> Sequence[Route]:
    """Return the pages of this module."""
    access = Access(frozenset(CASEWORK))
    return (
        Route("person", "/persona/{person}", access, get=partial(show, portal)),
        Route(
            "protected",
            "/persona/{person}/protegidos",
            access,
            get=partial(show_protected, portal),
            post=partial(confirm, portal),
        ),
    )


def show(portal: Portal, page: PageRequest) -> Response:
    """Show the person, once it is on record who reads; or ask for the reason of opening the case."""
    return _page(portal, page, protected=False)


def show_protected(portal: Portal, page: PageRequest) -> Response:
    """Show the specially protected data too, or ask for the password first."""
    return _page(portal, page, protected=True)


def confirm(portal: Portal, page: PageRequest) -> Response:
    """Show the specially protected data too, once the password was given again."""
    try:
        confirm_password(page)
    except LoginRefused as error:
        return _page(portal, page, (("password", in_language(error.message, page.lang)),), protected=True)
    return page.go("protected", person=page.parts["person"])


def _page(portal: Portal, page: PageRequest, faults: Sequence[tuple[str, str]] = (), *, protected: bool) -> Response:
    person = person_of(portal, page)
    if access_of(portal, page, person) is None:
        return ask_reason(portal, page, person)
    document = person.identity.document
    access = CaseRegister(portal.context).read_held(document, page.account.staff_code, RecordPart.RECORD)
    with portal.context.snapshot() as session:
        people = people_store(portal.context, session)
        record = person_document(people, people.person(person.person_id), page.now)
        consents = InForce(portal.context, session, page.now).list(person.person_id)
    opened = protected and page.is_confirmed
    parts = [(each, *_split(each["fields"], access, protected=opened)) for each in (record, *record["other_records"])]
    return page.show(
        "person.html",
        status=401 if faults else 200,
        faults=faults,
        person=person,
        born=birth_words(person.identity.birth_date, page.lang),
        age=_age(page, person),
        safe_contact=next((each["value"] for each in record["fields"] if each["id"] == SAFE_CONTACT), ""),
        standing=[line for each in (record, *record["other_records"]) for line in standing_lines(each, page.lang)],
        records=[(each["document"], _groups(shown, page.lang)) for each, shown, _hidden in parts],
        hidden=sum(hidden for _each, _shown, hidden in parts),
        opened=opened,
        asks=protected and not opened,
        team=_team(portal, page, person),
        consents=[_consent(portal, page, each) for each in reversed(consents)],
        access=access_label(access.access.how, access.access.reason, page.lang),
    )


def _age(page: PageRequest, person: PagePerson) -> int | None:
    """Return the person's age in completed years; None where the birth date leaves it open."""
    ages = person.identity.birth.ages_on(local_day(page.now))
    return ages[0] if ages and ages[0] == ages[1] else None


def _split(
    fields: Sequence[dict[str, Any]], access: ProfessionalAccess, *, protected: bool
) -> tuple[list[dict[str, Any]], int]:
    """Return the fields to show, and the number of those that are shown on demand only.

    What the way to the case may not see is neither shown nor counted. Violence and child protection (P4) are for the
    team; the instruction on safe contact is for whoever may contact the person.
    """
    catalogue, clearance = load_catalogue(), load_case_access().ways[access.access.key].clearance
    highest = Sensitivity.P4.level if access.access.how is CaseAccess.TEAM else clearance
    may = [each for each in fields if each["id"] == SAFE_CONTACT or _level(catalogue.field(each["id"])) <= highest]
    special = [each for each in may if _is_special(catalogue.field(each["id"]))]
    if protected:
        return may, 0
    return [each for each in may if each not in special], len(special)


def _level(spec: FieldSpec) -> int:
    return spec.sensitivity.level


def _is_special(spec: FieldSpec) -> bool:
    return spec.id != SAFE_CONTACT and spec.sensitivity.level >= Sensitivity.P3.level


def _groups(fields: Sequence[dict[str, Any]], lang: str) -> list[tuple[str, str, list[tuple[str, object]]]]:
    """Return (heading, day on which all was recorded, rows) in the order of reading.

    Where the data under a heading were recorded on different days, the day stands in each row.
    """
    catalogue = load_catalogue()
    grouped: dict[str, list[tuple[FieldSpec, object, Markup]]] = {}
    for each in fields:
        if each["id"] not in IN_THE_HEAD:
            spec, recorded = catalogue.field(each["id"]), datetime.fromisoformat(each["recorded_at"])
            grouped.setdefault(spec.category, []).append((spec, each["value"], day(recorded, lang)))
    order = [*GROUPS, *(name for name in grouped if name not in GROUPS)]
    found = []
    for name in (each for each in order if each in grouped):
        days = {recorded for _spec, _value, recorded in grouped[name]}
        rows = [
            (spec.label(lang), _value_of(spec, value, recorded, lang, days)) for spec, value, recorded in grouped[name]
        ]
        found.append((in_language(GROUPS.get(name, OTHER_GROUP), lang), days.pop() if len(days) == 1 else "", rows))
    return found


def _value_of(spec: FieldSpec, value: object, recorded: Markup, lang: str, days: set[Markup]) -> object:
    words = value_words(spec, value, lang) or "—"
    return words if len(days) == 1 else Markup('{} <span class="quiet">· {}</span>').format(words, recorded)


def _team(portal: Portal, page: PageRequest, person: PagePerson) -> list[tuple[object, ...]]:
    """Return who works with the person here, by the names of their accounts."""
    names = {each.staff_code: each.name for each in page.site.accounts.list()}
    file = CaseRegister(portal.context).case_file(person.identity.document)
    return [
        (
            names.get(each.professional, each.professional),
            load_vocabulary().role(each.role).label(page.lang),
            day(each.since, page.lang),
        )
        for each in file.team
        if each.live(file.as_of)
    ]


def _consent(portal: Portal, page: PageRequest, found: ConsentInForce) -> tuple[object, ...]:
    record, names = found.view.record, portal.context.entity_names()
    purposes = ", ".join(load_vocabulary().purpose(each).label(page.lang) for each in record.purposes)
    return (
        ", ".join(names.get(each, each) for each in record.recipients),
        purposes,
        in_language(STATE_NAMES[found.view.state], page.lang),
        day(last_day(record.valid_until), page.lang),
    )
