"""Debian's Chromium, driven by Playwright, and the portal of one node served to it on this machine."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from node.care.access import CaseRegister
from policies.staff_roles import StaffRole
from service.web.application import application
from service.web.serving import RunningSite, start_site
from tests.support import parts
from tests.support.people import OTHER_PERSON, PERSON, person_record
from tests.support.portal_site import PASSWORD, PEER, PortalSide

AXE: Final = Path(__file__).resolve().parents[1] / "browser/assets/axe.min.js"
TAGS: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "EN-301-549", "best-practice")


def chromium_program() -> str | None:
    """Return the path of a Chromium; None when there is none on this machine."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run a Chromium without a window."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium_program(), args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


class ServedPortal:
    """The portal of a node with a few fictitious people, served on a free port.

    ``ana`` is a professional on the team of one case; ``jefa`` administers the accounts.
    """

    def __init__(self, folder: Path) -> None:
        self.side = PortalSide(folder)
        context = self.side.context
        parts.hold(
            context,
            person_record(name="Lucía García Inventada"),
            person_record(OTHER_PERSON, name="Núria Garcia de Prueba"),
        )
        parts.grant(context, PEER, valid_days=30)
        self.side.account("ana")
        self.side.account("jefa", StaffRole.ADMINISTRATOR)
        CaseRegister(context).add_member(PERSON, "ana", "ceas_social_worker", added_by="jefa")
        names = frozenset({"127.0.0.1"})
        self.running: RunningSite = start_site(
            "127.0.0.1:0", application(self.side.site), home=context.home, clock=context.clock, names=names
        )

    @property
    def address(self) -> str:
        """The address of the first page, without the slash at its end."""
        return self.running.address.rstrip("/")

    def close(self) -> None:
        """Stop serving."""
        self.running.stop()
        self.side.context.close()


def log_in(page: Page, address: str, user: str = "ana") -> None:
    """Log in by the form."""
    page.goto(f"{address}/entrar")
    page.fill("#user", user)
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("h1")


def violations(page: Page) -> list[str]:
    """Return what axe-core finds on a page: rule, and the first element that breaks it."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: dict[str, Any] = page.evaluate(
        "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})", list(TAGS)
    )
    return [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found["violations"]]


def overflowing(page: Page) -> list[str]:
    """Return the elements that reach beyond the width of the window."""
    found: list[str] = page.evaluate(
        "() => document.documentElement.scrollWidth <= window.innerWidth ? [] : "
        "[...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > window.innerWidth + 1)"
        ".map(e => e.tagName + '.' + e.className)"
    )
    return found


def context_of(browser: Browser, *, lang: str = "es", width: int = 1280, scripts: bool = True) -> BrowserContext:
    """Return a fresh browser profile."""
    return browser.new_context(
        locale=lang, viewport={"width": width, "height": 900}, java_script_enabled=scripts, bypass_csp=True
    )
