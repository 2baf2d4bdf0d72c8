"""The pages of a bundle: card and assessment as Markdown in each language and as one HTML file in both; the plots."""

from typing import Final

from federated.card.blocks import Block, Heading, markdown
from federated.card.facts import CardFacts
from federated.card.impact_assessment import impact_assessment
from federated.card.model_card import model_card
from federated.card.plots import plots_of
from presentation.catalogue import LANGUAGES, SOURCE
from presentation.messages import speaking
from presentation.pages import Pages

PAGES: Final = Pages("federated.card", "templates")


def pages_of(facts: CardFacts) -> dict[str, bytes]:
    """Return file name -> bytes, for `federated.bundle.contents.BundleContents.pages`.

    Plots are ``plots/NAME.svg`` with Spanish labels and ``plots/NAME.en.svg`` with English ones.
    """
    pages: dict[str, bytes] = {}
    plots = {lang: plots_of(facts, speaking(lang)) for lang in LANGUAGES}
    suffixes = {lang: "" if lang == SOURCE else f".{lang}" for lang in LANGUAGES}
    for lang in LANGUAGES:
        pages |= {f"plots/{name}{suffixes[lang]}.svg": svg.encode() for name, svg in plots[lang].items()}
    documents: dict[str, dict[str, list[Block]]] = {
        "model-card": {lang: model_card(facts, tuple(plots[lang]), speaking(lang)) for lang in LANGUAGES},
        "impact-assessment": {lang: impact_assessment(facts, speaking(lang)) for lang in LANGUAGES},
    }
    for name, blocks in documents.items():
        pages |= {f"{name}.{lang}.md": markdown(blocks[lang], suffixes[lang]).encode() for lang in LANGUAGES}
        contexts = {lang: {"blocks": blocks[lang], "plots": plots[lang]} for lang in LANGUAGES}
        titles = {lang: _title(blocks[lang]) for lang in LANGUAGES}
        page = PAGES.bilingual("page.html", SOURCE, main="blocks.html", contexts=contexts, titles=titles)
        pages[f"{name}.html"] = page.encode()
    return pages


def _title(blocks: list[Block]) -> str:
    return next(block.text for block in blocks if isinstance(block, Heading))
