"""Drafts of the impact assessments that the law asks for, with the measured part filled in and the rest marked.

Fundamental rights: Regulation (EU) 2024/1689, article 27(1), letters a to f. Data protection: GDPR, article 35(7).
"""

from federated.card.blocks import Block, Fill, Heading, Table, Terms, Text
from federated.card.facts import CardFacts
from federated.card.figure_text import attack_text, complement, epsilon_text, flags, group_name
from federated.card.model_card import oversight
from federated.card.wording import Words


def impact_assessment(facts: CardFacts, words: Words) -> list[Block]:
    """Return the draft's blocks in one language."""
    return [
        Heading(words("impact_title", name=facts.name), 1),
        Text(words("purpose_lock"), strong=True),
        Text(words("draft"), strong=True),
        Text(words("impact_intro")),
        Text(words("generated")),
        Heading(words("h_signature")),
        *_fills(words, "fill_deployer", "fill_date", "fill_dpo", "fill_heard"),
        *_process(facts, words),
        *_affected(facts, words),
        *_risks(facts, words),
        *oversight(words, "h_27e"),
        Heading(words("h_27f")),
        Text(words("stop_text", contact=facts.contact)),
        *_fills(words, "fill_governance", "fill_complaints"),
        *_data_protection(facts, words),
    ]


def _fills(words: Words, *names: str) -> list[Block]:
    return [Fill(words("fill_mark"), words(name)) for name in names]


def _process(facts: CardFacts, words: Words) -> list[Block]:
    period = words("period_text", released=words.day(facts.released), expires=words.day(facts.expires))
    return [
        Heading(words("h_27a")),
        Text(words("process_text", label=words.pick(facts.label_es, facts.label_en))),
        *_fills(words, "fill_process"),
        Heading(words("h_27b")),
        Text(period),
        *_fills(words, "fill_frequency"),
    ]


def _affected(facts: CardFacts, words: Words) -> list[Block]:
    found = facts.measurement.groups
    shown = [group_name(each) for each in found if each.hidden is None]
    hidden = [group_name(each) for each in found if each.hidden is not None]
    unseen: list[Block] = [Text(words("affected_hidden", groups="; ".join(hidden)))] if hidden else []
    groups = "; ".join(shown) or words("groups_not_measured")
    return [
        Heading(words("h_27c")),
        Text(words("affected_text", entities=len(facts.entities), groups=groups)),
        *unseen,
        *_fills(words, "fill_affected"),
    ]


def _risks(facts: CardFacts, words: Words) -> list[Block]:
    found = facts.measurement
    missed, wrong = complement(found.recall, words), complement(found.precision, words)
    noticed = sorted({group for group, _ in flags(facts, words)})
    epsilon = epsilon_text(float(facts.epsilon["epsilon"]["claimed"]), words)
    evidence = {
        "missed": words("evidence_missed", missed=missed) if missed else words("unknown"),
        "stigma": words("evidence_stigma", wrong=wrong) if wrong else words("unknown"),
        "unequal": words("evidence_unequal", flags="; ".join(noticed)) if noticed else _unmarked(facts, words),
        "automation": words("evidence_automation"),
        "reidentify": words(
            "evidence_reidentify",
            epsilon=epsilon,
            delta=words.small(facts.epsilon["delta"]),
            attack=attack_text(facts, words),
        ),
        "drift": words("evidence_drift", expires=words.day(facts.expires)),
    }
    rows = tuple((words(f"risk_{name}"), text, words(f"mitigation_{name}")) for name, text in evidence.items())
    return [
        Heading(words("h_27d")),
        Table((words("risk"), words("evidence"), words("mitigation")), rows),
        *_fills(words, "fill_risks"),
    ]


def _unmarked(facts: CardFacts, words: Words) -> str:
    measured = any(each.hidden is None for each in facts.measurement.groups)
    return words("evidence_equal") if measured else words("unknown")


def _data_protection(facts: CardFacts, words: Words) -> list[Block]:
    epsilon = epsilon_text(float(facts.epsilon["epsilon"]["claimed"]), words)
    rounds = sum(stage.rounds for stage in facts.stages)
    return [
        Heading(words("h_dpia")),
        Terms(
            (
                (
                    words("dpia_description_term"),
                    words("dpia_description", features=len(facts.features), rounds=rounds),
                ),
                (words("dpia_necessity_term"), words("dpia_necessity")),
                (words("dpia_risks_term"), words("dpia_risks")),
                (
                    words("dpia_measures_term"),
                    words("dpia_measures", epsilon=epsilon, delta=words.small(facts.epsilon["delta"])),
                ),
            )
        ),
        *_fills(words, "fill_basis", "fill_residual"),
    ]
