"""The first page: a search, one's own cases, and what waits."""

from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Any

from markupsafe import Markup
from starlette.responses import Response

from node.care.caseload import OwnCase, own_cases
from node.consents.report import due_reason_label
from node.inbox.items import Inbox, Item
from node.inbox.report import item_label
from policies.birth_words import birth_words
from policies.referrals import ReferralSide, ReferralState
from policies.staff_roles import CASEWORK, EVERY_ROLE
from policies.vocabulary import load_vocabulary
from portal.parts import Portal
from portal.persons import KIND, note_names
from presentation.pages import day, moment
from records_exchange.mailboxes import SqlMailbox
from records_exchange.withdrawal import END_KINDS
from service.web.page_request import PageRequest
from service.web.routes import Access, Route

_MOST_CASES = 100


def routes(portal: Portal) -> Sequence[Route]:
    """Return the pages of this module."""
    return (Route("home", "/", Access(EVERY_ROLE), get=partial(show, portal)),)


def show(portal: Portal, page: PageRequest) -> Response:
    """Show what waits; one's own cases to those who work with people."""
    works = bool(CASEWORK & page.account.roles)
    cases = _own_cases(portal, page) if works else ()
    due = [each for each in cases if each.due]
    waiting = _waiting(portal) if works else {}
    figures = _figures(page, cases, due, waiting) if works else []
    before, login = None, page.login
    if login is not None and login.before_at is not None:
        before = moment(login.before_at, page.lang)
    return page.show(
        "home.html",
        figures=figures,
        items=[_item(portal, page, each) for each in waiting.get("items", ())],
        before=before,
        before_from=login.before_from if login else "",
        failures=login.failures_before if login else 0,
        works=works,
        cases=[_case(page, each) for each in cases[:_MOST_CASES]],
        more=len(cases),
    )


def _own_cases(portal: Portal, page: PageRequest) -> tuple[OwnCase, ...]:
    """Return one's own cases; people that this login was not shown before are put on record first."""
    cases = own_cases(portal.context, page.account.staff_code)
    note_names(portal, page, [each.person_id for each in cases])
    return cases


def _case(page: PageRequest, case: OwnCase) -> tuple[object, ...]:
    lang = page.lang
    link = Markup('<a class="govuk-link" href="{}">{}</a>').format(
        page.url("person", person=page.references.seal(KIND, case.person_id)), case.name
    )
    due = [Markup("{} ({})").format(due_reason_label(reason.value, lang), day(last, lang)) for last, reason in case.due]
    return (
        link,
        birth_words(case.birth_date, lang),
        load_vocabulary().role(case.role).label(lang),
        Markup("<br>").join(due) if due else "—",
    )


def _waiting(portal: Portal) -> dict[str, Any]:
    with portal.context.snapshot() as session:
        items = Inbox(session).list()
        ends = [each for each in SqlMailbox(session).waiting() if each.kind in END_KINDS]
    received = portal.node.referrals.list(side=ReferralSide.RECEIVER, open_only=True)
    unanswered = [each for each in received if each.state is ReferralState.RECEIVED]
    return {"items": items, "withdrawals": Counter(each.recipient for each in ends), "referrals": len(unanswered)}


def _figures(
    page: PageRequest, cases: Sequence[OwnCase], due: Sequence[OwnCase], waiting: dict[str, Any]
) -> list[tuple[int, str, str]]:
    """Return a figure, its words and its looks for each thing that a professional watches."""
    say, withdrawals = page.say, sum(waiting["withdrawals"].values())
    return [
        (len(cases), say.plural("caso en su equipo", "casos en su equipo", len(cases)), "plain"),
        _figure(len(waiting["items"]), say.plural("aviso por atender", "avisos por atender", len(waiting["items"]))),
        _figure(
            waiting["referrals"],
            say.plural("derivación por contestar", "derivaciones por contestar", waiting["referrals"]),
        ),
        _figure(
            len(due),
            say.plural(
                "persona con un consentimiento que revisar", "personas con un consentimiento que revisar", len(due)
            ),
        ),
        _figure(
            withdrawals,
            say.plural("retirada sin acuse de recibo", "retiradas sin acuse de recibo", withdrawals),
        ),
    ]


def _figure(count: int, words: str) -> tuple[int, str, str]:
    return count, words, "due" if count else "quiet"


def _item(portal: Portal, page: PageRequest, item: Item) -> tuple[object, ...]:
    subject, detail = item_label(item, page.lang, {"consent_due": due_reason_label})
    peer = portal.context.entity_names().get(item.peer, item.peer)
    return moment(item.created_at, page.lang), subject, detail or "—", peer or "—"
