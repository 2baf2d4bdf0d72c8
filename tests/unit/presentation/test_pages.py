"""Every page escapes what it shows, loads nothing, and allows exactly its own stylesheet."""

import re
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, date, datetime
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError
from markupsafe import Markup

from presentation.messages import _, plural
from presentation.pages import Pages, labelled

WHEN = datetime(2026, 11, 30, 9, tzinfo=UTC)
PAGE = """{% extends "shell.html" %}
{% from "tables.html" import bar, details, facts, notice, table %}
{% block title %}{{ title }}{% endblock %}
{% block style %}h1{color:#222}{% endblock %}
{% block main %}{{ content }}{% endblock %}
"""
Write = Callable[[str, str], Pages]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Write:
    """Make a package of its own for each test, with templates."""
    name = "".join(filter(str.isalnum, request.node.name)).lower()
    folder = tmp_path / name / "templates"
    folder.mkdir(parents=True)
    (tmp_path / name / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))

    def written(template: str, text: str) -> Pages:
        (folder / template).write_text(text, encoding="utf-8")
        return Pages(name)

    return written


def policy_and_style(page: str) -> tuple[str, str]:
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert policy is not None
    assert style is not None
    return policy[1], style[1]


class Attributes(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # type: ignore[explicit-override]  # typing.override needs 3.12
        self.found += [(tag, name) for name, _value in attrs]
        assert tag not in {"script", "link", "img", "iframe", "form"}


def test_the_policy_allows_exactly_the_stylesheet_of_the_page(write: Write) -> None:
    page = write("page.html", PAGE).render("page.html", "es", title="t", content="c")
    policy, style = policy_and_style(page)
    digest = b64encode(sha256(style.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert "h1{color:#222}" in style
    assert "unsafe-inline" not in page
    assert "style" not in {name for _tag, name in Attributes(page).found}


@given(st.text())
def test_no_value_becomes_markup(text: str) -> None:
    page = Pages("presentation").render("both.html", "es", mains={"es": text, "en": text})
    Attributes(page)
    assert page.count("<section") == 2


def test_words_are_those_of_the_page(write: Write) -> None:
    pages = write(
        "words.txt",
        '{{ _("Hola {a} {b} {n}", a="<i>", b=code, n=1234.5) }}|{{ message }}|{{ plural("{n} día", "{n} días", 2) }}|'
        '{% trans a="<i>" %}Un <b>{{ a }}</b>{% endtrans %}|{{ lang }}',
    )
    shown = {
        lang: pages.render("words.txt", lang, code=Markup("<code>x</code>"), message=plural("{n} hora", "{n} horas", 3))
        for lang in ("es", "en")
    }
    assert shown["es"] == "Hola &lt;i&gt; <code>x</code> 1.234,5|3 horas|2 días|Un <b>&lt;i&gt;</b>|es"
    assert shown["en"] == "Hola &lt;i&gt; <code>x</code> 1,234.5|3 hours|2 days|Un <b>&lt;i&gt;</b>|en"


def test_filters_write_figures_in_the_language(write: Write) -> None:
    pages = write(
        "f.txt",
        "{{ w | moment }}|{{ d | day }}|{{ 1234.5 | number(2) }}|{{ 0.5 | percent(0) }}|{{ '1.234' | epsilon }}",
    )
    shown = pages.render("f.txt", "es", w=WHEN, d=date(2026, 1, 2))
    assert shown == (
        '<time datetime="2026-11-30T09:00:00+00:00">30 nov 2026, 10:00 (+01:00)</time>|'
        '<time datetime="2026-01-02">2 ene 2026</time>|1.234,50|50\u00a0%|1,23'
    )


def test_a_missing_value_is_an_error(write: Write) -> None:
    with pytest.raises(UndefinedError):
        write("page.html", PAGE).render("page.html", "es", title="t")


def test_a_table_tells_its_rows_and_columns(write: Write) -> None:
    pages = write(
        "table.html",
        '{% from "tables.html" import bar, facts, notice, table %}'
        '{{ table(heads, rows, caption="C", row_heads=true) }}{{ facts([("a", "<")]) }}{{ bar(0.5, "50") }}'
        '{{ notice("n", "failed") }}',
    )
    page = pages.render("table.html", "es", heads=[_("Uno"), "dos"], rows=[["r", Markup("<b>x</b>")]])
    assert "<caption>C</caption>" in page
    assert '<th role="columnheader" scope="col">Uno</th><th role="columnheader" scope="col">dos</th>' in page
    assert '<th role="rowheader" data-label="Uno" scope="row">r</th>' in page
    assert '<td role="cell" data-label="dos"><b>x</b></td>' in page
    assert "<dt>a</dt><dd>&lt;</dd>" in page
    assert '<rect width="50.0"' in page
    assert '<p class="notice failed">n</p>' in page


@pytest.mark.parametrize("lang", ["es", "en"])
def test_a_bilingual_page_holds_both_languages_and_opens_in_one(write: Write, lang: str) -> None:
    write("main.html", "<h1>{{ _('Hola') }} {{ n | number }} {{ own }}</h1>")
    pages = write("page.html", '{% extends "bilingual.html" %}{% block title %}T{% endblock %}')
    contexts = {"es": {"own": "sí"}, "en": {"own": "yes"}}
    page = pages.bilingual("page.html", lang, main="main.html", contexts=contexts, n=1.5)
    assert f'<html lang="{lang}">' in page
    assert f'id="{lang}" checked' in page
    assert page.count("checked>") == 1
    assert "1,5 sí" in page
    assert "1.5 yes" in page
    assert "unsafe-inline" not in page


def test_the_same_content_gives_the_same_bytes(write: Write) -> None:
    pages = write("page.html", PAGE)
    first, second = (pages.render("page.html", "es", title="t", content="c") for _place in range(2))
    assert first == second


def test_each_cell_carries_the_heading_of_its_column_by_which_a_phone_stacks_it() -> None:
    rows = Markup('<tr class="failed"><td class="figure">1</td><td>a</td></tr>\n<tr><td>2</td><td>b</td></tr>')
    assert labelled(rows, ["N.º", 'Lo "otro"']) == (
        '<tr role="row" class="failed"><td role="cell" data-label="N.º" class="figure">1</td>'
        '<td role="cell" data-label="Lo &#34;otro&#34;">a</td></tr>\n'
        '<tr role="row"><td role="cell" data-label="N.º">2</td>'
        '<td role="cell" data-label="Lo &#34;otro&#34;">b</td></tr>'
    )


def test_only_a_word_that_no_column_holds_may_break() -> None:
    rows = Markup("<tr><td>consentimiento informado</td><td>{}</td></tr>").format("&" + "x" * 25)
    shown = labelled(rows, ["a", "b"])
    assert ">consentimiento informado<" in shown
    assert f">&amp;{'x' * 9}<wbr>{'x' * 10}<wbr>{'x' * 6}<" in shown
