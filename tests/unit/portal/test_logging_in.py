"""Logging in and out: constant refusals, lock-outs, time-outs, temporary passwords, the second factor."""

import pyotp
import pytest

from policies.staff_roles import StaffRole
from service.web.accounts.journal import entries
from service.web.accounts.model import JournalKind
from service.web.accounts.passwords import Passwords
from service.web.references import form_token
from tests.support.portal_site import PASSWORD, Browser, PortalSide

WRONG = "otras cuatro palabras distintas"


def refusal(side: PortalSide, user: str, password: str, *, address: str = "127.0.0.1") -> str:
    """Return the whole page of a refused login, but for the user name and the token."""
    browser = side.browser(address=address)
    token = browser.token()
    response = browser.post("/entrar", data={"user": user, "password": password, "form_token": token})
    assert response.status_code == 401
    return str(response.text).replace(user, "USER").replace(token, "")


def test_every_refusal_says_the_same(side: PortalSide) -> None:
    for user in ("ana", "off", "shut", "old"):
        side.account(user)
    side.site.accounts.disable("off")
    for _again in range(5):
        refusal(side, "shut", WRONG)
    expected = refusal(side, "ana", WRONG)
    assert refusal(side, "nobody", PASSWORD) == expected
    assert refusal(side, "off", PASSWORD) == expected
    assert refusal(side, "shut", PASSWORD) == expected, "locked out"
    side.later(days=91)
    assert refusal(side, "old", PASSWORD) == expected, "dormant"


def test_the_password_is_hashed_also_for_a_name_that_nobody_has(
    side: PortalSide, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The time of a refusal tells no name: each costs one verification, whatever its reason."""
    side.account("ana")
    verified: list[str | None] = []
    real = Passwords.verify

    def counting(passwords: Passwords, stored: str | None, password: str) -> bool:
        verified.append(stored)
        return real(passwords, stored, password)

    monkeypatch.setattr(Passwords, "verify", counting)
    for user in ("ana", "nobody"):
        refusal(side, user, WRONG)
    assert len(verified) == 2


def test_a_lock_out_ends_and_doubles(side: PortalSide) -> None:
    side.account("ana")
    browser = side.browser()
    for _again in range(5):
        assert browser.log_in("ana", WRONG) == 401
    assert browser.log_in("ana") == 401
    side.later(minutes=5, seconds=1)
    assert browser.log_in("ana", WRONG) == 401
    side.later(minutes=5, seconds=1)
    assert browser.log_in("ana") == 401, "the next lock-out is longer"
    side.later(minutes=6)
    assert browser.log_in("ana") == 303
    assert "6 intentos fallidos" in browser.get("/").text


def test_attempts_from_one_address_are_bounded_and_others_get_in(side: PortalSide) -> None:
    side.account("ana")
    browser = side.browser()
    for number in range(30):
        assert browser.log_in(f"guess-{number}", WRONG) == 401
    assert browser.log_in("ana") == 429
    assert side.browser(address="127.0.0.2").log_in("ana") == 303
    side.later(minutes=16)
    assert browser.log_in("ana") == 303


def test_a_login_that_is_not_used_ends_and_so_does_a_long_one(side: PortalSide) -> None:
    browser = side.logged_in("ana")
    side.later(minutes=19)
    assert browser.get("/").status_code == 200
    side.later(minutes=21)
    ended = browser.get("/")
    assert ended.headers["location"] == "/entrar?ended=1"
    assert "La sesión se había cerrado" in browser.get(ended.headers["location"]).text
    assert browser.log_in("ana") == 303
    for _again in range(45):
        side.later(minutes=14)
        browser.get("/")
    assert browser.get("/").status_code == 303


def test_logging_out_ends_the_login_on_the_server(side: PortalSide) -> None:
    browser = side.logged_in("ana")
    kept = browser.cookies["redpact-8443"]
    assert browser.submit("/salir").headers["location"] == "/entrar"
    again = side.browser()
    again.cookies.set("redpact-8443", kept, domain="127.0.0.1")
    assert again.get("/").status_code == 303


def test_a_disabled_account_is_out_at_once(side: PortalSide) -> None:
    browser = side.logged_in("ana")
    side.site.accounts.disable("ana", by="jefa")
    assert browser.get("/").status_code == 303
    assert side.browser().log_in("ana") == 401
    side.site.accounts.reset("ana", WRONG)
    assert side.browser().log_in("ana", WRONG) == 303


def test_a_temporary_password_leads_to_a_new_one_and_nowhere_else(side: PortalSide) -> None:
    side.account("ana", temporary=True)
    browser = side.browser()
    assert browser.log_in("ana") == 303
    for path in ("/", "/buscar", "/cuenta"):
        assert browser.get(path).headers["location"] == "/contrasena"
    before = browser.cookies["redpact-8443"]
    for new, again, status in (("corta", "corta", 400), (WRONG, PASSWORD, 400), (PASSWORD, PASSWORD, 400)):
        sent = browser.submit("/contrasena", seen_at="/contrasena", old=PASSWORD, new=new, again=again)
        assert sent.status_code == status
    sent = browser.submit("/contrasena", seen_at="/contrasena", old=PASSWORD, new=WRONG, again=WRONG)
    assert sent.headers["location"] == "/"
    assert browser.cookies["redpact-8443"] != before
    assert browser.get("/").status_code == 200
    assert side.browser().log_in("ana") == 401


def enrolled(side: PortalSide, user: str) -> tuple[Browser, pyotp.TOTP]:
    """Return a browser whose account has a second factor, and the application on the telephone."""
    browser = side.logged_in(user)
    account = next(each for each in side.site.accounts.list() if each.login == user)
    key = side.site.accounts.pending_factor(account)
    from base64 import b32encode

    phone = pyotp.TOTP(b32encode(key).decode())
    code = phone.at(side.clock.now())
    sent = browser.submit("/cuenta/segundo-factor", seen_at="/cuenta/segundo-factor", code=code)
    assert sent.headers["location"] == "/cuenta"
    return browser, phone


def test_a_second_factor_is_asked_for_once_it_is_set_and_each_code_is_good_once(side: PortalSide) -> None:
    _browser, phone = enrolled(side, "ana")
    assert side.browser().log_in("ana") == 401
    used = phone.at(side.clock.now())
    assert side.browser().log_in("ana", code=used) == 401, "the code that set it up"
    side.later(seconds=30)
    code = phone.at(side.clock.now())
    assert side.browser().log_in("ana", code=code) == 303
    assert side.browser().log_in("ana", code=code) == 401
    side.later(seconds=60)
    assert side.browser().log_in("ana", WRONG, code=phone.at(side.clock.now())) == 401


def test_outside_the_office_nobody_gets_in_without_a_second_factor(side: PortalSide) -> None:
    side.account("eva")
    _browser, phone = enrolled(side, "ana")
    side.later(seconds=30)
    outside = side.browser(address="10.1.2.3")
    assert outside.log_in("eva") == 401
    assert outside.log_in("ana", code=phone.at(side.clock.now())) == 303
    through_a_proxy = side.browser()
    through_a_proxy.headers["X-Forwarded-For"] = "127.0.0.1"
    assert through_a_proxy.log_in("eva") == 401


def test_the_key_of_a_second_factor_takes_the_password_again(side: PortalSide) -> None:
    browser = side.logged_in("ana")
    side.later(minutes=11)
    assert browser.get("/cuenta/segundo-factor").headers["location"] == "/confirmar"
    assert browser.submit("/confirmar", seen_at="/confirmar", password=WRONG).status_code == 401
    sent = browser.submit("/confirmar", seen_at="/confirmar", password=PASSWORD)
    assert browser.get(sent.headers["location"]).status_code == 200


def test_guessing_the_password_in_an_open_login_locks_the_account_too(side: PortalSide) -> None:
    browser = side.logged_in("ana")
    side.later(minutes=11)
    for _again in range(5):
        assert browser.submit("/confirmar", seen_at="/confirmar", password=WRONG).status_code == 401
    assert browser.submit("/confirmar", seen_at="/confirmar", password=PASSWORD).status_code == 401


def test_the_journal_says_what_happened_and_never_what_was_typed(side: PortalSide) -> None:
    side.account("ana")
    refusal(side, "nobody-of-that-name", WRONG)
    refusal(side, "ana", WRONG)
    browser = side.browser()
    browser.log_in("ana")
    browser.submit("/salir")
    with side.context.snapshot() as session:
        found = entries(session)
    kinds = [each.kind for each in reversed(found)]
    refused = JournalKind.LOGIN_REFUSED
    assert kinds == [JournalKind.ADDED, refused, refused, JournalKind.LOGIN, JournalKind.LOGOUT]
    assert "nobody" not in repr(found)


def test_the_database_holds_no_token_and_no_password(side: PortalSide) -> None:
    browser = side.logged_in("ana")
    stored = b"".join(path.read_bytes() for path in side.context.home.rglob("*") if path.is_file())
    assert browser.secret not in stored
    assert PASSWORD.encode() not in stored
    assert form_token(browser.secret).encode() not in stored


def test_the_first_page_says_when_the_account_was_last_used(side: PortalSide) -> None:
    browser = side.logged_in("ana")
    assert "Este es su primer acceso" in browser.get("/").text
    side.later(days=1)
    browser.log_in("ana")
    text = browser.get("/").text
    assert "Su acceso anterior fue el" in text
    assert "127.0.0.1" in text


def test_who_administers_is_not_who_watches(side: PortalSide) -> None:
    from service.web.errors import AccountInvalid

    for other in (StaffRole.SECURITY_OFFICER, StaffRole.DPO):
        with pytest.raises(AccountInvalid):
            side.account("all", StaffRole.ADMINISTRATOR, other)
