"""The pages of a bundle: card and assessment as Markdown in each language and as one HTML file in both; the plots."""

from html import escape
from typing import Final

from consent_ledger.bilingual_page import LANGUAGES, bilingual_page
from federated.card.blocks import Block, Heading, html, markdown
from federated.card.facts import CardFacts
from federated.card.impact_assessment import impact_assessment
from federated.card.model_card import model_card
from federated.card.plots import plots_of
from federated.card.wording import Words

_STYLE: Final = """
main{max-width:60rem}h2{margin:2rem 0 .4rem;border-top:1px solid #bbb;padding-top:.8rem}
.lock{border-left:.5rem solid #9f1239;background:#fff1f2;padding:.7rem 1rem;font-weight:700}
.fill{border:2px dashed #b45309;background:#fffbeb;padding:.5rem .8rem}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.9rem;margin:.6rem 0}
th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;border-bottom:1px solid #ddd}
thead th{background:#f3f4f6}tbody th{font-weight:600}
figure{margin:1rem 1rem 1rem 0;display:inline-block;vertical-align:top;max-width:100%}
figure svg{max-width:100%;height:auto}figcaption{font-size:.9rem;color:#374151}
@media print{nav{display:none}body{font-size:10pt}h2{break-after:avoid}tr,figure,.fill{break-inside:avoid}}
"""


def pages_of(facts: CardFacts) -> dict[str, bytes]:
    """Return file name -> bytes, for `federated.bundle.contents.BundleContents.pages`.

    The plots that lie in ``plots/`` are labelled in Spanish; ``plots/NAME.en.svg`` has them in English.
    """
    pages: dict[str, bytes] = {}
    mains: dict[str, dict[str, str]] = {"model-card": {}, "impact-assessment": {}}
    titles: dict[str, str] = {}
    for language in LANGUAGES:
        words = Words(language)
        plots = plots_of(facts, words)
        suffix = "" if language == LANGUAGES[0] else f".{language}"
        pages |= {f"plots/{name}{suffix}.svg": svg.encode() for name, svg in plots.items()}
        drafts: dict[str, list[Block]] = {
            "model-card": model_card(facts, tuple(plots), words),
            "impact-assessment": impact_assessment(facts, words),
        }
        for name, blocks in drafts.items():
            pages[f"{name}.{language}.md"] = markdown(blocks, suffix).encode()
            mains[name][language] = html(blocks, plots)
            titles.setdefault(name, _title(blocks))
    for name, content in mains.items():
        pages[f"{name}.html"] = bilingual_page(titles[name], content, language=LANGUAGES[0], style=_STYLE).encode()
    return pages


def _title(blocks: list[Block]) -> str:
    return escape(next(block.text for block in blocks if isinstance(block, Heading)))
