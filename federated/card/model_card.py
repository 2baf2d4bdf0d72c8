"""The model card (Mitchell et al. 2019, Model cards for model reporting), filled from the run."""

from collections.abc import Mapping
from typing import Any, Final

from federated.card.blocks import Block, Figure, Fill, Heading, Table, Terms, Text
from federated.card.facts import CardFacts
from federated.card.figure_text import attack_text, belief, breached, epsilon_text, flags, group_name
from federated.card.wording import Words
from federated.evaluation.measurement import GroupFigures

_EXPLAINED: Final = ("linear", "additive")
_CORRECTIONS: Final = {"set": "edit_set", "monotone:+1": "edit_rising", "monotone:-1": "edit_falling"}


def model_card(facts: CardFacts, plots: tuple[str, ...], words: Words) -> list[Block]:
    """Return the card's blocks in one language.

    Args:
        facts: of the campaign.
        plots: names of the plots there are.
        words: the language.
    """
    blocks: list[Block] = [Heading(words("card_title", name=facts.name), 1), Text(words("purpose_lock"), strong=True)]
    if facts.is_draft:
        blocks.append(Text(words("draft"), strong=True))
    if breached(facts):
        blocks.append(Text(attack_text(facts, words), strong=True))
    blocks.append(Text(words("generated")))
    for section in (_identity, _data, _training, _privacy):
        blocks += section(facts, words)
    blocks += _quality(facts, plots, words)
    blocks += _groups(facts, plots, words)
    blocks += _local(facts, words)
    blocks += _explanation(facts, plots, words)
    return [*blocks, *_limits(words), *oversight(words, "h_oversight"), *_end(facts, words)]


def _identity(facts: CardFacts, words: Words) -> list[Block]:
    rows = (
        (words("campaign"), facts.campaign_id),
        (words("network"), facts.network),
        (words("model"), words(f"kind_{facts.model_kind}")),
        (words("released"), "—" if facts.is_draft else words.day(facts.released)),
        (words("expires"), words.day(facts.expires)),
        (words("contact"), facts.contact),
    )
    return [
        Heading(words("h_identity")),
        Table((words("figure"), words("value")), rows),
        Heading(words("h_use")),
        Text(words("use_text", label=words.pick(facts.label_es, facts.label_en))),
        Text(words("use_not")),
    ]


def _data(facts: CardFacts, words: Words) -> list[Block]:
    rows = tuple(
        (each.name, words.pick(each.es, each.en) or words("not_described"), each.values) for each in facts.features
    )
    people, cap = facts.people_estimate, facts.epsilon["assumed"]["people_cap"]
    counted: list[Block] = (
        [] if people is None else [Text(words("people_estimate", people=words.number(max(people, 0.0), 0)))]
    )
    return [
        Heading(words("h_data")),
        Text(words("data_text", entities=len(facts.entities))),
        Text(words("counted_once", cap=cap) if cap > 1 else words("counted_each")),
        *counted,
        Terms(((words("contributors"), ", ".join(facts.entities)),)),
        Table((words("feature"), words("meaning"), words("values")), rows),
        Text(words("protected_text")),
        Fill(words("fill_mark"), words("fill_collection")),
    ]


def _training(facts: CardFacts, words: Words) -> list[Block]:
    rows = tuple(
        (
            words(f"stage_{each.name}"),
            str(each.rounds),
            words.number(each.noise_multiplier),
            words(f"people_{each.people}"),
        )
        for each in facts.stages
    )
    return [
        Heading(words("h_training")),
        Text(words("training_text", cohort=facts.minimum_cohort)),
        Table((words("stage"), words("rounds"), words("noise"), words("stage_people")), rows),
    ]


def _privacy(facts: CardFacts, words: Words) -> list[Block]:
    proof = facts.epsilon
    epsilons = proof["epsilon"]
    rows = tuple(
        (
            words("entities_1") if m == "1" else words("entities_n", n=m),
            epsilon_text(epsilons["weighted"][m], words),
            epsilon_text(epsilons["unweighted"][m], words),
        )
        for m in epsilons["weighted"]
    )
    return [
        Heading(words("h_privacy")),
        Text(
            words("privacy_text", delta=words.small(proof["delta"]), belief=belief(float(epsilons["claimed"]), words))
        ),
        Table((words("memberships"), words("epsilon_weighted"), words("epsilon_unweighted")), rows),
        Heading(words("assumed"), 3),
        Terms(_assumed(proof, words)),
        Text(attack_text(facts, words)),
    ]


def _assumed(proof: Mapping[str, Any], words: Words) -> tuple[tuple[str, str], ...]:
    terms = proof["assumed"]
    assumed = [
        (
            words("assumed_weights_term"),
            words("assumed_weights", cap=terms["people_cap"])
            if terms["people_cap"] > 1
            else words("assumed_no_weights"),
        ),
        (
            words("assumed_noise_term"),
            words(
                "assumed_noise",
                shares=terms["noise_shares"],
                cohort=terms["minimum_cohort"],
                colluders=terms["colluders"],
            ),
        ),
    ]
    assumed += [
        (words("colluding_term", n=c), words("colluding", epsilon=epsilon_text(value, words)))
        for c, value in proof["epsilon"]["colluding"].items()
        if c != "0"
    ]
    return tuple(assumed)


def _quality(facts: CardFacts, plots: tuple[str, ...], words: Words) -> list[Block]:
    found = facts.measurement
    blocks: list[Block] = [Heading(words("h_quality"))]
    if found.auc is None or found.recall is None:
        return [*blocks, Text(words("not_measured"))]
    capacity, recall = words.percent(found.capacity), words.interval(found.recall)
    rows = (
        (words("prevalence"), words.estimate(found.rate, percent=True)),
        (words("auc"), words.estimate(found.auc)),
        (words("recall"), recall),
        (words("precision"), words.estimate(found.precision, percent=True)),
        (words("calibration_error"), words.estimate(found.calibration_error, percent=True)),
        (words("threshold"), words.percent(found.threshold, 1)),
    )
    corrected = facts.recalibration
    return [
        *blocks,
        Text(words("quality_text", people=words.number(max(found.people.value, 0.0), 0))),
        Text(words("recall_sentence", capacity=capacity, recall=recall)),
        Table((words("figure"), words("value")), rows),
        *_figures(plots, ("roc", "calibration"), words),
        Text(
            words("recalibrated", intercept=words.number(corrected.intercept), slope=words.number(corrected.slope))
            if corrected is not None
            else words("not_recalibrated")
        ),
    ]


def _groups(facts: CardFacts, plots: tuple[str, ...], words: Words) -> list[Block]:
    found = facts.measurement.groups
    if not found:
        return [Heading(words("h_groups")), Text(words("groups_none"))]
    head = ("group", "people", "prevalence", "auc", "recall", "false_positive_rate", "calibration_gap")
    noticed = flags(facts, words)
    return [
        Heading(words("h_groups")),
        Text(words("groups_text", least=facts.least_people)),
        Table(tuple(words(name) for name in head), tuple(_group_row(each, words) for each in found)),
        *_figures(plots, ("groups-recall", "groups-calibration"), words),
        Heading(words("flags_title"), 3),
        Terms(noticed) if noticed else Text(words("flags_none")),
    ]


def _group_row(group: GroupFigures, words: Words) -> tuple[str, ...]:
    if group.hidden is not None or group.people is None:
        return (group_name(group), words(f"hidden_{group.hidden}"), "—", "—", "—", "—", "—")
    shares = (group.recall, group.false_positive_rate, group.calibration_gap)
    return (
        group_name(group),
        words.number(group.people.value, 0),
        words.estimate(group.rate, percent=True),
        words.estimate(group.auc),
        *(words.estimate(each, percent=True) for each in shares),
    )


def _local(facts: CardFacts, words: Words) -> list[Block]:
    blocks: list[Block] = [Heading(words("h_local")), Text(words("local_text"))]
    if not facts.comparisons:
        return [*blocks, Text(words("local_none"))]
    rows = tuple(
        (
            entity,
            str(each.people),
            words.estimate(each.shared.auc),
            words.estimate(each.alone.auc),
            words.estimate(each.auc_gain),
        )
        for entity, each in facts.comparisons
    )
    head = ("entity", "people", "auc_shared", "auc_alone", "auc_gain")
    return [*blocks, Table(tuple(words(name) for name in head), rows)]


def _explanation(facts: CardFacts, plots: tuple[str, ...], words: Words) -> list[Block]:
    if facts.model_kind not in _EXPLAINED:
        return [Heading(words("h_explanation")), Text(words("explanation_neural"))]
    shapes = [
        Figure(f"shape-{place:02d}", words("plot_shape", feature=each.feature))
        for place, each in enumerate(facts.shapes, start=1)
    ]
    return [
        Heading(words("h_explanation")),
        Text(words("explanation_text")),
        *_figures(plots, ("coefficients",), words),
        *shapes,
        *_corrections(facts, words),
    ]


def _corrections(facts: CardFacts, words: Words) -> list[Block]:
    if not facts.edits:
        return []
    rows = tuple((feature, words(_CORRECTIONS.get(how, "edit_set")), reason) for feature, how, reason in facts.edits)
    return [
        Heading(words("h_edits"), 3),
        Text(words("edits_text")),
        Table((words("feature"), words("edit_done"), words("edit_reason")), rows),
    ]


def _figures(plots: tuple[str, ...], names: tuple[str, ...], words: Words) -> list[Block]:
    captions = {"groups-recall": "plot_recall", "groups-calibration": "plot_calibration_gap"}
    return [Figure(name, words(captions.get(name, f"plot_{name}"))) for name in names if name in plots]


def _limits(words: Words) -> list[Block]:
    names = ("limit_past", "limit_person", "limit_small", "limit_bins", "limit_drift")
    return [
        Heading(words("h_limits")),
        Terms(tuple(("", words(name)) for name in names)),
        Fill(words("fill_mark"), words("fill_limits")),
    ]


def oversight(words: Words, heading: str) -> list[Block]:
    """Return what people do and may do about a score: the same in both papers."""
    names = ("oversight_decide", "oversight_override", "oversight_contest", "oversight_local")
    return [
        Heading(words(heading)),
        Terms(tuple(("", words(name)) for name in names)),
        Fill(words("fill_mark"), words("fill_oversight")),
    ]


def _end(facts: CardFacts, words: Words) -> list[Block]:
    return [
        Heading(words("h_end")),
        Text(words("end_text", expires=words.day(facts.expires))),
        Terms(((words("contact"), facts.contact),)),
        Text(words("verify_text")),
    ]
