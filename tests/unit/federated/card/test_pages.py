"""Cards and assessments: everything the run knows is there, in both languages, and nothing that runs or is fetched."""

import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from typing_extensions import override

from federated.bundle.epsilon_proof import epsilon_proof
from federated.card.facts import CardFacts
from federated.card.figure_text import belief, day, delta_text, epsilon_text, estimate, flags, share
from federated.card.oversight_section import PURPOSE_LOCK
from federated.card.pages import pages_of
from federated.evaluation.estimation import estimate_measurement
from federated.evaluation.measurement import Estimate, Hidden
from federated.privacy.stages import StageKind
from presentation.catalogue import LANGUAGES, translated
from presentation.messages import speaking
from tests.support.bundles import facts as bundle_facts
from tests.support.cards import sample
from tests.support.measuring import PLAN, draw, noisy
from tools.words_extraction import ROOT, extracted

DOCUMENTS = {
    f"federated/card/{name}.py"
    for name in (
        "figure_text",
        "impact_assessment",
        "model_card",
        "oversight_section",
        "plots",
        "privacy_section",
        "quality_sections",
    )
}
"""The modules whose messages are the words of card, assessment and plots."""


@pytest.fixture(scope="module")
def facts() -> CardFacts:
    return sample()


@pytest.fixture(scope="module")
def pages(facts: CardFacts) -> dict[str, str]:
    return {name: data.decode() for name, data in pages_of(facts).items()}


def bare(**changes: Any) -> CardFacts:
    """Return a campaign of which hardly anything is known."""
    total, deviation = noisy(draw(30, 4).total(), 3.7, 4)
    return sample(
        measurement=estimate_measurement(PLAN, total, deviation, np.random.default_rng(0)),
        model_kind="neural",
        shapes=(),
        recalibration=None,
        people_estimate=None,
        **changes,
    )


def test_every_page_is_there_in_both_languages(pages: dict[str, str]) -> None:
    wanted = {f"{name}.{lang}.md" for name in ("model-card", "impact-assessment") for lang in LANGUAGES}
    assert wanted | {"model-card.html", "impact-assessment.html"} <= set(pages)
    plots = {name for name in pages if name.startswith("plots/")}
    assert {name.replace(".svg", ".en.svg") for name in plots if ".en." not in name} == {
        p for p in plots if ".en." in p
    }


@pytest.mark.parametrize("page", ["model-card", "impact-assessment"])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_purpose_lock_stands_at_the_top(pages: dict[str, str], page: str, lang: str) -> None:
    lines = pages[f"{page}.{lang}.md"].split("\n\n")
    assert lines[1] == f"> **{PURPOSE_LOCK.in_language(lang)}**"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_card_says_what_was_measured_and_what_it_cost(pages: dict[str, str], facts: CardFacts, lang: str) -> None:
    card, say = pages[f"model-card.{lang}.md"], speaking(lang)
    found, epsilons = facts.measurement, facts.epsilon["epsilon"]
    for text in (
        estimate(found.auc, say),
        share(found.recall, say),
        day(facts.expires, say),
        facts.contact,
        *(epsilon_text(value, say) for kind in ("weighted", "unweighted") for value in epsilons[kind].values()),
        *facts.entities,
        *(say(facts.words.pair(each.attribute, each.value)) for each in found.groups),
    ):
        assert text in card
    assert "redpact-audit model" in card


def test_fields_and_codes_have_names_and_effects_have_words(facts: CardFacts) -> None:
    """No Spanish page shows a code such as ``sex: f``, or a scale that only specialists can read."""
    for each in every_kind(facts):
        for name, data in pages_of(each).items():
            text = unescape(data.decode())
            if ".en." in name or name.endswith(".html"):
                continue
            codes = [pair for pair in (f"{field}: {code}" for field, code in facts.words.codes) if pair in text]
            codes += [pair for pair in (f"{field}={code}" for field, code in facts.words.codes) if pair in text]
            assert codes == [], name
            if "log-odds" in text:
                assert "multiplica por 2,7" in text, name


@pytest.mark.parametrize("lang", LANGUAGES)
def test_only_a_draft_says_that_nobody_uses_the_model(facts: CardFacts, lang: str) -> None:
    """A released model is in use: its card and its assessment must not say otherwise."""
    unused = {"es": "ninguna entidad lo usa", "en": "no entity uses it"}[lang]
    documents = [f"{name}.{lang}.md" for name in ("model-card", "impact-assessment")]
    released, draft = (pages_of(replace(facts, is_draft=is_draft)) for is_draft in (False, True))
    assert [name for name in documents if unused in released[name].decode()] == []
    assert unused in draft[documents[0]].decode()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_assessment_covers_every_letter_of_the_article(pages: dict[str, str], lang: str) -> None:
    text = pages[f"impact-assessment.{lang}.md"]
    letters = re.findall(r"^## 27(?:\.1\.|\(1\)\()([a-f])\)", text, re.MULTILINE)
    assert letters == list("abcdef")
    assert text.count("☐ **") >= 12


def test_hidden_groups_are_shown_as_such(facts: CardFacts) -> None:
    first, *others = facts.measurement.groups
    hidden = replace(first, hidden=Hidden.FEW_PEOPLE, people=None, rate=None, auc=None, recall=None)
    spoiled = replace(facts, measurement=replace(facts.measurement, groups=(hidden, *others)))
    pages = {name: data.decode() for name, data in pages_of(spoiled).items()}
    assert "no se muestra: pocas personas" in pages["model-card.es.md"]
    assert "no se muestra: pocas personas" in pages["plots/groups-recall.svg"]
    assert "Zone: rural" in pages["impact-assessment.en.md"].split("Groups without figures")[1]


def test_a_group_that_departs_is_pointed_out(facts: CardFacts) -> None:
    first, *others = facts.measurement.groups
    unequal = replace(first, calibration_gap=Estimate(0.1, 0.05, 0.15), recall=Estimate(0.1, 0.05, 0.15))
    equal = [replace(each, calibration_gap=Estimate(0.0, -0.1, 0.1), recall=None) for each in others]
    spoiled = replace(facts, measurement=replace(facts.measurement, groups=(unequal, *equal)))
    assert [group for group, _ in flags(spoiled, speaking("en"))] == ["Zone: rural", "Zone: rural"]
    assert "Groups that depart from the whole: Zone: rural" in pages_of(spoiled)["impact-assessment.en.md"].decode()
    calm = replace(facts, measurement=replace(facts.measurement, groups=tuple(equal)))
    assert flags(calm, speaking("en")) == ()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_card_of_hardly_anything_says_so(lang: str) -> None:
    card = pages_of(bare())[f"model-card.{lang}.md"].decode()
    assert speaking(lang)("Muy pocas personas, o demasiado ruido, para medir la calidad.") in card
    assert {"es": "no tiene una curva por variable", "en": "has no curve per feature"}[lang] in card
    assert "nan" not in card.lower().split()


class Content(HTMLParser):
    """Tags that run or fetch something, and whether tags close in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.suspicious: list[str] = []

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {name for name, _ in attrs}
        if tag in {"script", "link", "iframe", "img", "object"} or any(
            name.startswith("on") or name in {"src", "href"} for name in names
        ):
            self.suspicious.append(tag)
        if tag not in {"meta", "input", "wbr"}:
            self.open.append(tag)

    @override
    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    @override
    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Nothing opens."""


@pytest.mark.parametrize("page", ["model-card.html", "impact-assessment.html"])
def test_the_page_runs_and_fetches_nothing(pages: dict[str, str], page: str) -> None:
    content = Content()
    content.feed(pages[page])
    assert content.suspicious == []
    assert content.open == []
    assert "default-src 'none'" in pages[page]


def test_every_plot_is_an_svg_that_says_what_it_shows(pages: dict[str, str]) -> None:
    plots = [text for name, text in pages.items() if name.startswith("plots/")]
    assert len(plots) >= 12
    for text in plots:
        root = ET.fromstring(text)
        assert root.attrib["role"] == "img"
        title, description, *_others = root
        assert root.attrib["aria-labelledby"].split() == [title.attrib["id"], description.attrib["id"]]
        assert title.text
        assert description.text
        numbers = [float(each) for each in re.findall(r'(?:cx|cy|x|y)="(-?[\d.]+)"', text)]
        width, height = (float(root.attrib[side]) for side in ("width", "height"))
        assert all(-1 <= each <= max(width, height) + 1 for each in numbers)


def unweighted(facts: CardFacts) -> CardFacts:
    """Return a campaign without a duplicate check, and without recalibration."""
    return replace(facts, epsilon=epsilon_proof(bundle_facts(people_cap=1)), recalibration=None)


def test_a_card_without_weights_does_not_claim_that_people_count_once(facts: CardFacts) -> None:
    card = pages_of(unweighted(facts))["model-card.en.md"].decode()
    assert "counts once, even" not in card
    assert "counts once in each" in card
    rows = [line.split("|") for line in card.splitlines() if re.match(r"\| \d entit", line)]
    assert [row[2] for row in rows] == [row[3] for row in rows]


HOSTILE = '<script>alert("x")</script> | **b** [l](javascript:x) `c`'


def test_words_from_outside_stay_words() -> None:
    hostile = sample(name=HOSTILE, contact=HOSTILE, entities=(HOSTILE,), label=HOSTILE)
    pages = {name: data.decode() for name, data in pages_of(hostile).items()}
    assert not any(re.search(r"(?<!\\)<script", text) for text in pages.values())
    card = pages["model-card.es.md"]
    assert not re.search(r"(?<!\\)\]\(javascript", card)
    rows = [line for line in card.splitlines() if line.startswith("| Contacto")]
    assert re.sub(r"\\.", "", rows[0]).count("|") == 3


def every_kind(facts: CardFacts) -> list[CardFacts]:
    """Return campaigns that together give every sentence."""
    linear = replace(facts, model_kind="linear", shapes=(), coefficients=(("age", 0.3), ("tenure=own", -0.2)))
    no_groups = replace(facts, measurement=replace(facts.measurement, groups=()))
    gap, low = Estimate(-0.1, -0.2, -0.05), Estimate(0.01, 0.0, 0.02)
    first, second, third, *_ = facts.measurement.groups
    odd = (
        replace(first, hidden=Hidden.FEW_PEOPLE, recall=None),
        replace(second, hidden=Hidden.NOISE, recall=None),
        replace(third, recall=None),
        replace(third, calibration_gap=gap, recall=low),
        replace(third, calibration_gap=Estimate(0.1, 0.05, 0.2)),
    )
    groups = replace(facts, measurement=replace(facts.measurement, groups=odd))
    edits = tuple((facts.features[0].name, how, "porque sí") for how in ("set", "monotone:+1", "monotone:-1"))
    stages = tuple(replace(facts.stages[0], name=kind.value) for kind in StageKind)
    corrected = replace(facts, edits=edits, is_draft=True, stages=stages)
    calm = replace(facts, measurement=replace(facts.measurement, groups=(replace(third, calibration_gap=None),)))
    noise = [replace(facts, measurement=replace(facts.measurement, noise_found=each)) for each in (None, 0.9, 1.4)]
    return [facts, linear, no_groups, groups, corrected, calm, *noise, bare(), unweighted(facts)]


def written(pages: dict[str, bytes], lang: str) -> str:
    """Return all the words of one language in Markdown and plots, without their marks."""
    texts = [re.sub(r"\\(.)", r"\1", data.decode()) for name, data in pages.items() if name.endswith(f".{lang}.md")]
    plots = [name for name in pages if name.endswith(".svg") and name.endswith(".en.svg") == (lang == "en")]
    return "\n".join([*texts, *(unescape(pages[name].decode()) for name in plots)])


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_sentence_of_the_documents_is_used_in_both_languages(facts: CardFacts, lang: str) -> None:
    catalogue, faults = extracted(ROOT, ("federated",))
    assert faults == []
    text = "\n".join(written(pages_of(each), lang) for each in every_kind(facts))
    text += epsilon_text(None, speaking(lang))
    unused = []
    for message in catalogue:
        places = {place for place, _line in message.locations}
        if message.id and places & DOCUMENTS:
            one, *others = [message.id] if isinstance(message.id, str) else message.id
            forms = [translated(one, lang, many, count) for many in (*others, None)[:1] for count in (1, 2)]
            if not any(max(re.split(r"\{.*?\}", form), key=len) in text for form in forms):
                unused.append(one)
    assert unused == []


def test_a_delta_is_written_in_full() -> None:
    assert [delta_text(1e-7, speaking(lang)) for lang in LANGUAGES] == ["0,0000001", "0.0000001"]
    assert [delta_text(1e-5, speaking(lang)) for lang in LANGUAGES] == ["0,00001", "0.00001"]


def test_privacy_is_never_rounded_in_our_favour() -> None:
    assert epsilon_text(0.991, speaking("en")) == "1.00"
    assert epsilon_text(1.0, speaking("en")) == "1.00"
    assert epsilon_text(1.0001, speaking("en")) == "1.01"
    assert belief(1.0, speaking("en")) == "74%"
