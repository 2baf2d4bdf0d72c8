"""The guard before every page, and the small parts that pages stand on."""

import pytest

from service.web.accounts.model import LoginRules, networks
from service.web.accounts.passwords import check_new
from service.web.accounts.second_factor import STEP_SECONDS, used_step
from service.web.errors import FormInvalid, PasswordWeak, ReferenceUnknown
from service.web.forms import MEDIA_TYPE, parse_form
from service.web.guard import host_name, is_own
from service.web.languages import language_of
from service.web.references import References, form_token, is_form_token
from service.web.serving import host_names, is_this_machine
from tests.support.clock import START


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("127.0.0.1:8443", "127.0.0.1"),
        ("LOCALHOST", "localhost"),
        ("[::1]:8443", "::1"),
        ("a@127.0.0.1", ""),
        ("127.0.0.1/x", ""),
        ("[", ""),
        ("", ""),
    ],
)
def test_a_host_is_its_name_without_the_port(host: str, name: str) -> None:
    assert host_name(host) == name


def test_where_a_request_comes_from() -> None:
    host = {"host": "127.0.0.1:8443"}
    assert is_own({**host, "origin": "http://127.0.0.1:8443"}, "http")
    assert not is_own({**host, "origin": "http://127.0.0.1:8443"}, "https")
    assert not is_own({**host, "origin": "null"}, "http")
    assert not is_own(host, "http")


def test_the_names_of_a_site() -> None:
    assert host_names("127.0.0.1:8443") == {"127.0.0.1", "localhost", "::1"}
    assert host_names("192.168.1.5:8443", ("Nodo.Local",)) == {"192.168.1.5", "nodo.local"}
    assert is_this_machine("127.9.9.9")
    assert not is_this_machine("0.0.0.0")
    assert not is_this_machine("nodo.local")


@pytest.mark.parametrize(
    ("cookie", "accepted", "lang"),
    [
        ("", "", "es"),
        ("en", "es", "en"),
        ("fr", "en-GB,en;q=0.9", "en"),
        ("", "fr;q=0.9,en;q=0.8", "en"),
        ("", "en;q=0.1,es-ES;q=0.5", "es"),
        ("", "en;q=0", "es"),
        ("", "en;q=x", "es"),
        ("", ",;,", "es"),
    ],
)
def test_the_language_of_a_request(cookie: str, accepted: str, lang: str) -> None:
    assert language_of(cookie, accepted) == lang


def test_a_reference_is_of_one_login_and_one_kind() -> None:
    own, other = References(b"a" * 32), References(b"b" * 32)
    reference = own.seal("person", "0123")
    assert own.open("person", reference) == "0123"
    assert own.seal("person", "0123") == reference
    assert "0123" not in reference
    for references, kind in ((other, "person"), (own, "consent")):
        with pytest.raises(ReferenceUnknown):
            references.open(kind, reference)
    for text in ("", "é", "====", "A", reference[:-2], reference + "AAAA", "\x00"):
        with pytest.raises(ReferenceUnknown):
            own.open("person", text)


def test_a_form_token_is_of_one_login() -> None:
    assert is_form_token(b"a" * 32, form_token(b"a" * 32))
    assert not is_form_token(b"b" * 32, form_token(b"a" * 32))
    assert not is_form_token(b"a" * 32, "ñ")


def test_a_form_is_text_within_bounds() -> None:
    form = parse_form(MEDIA_TYPE, b"a=+x+&b=1&b=2&c=%C3%B1")
    assert (form.text("a"), form.raw("a"), form.all("b"), form.text("c"), form.text("none")) == (
        "x",
        " x ",
        ("1", "2"),
        "ñ",
        "",
    )
    for kind, body in (("text/plain", b"a=1"), (MEDIA_TYPE, b"a=%ff"), (MEDIA_TYPE, b"\xff=1"), (MEDIA_TYPE, b"a")):
        with pytest.raises(FormInvalid):
            parse_form(kind, body)
    with pytest.raises(FormInvalid):
        form.text("a", longest=1)


@pytest.mark.parametrize("password", ["corta", "a" * 40, "abababababab", "clave de ANA larga", "x" * 300])
def test_a_weak_password_is_refused_and_not_repeated(password: str) -> None:
    with pytest.raises(PasswordWeak) as refused:
        check_new(password, "ana")
    assert password not in str(refused.value.message)


def test_a_code_is_good_around_its_time_and_once() -> None:
    import pyotp

    key = b"k" * 20
    step = int(START.timestamp()) // STEP_SECONDS
    code = pyotp.TOTP("NNVWW23LNNVWW23LNNVWW23LNNVWW23L").generate_otp(step)
    assert used_step(key, code, START, 0) == step
    assert used_step(key, f"{code[:3]} {code[3:]}", START, 0) == step
    assert used_step(key, code, START, step) is None
    for wrong in ("", "12345", "abcdef", "١٢٣٤٥٦", "0000000"):
        assert used_step(key, wrong, START, 0) is None


def test_who_is_in_the_office_needs_no_second_factor() -> None:
    rules = LoginRules(local=networks(("192.168.1.0/24",)))
    for address in ("127.0.0.1", "::1", "192.168.1.7", "::ffff:192.168.1.7"):
        assert not rules.needs_second_factor(address)
    for address in ("192.168.2.7", "8.8.8.8", "", "nonsense", "fe80::1%eth0"):
        assert rules.needs_second_factor(address)
    assert LoginRules(always_second_factor=True).needs_second_factor("127.0.0.1")
