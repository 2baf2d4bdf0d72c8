"""The pages in a real browser: accessible, readable on a telephone and on paper, without scripts, by keyboard alone."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.support.chromium import ServedPortal, context_of, log_in, overflowing, violations
from tests.support.portal_site import PASSWORD
from tests.support.waiting import PATIENCE_SECONDS

pytestmark = pytest.mark.browser


def walk(page: Page, address: str) -> Iterator[str]:
    """Go to every kind of page, and yield its name while it is shown."""
    page.goto(f"{address}/entrar")
    yield "login"
    page.fill("#user", "nobody")
    page.fill("#password", "wrong")
    page.keyboard.press("Enter")
    page.wait_for_selector(".govuk-error-summary")
    yield "refused login"
    log_in(page, address)
    yield "home"
    page.fill("#query", "garcia")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/buscar/"))
    yield "results"
    page.click("text=Núria")
    page.wait_for_url(re.compile("/persona/"))
    yield "opening"
    page.goto(f"{address}/")
    page.click("main >> text=Lucía")
    page.wait_for_url(re.compile("/persona/"))
    yield "person"
    person = page.url
    page.goto(f"{person}/protegidos")
    yield "protected data"
    page.goto(f"{person}/otras-entidades")
    yield "question"
    page.locator("main button[type=submit]").click()
    page.wait_for_url(re.compile("/respuestas/"))
    yield "answers"
    for path in ("/buscar", "/cuenta", "/contrasena", "/cuenta/segundo-factor", "/nada", "/cuentas"):
        page.goto(address + path)
        yield path


@pytest.mark.parametrize("lang", ["es", "en"])
def test_every_page_is_accessible(browser: Browser, portal: ServedPortal, lang: str) -> None:
    """No violation of WCAG 2.2 A and AA, EN 301 549 or best practice, on desktop and telephone."""
    found = {}
    for width in (1280, 375):
        with context_of(browser, lang=lang, width=width) as context:
            page = context.new_page()
            page.set_default_timeout(PATIENCE_SECONDS * 1000)
            for name in walk(page, portal.address):
                assert page.locator("html").get_attribute("lang") == lang
                if broken := violations(page):
                    found[name, width] = broken
    assert found == {}


def test_the_pages_of_an_administrator_are_accessible(browser: Browser, portal: ServedPortal) -> None:
    with context_of(browser) as context:
        page = context.new_page()
        log_in(page, portal.address, "jefa")
        assert violations(page) == []
        page.goto(f"{portal.address}/cuentas")
        assert violations(page) == []
        assert overflowing(page) == []


@pytest.mark.parametrize("width", [320, 375, 1280])
def test_nothing_scrolls_sideways(browser: Browser, portal: ServedPortal, width: int) -> None:
    """WCAG 1.4.10: at 320 pixels, which is 1280 at 400 %, everything is still in one column."""
    with context_of(browser, width=width) as context:
        page = context.new_page()
        assert {name: overflowing(page) for name in walk(page, portal.address) if overflowing(page)} == {}


def test_twice_the_text_loses_nothing(browser: Browser, portal: ServedPortal) -> None:
    with context_of(browser, width=1280) as context:
        page = context.new_page()
        for name in walk(page, portal.address):
            page.add_style_tag(content="html{font-size:200%}")
            assert overflowing(page) == [], name


def test_every_page_works_without_scripts(browser: Browser, portal: ServedPortal) -> None:
    with context_of(browser, scripts=False) as context:
        page = context.new_page()
        names = list(walk(page, portal.address))
        assert "answers" in names


def test_the_policy_of_the_pages_blocks_nothing_of_theirs(browser: Browser, portal: ServedPortal) -> None:
    """With the policy in force, scripts and styles load, and the browser complains of nothing."""
    said: list[str] = []
    with browser.new_context(locale="es") as context:
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        for _name in walk(page, portal.address):
            if page.locator("#start").count():
                page.wait_for_function("document.body.classList.contains('js-enabled')")
            shown = page.evaluate("getComputedStyle(document.querySelector('.masthead')).backgroundColor")
            assert shown == "rgb(18, 63, 63)"
    assert [each for each in said if "Failed to load resource" not in each] == []


def test_logging_in_and_finding_a_person_takes_the_keyboard_alone(browser: Browser, portal: ServedPortal) -> None:
    with context_of(browser) as context:
        page = context.new_page()
        page.goto(f"{portal.address}/entrar")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "govuk-skip-link"
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id") == "user"
        page.keyboard.type("ana")
        page.keyboard.press("Tab")
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_selector("#query")
        reached = tab_until(page, "query")
        assert reached
        page.keyboard.type("00000000t")
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile("/persona/"))
        assert "Lucía García Inventada" in page.locator("h1").inner_text()


def tab_until(page: Page, element: str) -> bool:
    """Go on with the tabulator until an element has the focus, which must be seen on each."""
    for _step in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == element:
            return True
        seen = page.evaluate(
            "() => { const s = getComputedStyle(document.activeElement);"
            "return s.boxShadow !== 'none' || s.outlineStyle !== 'none' }"
        )
        assert seen, page.evaluate("document.activeElement.outerHTML")
    return False


def test_paper_has_the_data_and_none_of_the_controls(browser: Browser, portal: ServedPortal, tmp_path: Path) -> None:
    with context_of(browser) as context:
        page = context.new_page()
        log_in(page, portal.address)
        page.click("main >> text=Lucía")
        page.wait_for_url(re.compile("/persona/"))
        page.emulate_media(media="print")
        shown = page.locator("body").inner_text()
        assert "Lucía García Inventada" in shown
        assert "600000000" in shown
        for text in ("Salir", "English", "Ver lo que comparten"):
            assert text not in shown
        assert "Impreso por Ana" in shown
        page.pdf(path=str(tmp_path / "person.pdf"), format="A4")
        assert (tmp_path / "person.pdf").stat().st_size > 5000


def test_going_back_after_logging_out_shows_nothing(browser: Browser, portal: ServedPortal) -> None:
    with context_of(browser) as context:
        page = context.new_page()
        log_in(page, portal.address)
        page.click("main >> text=Lucía")
        page.wait_for_url(re.compile("/persona/"))
        page.click("text=Salir")
        page.wait_for_url(re.compile("/entrar"))
        page.go_back()
        page.wait_for_load_state()
        assert "600000000" not in page.content()
