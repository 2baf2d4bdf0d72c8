"""Who may ask for which page: every route as every role, and as nobody, against one table."""

from typing import Final

import pytest

from node.care.access import CaseRegister
from policies.staff_roles import CASEWORK, StaffRole
from portal.persons import KIND
from service.web.routes import GET, POST
from tests.support.people import PERSON
from tests.support.portal_site import Browser, PortalSide

EVERYBODYS: Final = frozenset(StaffRole)
WATCHERS: Final = frozenset({StaffRole.ADMINISTRATOR, StaffRole.SECURITY_OFFICER})

MAY: Final[dict[str, frozenset[StaffRole] | None]] = {
    "login": None,
    "language": None,
    "logout": EVERYBODYS,
    "password": EVERYBODYS,
    "confirm": EVERYBODYS,
    "account": EVERYBODYS,
    "second_factor": EVERYBODYS,
    "home": EVERYBODYS,
    "search": CASEWORK,
    "results": CASEWORK,
    "person": CASEWORK,
    "protected": CASEWORK,
    "open_case": CASEWORK,
    "others": CASEWORK,
    "answers": CASEWORK,
    "accounts": WATCHERS,
}
"""Who may see each page; None for everybody. A page that is missing here fails the test below."""


def test_the_table_of_this_test_knows_every_page(side: PortalSide) -> None:
    assert {route.name for route in side.site.table.routes} == set(MAY)
    assert {route.name: route.access.roles for route in side.site.table.routes} == MAY


def asked(side: PortalSide, browser: Browser, name: str, method: str) -> int:
    """Ask for a page as a browser does; addresses that name somebody name the person of the tests."""
    route = next(each for each in side.site.table.routes if each.name == name)
    with side.context.snapshot() as session:
        from node.people.store import people_store

        person = people_store(side.context, session).get_by_document(PERSON).person_id
    from service.web.references import References

    reference = References(browser.secret or bytes(32)).seal(KIND, person)
    path = route.path.format(person=reference, key="none") if "{" in route.path else route.path
    if method == GET:
        response = browser.get(path)
    else:
        response = browser.post(path, data={"form_token": browser.own_token if browser.secret else ""})
    where = response.headers.get("location", "")
    return 401 if response.status_code == 303 and where.startswith("/entrar?") else response.status_code


@pytest.mark.invariant(12)
@pytest.mark.parametrize("role", sorted(StaffRole))
def test_a_role_gets_the_pages_of_its_work_and_no_others(side: PortalSide, role: StaffRole) -> None:
    found: dict[tuple[str, str], int] = {}
    for route in side.site.table.routes:
        for method in route.methods:
            browser = side.browser()  # each page in a login of its own: to log out is one of them
            user = f"{role.value[:3]}-{len(found)}"
            side.account(user, role)
            assert browser.log_in(user) == 303
            found[route.name, method] = asked(side, browser, route.name, method)
    refused = {key for key, status in found.items() if status == 403}
    closed = {name for name, roles in MAY.items() if roles is not None and role not in roles}
    assert {name for name, _method in refused} == closed
    assert not [key for key, status in found.items() if status >= 500]


@pytest.mark.invariant(12)
def test_nobody_gets_a_page_without_a_login(side: PortalSide) -> None:
    browser = side.browser()
    for route in side.site.table.routes:
        for method in route.methods:
            status = asked(side, side.browser() if method == POST else browser, route.name, method)
            if MAY[route.name] is None:
                assert status in ({200} if method == GET else {403}), route.name
            else:
                assert status in {303, 401}, (route.name, method)


def test_another_method_than_those_of_the_table_is_refused(side: PortalSide) -> None:
    browser = side.logged_in("ts-01")
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"):
        assert browser.request(method, "/").status_code == 405


@pytest.mark.invariant(12)
def test_a_professional_outside_the_team_sees_no_record_until_they_say_why(side: PortalSide) -> None:
    browser = side.logged_in("ts-01")
    found = browser.submit("/buscar", query="00000000T").headers["location"]
    assert "Abrir el caso" in browser.get(found).text
    assert "600000000" not in browser.get(found).text
    assert browser.submit(f"{found}/abrir", seen_at=found, reason="").status_code == 400
    assert browser.submit(f"{found}/abrir", seen_at=found, reason="attended_now").status_code == 303
    assert "600000000" in browser.get(found).text
    opened = CaseRegister(side.context).case_file(PERSON).openings
    assert [(each.professional, each.reason) for each in opened] == [("ts-01", "attended_now")]
    side.later(hours=13)
    assert browser.log_in("ts-01") == 303
    found = browser.submit("/buscar", query="00000000T").headers["location"]
    assert "Abrir el caso" in browser.get(found).text, "an opening does not last longer by reading"
