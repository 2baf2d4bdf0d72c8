"""Attacks on the pages: planted tokens, forms of other sites, addresses of other logins, scripts in data."""

import re
from dataclasses import replace

import pytest

from node.care.access import CaseRegister
from policies.staff_roles import StaffRole
from portal.pages.language import own_path
from service.web.headers import CONTENT_POLICY
from tests.support import parts
from tests.support.people import OTHER_PERSON, PERSON, person_record
from tests.support.portal_site import PASSWORD, Browser, PortalSide

SCRIPT = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


def person_address(browser: Browser, document: str = "00000000T") -> str:
    return browser.submit("/buscar", query=document).headers["location"]


def test_a_token_from_before_the_login_is_no_login(side: PortalSide) -> None:
    """Session fixation: whoever put a token into the browser does not get in with it."""
    side.account("ana")
    victim = side.browser()
    victim.get("/entrar")
    planted = victim.cookies["redpact-8443"]
    assert victim.log_in("ana") == 303
    assert victim.cookies["redpact-8443"] != planted
    attacker = side.browser()
    attacker.cookies.set("redpact-8443", planted, domain="127.0.0.1")
    assert attacker.get("/").status_code == 303


def test_a_second_login_ends_the_first_of_the_same_browser(side: PortalSide) -> None:
    browser = side.logged_in("ana")
    first = browser.cookies["redpact-8443"]
    browser.cookies.delete("redpact-8443")
    browser.cookies.set("redpact-8443", first, domain="127.0.0.1")
    fields = {"user": "ana", "password": PASSWORD, "form_token": browser.own_token}
    assert browser.post("/entrar", data=fields).status_code == 303
    old = side.browser()
    old.cookies.set("redpact-8443", first, domain="127.0.0.1")
    assert old.get("/").status_code == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://elsewhere.example"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "http://127.0.0.1:8444"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://127.0.0.1:8443"},
    ],
    ids=lambda each: " ".join(each.values()),
)
def test_a_form_of_another_site_is_refused_whatever_token_it_has(side: PortalSide, headers: dict[str, str]) -> None:
    browser = side.logged_in("ana")
    data = {"form_token": browser.own_token, "query": "00000000T"}
    assert browser.post("/buscar", data=data, headers=headers).status_code == 403
    assert browser.post("/buscar", data=data).status_code == 303


def test_a_request_that_does_not_say_where_it_comes_from_is_refused(side: PortalSide) -> None:
    browser = side.logged_in("ana")
    data = {"form_token": browser.own_token, "query": "00000000T"}
    del browser.headers["Sec-Fetch-Site"]
    assert browser.post("/buscar", data=data).status_code == 403
    assert browser.post("/buscar", data=data, headers={"Origin": "http://127.0.0.1:8443"}).status_code == 303


def test_a_form_without_the_token_of_this_login_is_refused(side: PortalSide) -> None:
    ana, eva = side.logged_in("ana"), side.logged_in("eva")
    for token in ("", "0" * 64, eva.own_token, "é"):
        assert ana.post("/buscar", data={"form_token": token, "query": "x"}).status_code == 403
    assert ana.post("/salir", data={"form_token": eva.own_token}).status_code == 403
    assert ana.get("/").status_code == 200


def test_the_address_of_a_person_is_of_no_use_to_another_login(side: PortalSide) -> None:
    """Insecure direct object reference: addresses cannot be shared, guessed, or made from an id."""
    CaseRegister(side.context).add_member(PERSON, "ana", "ceas_social_worker", added_by="ts-00")
    ana, eva = side.logged_in("ana"), side.logged_in("eva")
    address = person_address(ana)
    assert ana.get(address).status_code == 200
    with side.context.snapshot() as session:
        from node.people.store import people_store

        person = people_store(side.context, session).get_by_document(PERSON).person_id
    changed = address[:-1] + ("A" if address[-1] != "A" else "B")
    for path in (address, changed, f"/persona/{person}", "/persona/x", "/persona/%00", "/persona/" + "A" * 900):
        for tail in ("", "/protegidos", "/otras-entidades"):
            assert eva.get(path + tail).status_code == 404, path
    answers = ana.submit(
        f"{address}/otras-entidades", seen_at=f"{address}/otras-entidades", purpose="casework", extent="minimum"
    ).headers["location"]
    assert ana.get(answers).status_code == 200
    assert eva.get(answers).headers["location"] == "/buscar"


def test_no_address_and_no_log_names_anybody(side: PortalSide, capfd: pytest.CaptureFixture[str]) -> None:
    CaseRegister(side.context).add_member(PERSON, "ana", "ceas_social_worker", added_by="ts-00")
    browser = side.logged_in("ana")
    pages = [browser.get("/").text]
    for query in ("00000000T", "Ficticia", "no existe nadie"):
        found = browser.submit("/buscar", query=query).headers["location"]
        pages.append(browser.get(found).text)
    with side.context.snapshot() as session:
        from node.people.store import people_store

        person = people_store(side.context, session).get_by_document(PERSON).person_id
    addresses = " ".join(re.findall(r'(?:href|action)="([^"]*)"', " ".join(pages)))
    for text in ("00000000", "Ficticia", person, person[:8]):
        assert text not in addresses
    assert person not in " ".join(pages), "a person is a name, never an id"
    said = "".join(capfd.readouterr())
    assert "Ficticia" not in said
    assert "00000000T" not in said


def test_data_are_text_wherever_they_are_shown(side: PortalSide) -> None:
    """Cross-site scripting by every field of a person that takes text, and by names of staff."""
    fields = {"person.contact": SCRIPT, "action.notes": SCRIPT, "person.safe_contact": SCRIPT, "dx.notes": SCRIPT}
    record = replace(person_record(OTHER_PERSON, name=f"Rosa {SCRIPT}"), fields=fields)
    parts.hold(side.context, record)
    CaseRegister(side.context).add_member(OTHER_PERSON, "ana", "ceas_social_worker", added_by="ts-00")
    browser = side.logged_in("ana")
    address = person_address(browser, OTHER_PERSON.number)
    listed = browser.submit("/buscar", query="rosa").headers["location"]
    pages = {path: browser.get(path).text for path in ("/", listed, address, f"{address}/otras-entidades")}
    password = {"password": PASSWORD}
    browser.submit(f"{address}/protegidos", seen_at=address, **password)
    pages["protected"] = browser.get(f"{address}/protegidos").text
    pages["query"] = browser.submit("/buscar", query=SCRIPT + "1234").text
    for name, html in pages.items():
        assert "<script>alert" not in html, name
        assert "<img" not in html, name
    assert "&lt;script&gt;" in pages[address]


@pytest.mark.parametrize(
    "back",
    ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", "\\\\elsewhere.example", "/\n/x", ""],
)
def test_no_page_leads_elsewhere(side: PortalSide, back: str) -> None:
    browser = side.logged_in("ana")
    assert browser.submit("/idioma", back=back, language="en").headers["location"] == "/"
    assert own_path("/buscar") == "/buscar"


@pytest.mark.parametrize(
    "host", ["elsewhere.example", "127.0.0.1.elsewhere.example", "127.0.0.1@elsewhere.example", ""]
)
def test_another_host_is_refused(side: PortalSide, host: str) -> None:
    """DNS rebinding: a page elsewhere that points its own name here reads nothing."""
    browser = side.logged_in("ana")
    response = browser.get("/", headers={"Host": host})
    assert response.status_code == 421
    assert "Ana" not in response.text


def test_every_answer_has_the_headers_and_no_page_is_kept(side: PortalSide) -> None:
    browser = side.logged_in("ana")
    answers = [
        browser.get("/"),
        browser.get("/nada"),
        browser.get("/cuentas"),
        browser.get("/buscar", headers={"Host": "elsewhere.example"}),
        browser.post("/buscar", data={}),
        side.browser().get("/"),
        side.browser().get("/entrar"),
    ]
    for answer in answers:
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["content-security-policy"] == CONTENT_POLICY
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert "server" not in answer.headers
    assert "unsafe" not in CONTENT_POLICY


def test_pages_have_no_script_and_no_style_of_their_own(side: PortalSide) -> None:
    browser = side.logged_in("ana")
    for path in ("/", "/buscar", "/cuenta", "/contrasena", "/cuenta/segundo-factor", "/nada"):
        html = browser.get(path).text
        assert not re.search(r"<script(?![^>]* src=)[^>]*>", html), path
        assert "<style" not in html
        assert not re.search(r"\s(style|on\w+)=", html), path
        assert not re.search(r'(?:src|href)="(?:https?:)?//', html), path


def test_a_cookie_is_for_this_browser_alone(side: PortalSide) -> None:
    side.account("ana")
    browser = side.browser()
    response = browser.post(
        "/entrar", data={"user": "ana", "password": PASSWORD, "form_token": browser.token("/entrar")}
    )
    cookie = response.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "max-age" not in cookie


def test_a_body_is_bounded(side: PortalSide) -> None:
    browser = side.logged_in("ana")
    assert browser.post("/buscar", content=b"a=" + b"x" * 300_000).status_code == 413
    many = "&".join(f"a{n}=1" for n in range(2000))
    kind = {"content-type": "application/x-www-form-urlencoded"}
    assert browser.post("/buscar", content=many, headers=kind).status_code == 400
    assert browser.post("/buscar", json={"query": "x"}).status_code == 400
    assert browser.get("/buscar?" + "x" * 4000).status_code == 414


def test_an_asset_is_looked_up_and_never_a_path(side: PortalSide) -> None:
    browser = side.browser()
    html = browser.get("/entrar").text
    css = re.search(r'href="(/assets/[^"]+redpact\.css)"', html)
    assert css is not None
    assert "immutable" in browser.get(css[1]).headers["cache-control"]
    for path in ("/assets/x/../../etc/passwd", "/assets/x/..%2f..%2fetc%2fpasswd", "/assets/x/manifest.json"):
        assert browser.get(path).status_code == 404


def test_a_fault_of_a_page_tells_nothing_and_stops_nothing(
    side: PortalSide, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    browser = side.logged_in("jefa", StaffRole.ADMINISTRATOR)

    def broken(*_given: object) -> None:
        raise KeyError("Ana Ficticia 00000000T")

    monkeypatch.setattr(side.site.accounts, "list", broken)
    response = browser.get("/cuentas")
    assert response.status_code == 500
    assert "Ficticia" not in response.text
    assert "Ficticia" not in "".join(capfd.readouterr())
    assert browser.get("/").status_code == 200
