"""The question to other entities about a person, and their answers on a page of their own."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from starlette.responses import Response

from node.care.model import ProfessionalAccess
from node.fetch.asking import Fetched, question_of
from node.fetch.identity_conflicts import identity_conflicts, shown_value
from node.fetch.located import LocatedFetch
from node.messages.no_answer import no_answer_label, reason_of
from node.people.lookup import PersonLookup
from policies.catalogue import Sensitivity, load_catalogue
from policies.reasons import ReasonCode, reason_label
from policies.staff_roles import CASEWORK
from policies.vocabulary import Role, load_vocabulary
from portal.pages.confirm import confirm_password
from portal.pages.opening import ask_reason
from portal.parts import Portal
from portal.persons import PagePerson, access_of, person_of
from presentation.messages import _, in_language, listing
from presentation.pages import day, moment
from records_exchange.request import Question
from service.web.errors import LoginRefused
from service.web.page_request import PageRequest
from service.web.routes import Access, Route

MINIMUM: Final = "minimum"
ORDINARY: Final = "ordinary"
SPECIAL: Final = "special"
_USUAL_PURPOSE: Final = "casework"


@dataclass(frozen=True, slots=True)
class Answers:
    """The question about a person and the answers, kept for their own page."""

    person: PagePerson
    found: LocatedFetch


def routes(portal: Portal) -> Sequence[Route]:
    """Return the pages of this module."""
    access = Access(frozenset(CASEWORK))
    return (
        Route(
            "others", "/persona/{person}/otras-entidades", access, get=partial(show, portal), post=partial(ask, portal)
        ),
        Route("answers", "/respuestas/{key}", access, get=answers),
    )


def show(portal: Portal, page: PageRequest) -> Response:
    """Show the question: for what, and how much."""
    person = person_of(portal, page)
    if access_of(portal, page, person) is None:
        return ask_reason(portal, page, person)
    return _form(portal, page, person)


def ask(portal: Portal, page: PageRequest) -> Response:
    """Ask the entities that the person lets share with this one, and lead to their answers."""
    person = person_of(portal, page)
    access = access_of(portal, page, person)
    if access is None:
        return ask_reason(portal, page, person)
    purpose, extent = page.form.text("purpose"), page.form.text("extent")
    faults = list(_faults(portal, page, access, purpose, extent))
    if faults:
        return _form(portal, page, person, faults, chosen=(purpose, extent))
    question = _question(portal, access, purpose, extent)
    found = portal.node.fetching.fetch_located(PersonLookup(person.identity.document), question)
    return page.go("answers", key=page.keep(Answers(person, found)))


def answers(page: PageRequest) -> Response:
    """Show the answers with source and date, the withheld data with reasons, and the silent entities."""
    kept = page.kept(page.parts["key"])
    if not isinstance(kept, Answers):
        return page.go("search")
    fetched = kept.found.fetched
    return page.show(
        "answers.html",
        person=kept.person,
        asked=moment(fetched.asked_at, page.lang),
        purpose=load_vocabulary().purpose(fetched.question.purpose).label(page.lang),
        conflicts=list(_conflicts(page, fetched)),
        rows=_rows(page, fetched),
        withheld=list(_withheld(page, fetched)),
        silent=list(_silent(page, fetched)),
        more_entities=kept.found.located.more or kept.found.located.unlisted > 0,
        asked_nobody=not fetched.replies,
    )


# ---- the question


def _role(portal: Portal, access: ProfessionalAccess) -> Role:
    """Return the role in which the professional asks: that of their place on the team, or the entity's usual one."""
    if access.role:
        return load_vocabulary().role(access.role)
    context = portal.context
    own = context.directory.current(context.clock.now()).party(context.settings.entity)
    return load_vocabulary().default_role(own.kind)


def _purposes(portal: Portal, access: ProfessionalAccess) -> list[str]:
    allowed = _role(portal, access).purposes
    return [each.id for each in load_vocabulary().purposes if each.exchange and each.id in allowed]


def _faults(
    portal: Portal, page: PageRequest, access: ProfessionalAccess, purpose: str, extent: str
) -> Iterator[tuple[str, str]]:
    if purpose not in _purposes(portal, access):
        yield "purpose", _("Elija para qué lo consulta.")
    if extent not in {MINIMUM, ORDINARY, SPECIAL}:
        yield "extent", _("Elija cuánto quiere ver.")
    if extent == SPECIAL and not page.is_confirmed:
        try:
            confirm_password(page)
        except LoginRefused:
            yield "password", _("Para incluir la salud, escriba su contraseña.")


def _question(portal: Portal, access: ProfessionalAccess, purpose: str, extent: str) -> Question:
    needed = load_vocabulary().purpose(purpose).categories
    fields = [each for each in load_catalogue().shareable() if each.category in needed]
    if extent == MINIMUM:
        fields = []
    elif extent == ORDINARY:
        fields = [each for each in fields if each.sensitivity.level < Sensitivity.P3.level]
    return question_of(
        portal.context,
        purpose,
        fields=[each.id for each in fields],
        role=access.role,
        access=access.access,
        professional=access.professional,
    )


def _form(
    portal: Portal,
    page: PageRequest,
    person: PagePerson,
    faults: Sequence[tuple[str, str]] = (),
    chosen: tuple[str, str] = (_USUAL_PURPOSE, MINIMUM),
) -> Response:
    (purpose, extent), access, say = chosen, access_of(portal, page, person), page.say
    purposes = _purposes(portal, access) if access else []
    words = load_vocabulary()
    extents = [
        (MINIMUM, say("El resumen mínimo"), say("Situación, convivencia, trabajo, caso y necesidades.")),
        (ORDINARY, say("Todo lo que esa finalidad necesita, menos la salud"), ""),
        (SPECIAL, say("También la salud"), say("Le pedirá la contraseña.")),
    ]
    return page.show(
        "others.html",
        status=400 if faults else 200,
        person=person,
        faults=faults,
        purposes=[(each, words.purpose(each).label(page.lang), "") for each in purposes],
        purpose=purpose,
        extents=extents,
        extent=extent,
        confirmed=page.is_confirmed,
    )


# ---- the answers


def _rows(page: PageRequest, fetched: Fetched) -> list[tuple[object, ...]]:
    catalogue, lang = load_catalogue(), page.lang
    return [
        (
            catalogue.field(item.id).label(lang),
            catalogue.display(item.id, item.value, lang),
            reply.holder.name,
            day(item.recorded_at, lang),
        )
        for reply in fetched.replies
        if reply.answer is not None
        for item in reply.answer.fields
    ]


def _withheld(page: PageRequest, fetched: Fetched) -> Iterator[tuple[str, str, list[str]]]:
    """Yield entity, reason and fields of the withheld data: one line for each reason, never one for each field."""
    catalogue, lang = load_catalogue(), page.lang
    for reply in fetched.replies:
        gaps = reply.answer.withheld if reply.answer else ()
        for reason in dict.fromkeys(gap.reason for gap in gaps):
            fields = [catalogue.field(gap.id).label(lang) for gap in gaps if gap.reason == reason]
            yield reply.holder.name, reason_label(reason, lang), fields


def _silent(page: PageRequest, fetched: Fetched) -> Iterator[tuple[str, str]]:
    """Yield entity and reason of those that showed nothing at all."""
    for reply in fetched.replies:
        if reply.error is not None:
            yield reply.holder.name, in_language(no_answer_label(reason_of(reply.error)), page.lang)
        elif not reply.released and reply.answer is not None:
            yield reply.holder.name, reason_label(reply.answer.reason or ReasonCode.NOTHING_TO_SHARE, page.lang)


def _conflicts(page: PageRequest, fetched: Fetched) -> Iterator[str]:
    for each in identity_conflicts(fetched):
        told = [f"{shown_value(each, value, page.lang)} ({name})" for name, value in each.told]
        yield _(
            "Las entidades hablan quizá de personas distintas. {field}: {told}. No junte estos datos hasta aclararlo "
            "con ellas.",
            field=load_catalogue().field(each.field).label(page.lang),
            told=listing(told),
        )
