"""Cards and assessments: everything the run knows is there, in both languages, and nothing that runs or is fetched."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from typing_extensions import override

from federated.bundle.epsilon_proof import epsilon_proof
from federated.card.facts import AttackFacts, CardFacts
from federated.card.figure_text import belief, epsilon_text, flags
from federated.card.impact_assessment import impact_assessment
from federated.card.model_card import model_card
from federated.card.pages import pages_of
from federated.card.plots import plots_of
from federated.card.wording import Words, sentences
from federated.evaluation.estimation import read
from federated.evaluation.measurement import Estimate, Hidden
from federated.privacy.stages import StageKind
from tests.support.bundles import facts as bundle_facts
from tests.support.cards import sample
from tests.support.measuring import PLAN, draw, noisy

LANGUAGES = ("es", "en")


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
        measurement=read(PLAN, total, deviation, np.random.default_rng(0)),
        model_kind="neural",
        shapes=(),
        comparisons=(),
        attack=None,
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
    lock = sentences()["purpose_lock"][LANGUAGES.index(lang)]
    lines = pages[f"{page}.{lang}.md"].split("\n\n")
    assert lines[1] == f"> **{lock}**"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_card_says_what_was_measured_and_what_it_cost(pages: dict[str, str], facts: CardFacts, lang: str) -> None:
    card, words = pages[f"model-card.{lang}.md"], Words(lang)
    found, epsilons = facts.measurement, facts.epsilon["epsilon"]
    for text in (
        words.estimate(found.auc),
        words.interval(found.recall or Estimate(0, 0, 0)),
        words.day(facts.expires),
        facts.contact,
        *(epsilon_text(value, words) for kind in ("weighted", "unweighted") for value in epsilons[kind].values()),
        *facts.entities,
        *(f"{each.attribute}: {each.value}" for each in found.groups),
    ):
        assert text in card
    assert "redpact-audit model" in card


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
    assert "zone: rural" in pages["impact-assessment.en.md"].split("Groups without figures")[1]


def test_a_group_that_departs_is_pointed_out(facts: CardFacts) -> None:
    first, *others = facts.measurement.groups
    unequal = replace(first, calibration_gap=Estimate(0.1, 0.05, 0.15), recall=Estimate(0.1, 0.05, 0.15))
    equal = [replace(each, calibration_gap=Estimate(0.0, -0.1, 0.1), recall=None) for each in others]
    spoiled = replace(facts, measurement=replace(facts.measurement, groups=(unequal, *equal)))
    assert [group for group, _ in flags(spoiled, Words("en"))] == ["zone: rural", "zone: rural"]
    assert "Groups that depart from the whole: zone: rural" in pages_of(spoiled)["impact-assessment.en.md"].decode()
    calm = replace(facts, measurement=replace(facts.measurement, groups=tuple(equal)))
    assert flags(calm, Words("en")) == ()


def test_an_attack_that_beats_the_claim_is_a_warning_at_the_top(facts: CardFacts) -> None:
    broken = replace(facts, attack=AttackFacts(0.9, 3.0, 500))
    assert "WARNING" in pages_of(broken)["model-card.en.md"].decode().split("\n\n")[2]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_card_of_hardly_anything_says_so(lang: str) -> None:
    card = pages_of(bare())[f"model-card.{lang}.md"].decode()
    for key in ("not_measured", "explanation_neural", "local_none", "attack_none"):
        assert sentences()[key][LANGUAGES.index(lang)] in card
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
        if tag not in {"meta", "input"}:
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
        assert root.attrib["aria-label"]
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
    hostile = sample(name=HOSTILE, contact=HOSTILE, entities=(HOSTILE,), label_es=HOSTILE)
    pages = {name: data.decode() for name, data in pages_of(hostile).items()}
    assert not any(re.search(r"(?<!\\)<script", text) for text in pages.values())
    card = pages["model-card.es.md"]
    assert not re.search(r"(?<!\\)\]\(javascript", card)
    rows = [line for line in card.splitlines() if line.startswith("| Contacto")]
    assert re.sub(r"\\.", "", rows[0]).count("|") == 3


def test_every_sentence_is_used_and_exists_in_both_languages(facts: CardFacts) -> None:
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
    attacked = replace(facts, attack=AttackFacts(0.9, 3.0, 500))
    edits = tuple((facts.features[0].name, how, "porque sí") for how in ("set", "monotone:+1", "monotone:-1"))
    stages = tuple(replace(facts.stages[0], name=kind.value) for kind in StageKind)
    corrected = replace(facts, edits=edits, is_draft=True, stages=stages)
    for lang in LANGUAGES:
        words = Words(lang)
        for each in (facts, linear, no_groups, groups, attacked, corrected, bare(), unweighted(facts)):
            model_card(each, tuple(plots_of(each, words)), words)
            impact_assessment(each, words)
        calm = replace(facts, measurement=replace(facts.measurement, groups=(replace(third, calibration_gap=None),)))
        model_card(calm, (), words)
        impact_assessment(calm, words)
        epsilon_text(None, words)
        assert set(sentences()) - words.seen == set()
    assert all(spanish.strip() and english.strip() for spanish, english in sentences().values())


def test_numbers_are_written_as_each_language_does() -> None:
    spanish, english = Words("es"), Words("en")
    assert (spanish.number(1234.5, 1), english.number(1234.5, 1)) == ("1\u00a0234,5", "1,234.5")
    assert (spanish.percent(0.153, 1), english.percent(0.153, 1)) == ("15,3\u00a0%", "15.3%")
    assert (spanish.small(1e-5), english.small(1e-5)) == ("0,00001", "0.00001")


def test_privacy_is_never_rounded_in_our_favour() -> None:
    assert epsilon_text(0.991, Words("en")) == "1.00"
    assert epsilon_text(1.0, Words("en")) == "1.00"
    assert epsilon_text(1.0001, Words("en")) == "1.01"
    assert belief(1.0, Words("en")) == "74%"
