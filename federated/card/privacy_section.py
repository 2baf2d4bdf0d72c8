"""The section of the model card on differential privacy: epsilon by number of entities, and its assumptions."""

from collections.abc import Mapping
from typing import Any

from federated.card.blocks import Block, Heading, Table, Terms, Text
from federated.card.committee_words import security_words
from federated.card.facts import CardFacts
from federated.card.figure_text import audit_text, belief, delta_text, epsilon_text
from federated.secagg.committee import committee_security
from presentation.messages import Translator


def privacy(facts: CardFacts, say: Translator) -> list[Block]:
    """Return the section."""
    proof = facts.epsilon
    epsilons = proof["epsilon"]
    rows = tuple(
        (
            say.plural("{n} entidad", "{n} entidades", int(m)),
            epsilon_text(epsilons["weighted"][m], say),
            epsilon_text(epsilons["unweighted"][m], say),
        )
        for m in epsilons["weighted"]
    )
    meaning = say(
        "Privacidad diferencial por persona, delta {delta}. Épsilon acota cuánto puede cambiar lo publicado por que "
        "una persona esté o no en los datos: si alguien duda a partes iguales de si está, tras verlo todo no puede "
        "estar seguro en más de un {belief}, salvo con probabilidad delta.",
        delta=delta_text(proof["delta"], say),
        belief=belief(float(epsilons["claimed"]), say),
    )
    return [
        Heading(say("Privacidad")),
        Text(meaning),
        Table((say("La persona está en"), say("Épsilon con pesos"), say("Épsilon sin pesos")), rows),
        Heading(say("Qué se supone"), 3),
        Terms(
            (
                _weights(proof, say),
                _noise(proof, say),
                *_collusion(proof, say),
                _alone(proof, say),
                _committee(facts, say),
            )
        ),
        Text(audit_text(say)),
    ]


def _weights(proof: Mapping[str, Any], say: Translator) -> tuple[str, str]:
    cap = proof["assumed"]["people_cap"]
    if cap <= 1:
        return say("Pesos"), say("no se aplican: una persona en varias entidades gasta lo que dice su fila.")
    return say("Pesos"), say(
        "cada entidad aplica el peso que le dio la comprobación de duplicados (una persona en varias entidades se "
        "reparte entre ellas, hasta {cap}); si alguna no lo hiciera, vale la columna sin pesos. Épsilon no cubre ese "
        "recuento, que solo ven las entidades: quien participa puede mirar en la suma de todas si nadie conoce a una "
        "persona; todas menos una, si se confabulan, saben casi con certeza si la conoce esa.",
        cap=cap,
    )


def _noise(proof: Mapping[str, Any], say: Translator) -> tuple[str, str]:
    terms = proof["assumed"]
    return say("Ruido"), say.plural(
        "el ruido de cada suma se reparte entre {shares} contribuciones de al menos {cohort}, así que aguanta que {n} "
        "entidad revele el suyo a la Gerencia.",
        "el ruido de cada suma se reparte entre {shares} contribuciones de al menos {cohort}, así que aguanta que {n} "
        "entidades revelen el suyo a la Gerencia.",
        terms["colluders"],
        shares=terms["noise_shares"],
        cohort=terms["minimum_cohort"],
    )


def _committee(facts: CardFacts, say: Translator) -> tuple[str, str]:
    return say("Qué puede abrir la Gerencia"), say(security_words(committee_security(len(facts.entities))))


def _alone(proof: Mapping[str, Any], say: Translator) -> tuple[str, str]:
    return say("Si todas las demás se confabulan"), say(
        "épsilon {epsilon} frente a la Gerencia, con solo el ruido que le toca a la propia entidad. Una entidad puede "
        "haber añadido más por su cuenta, hasta el tope de su persona delegada de protección de datos: entonces el "
        "épsilon es menor para sus personas.",
        epsilon=epsilon_text(proof["epsilon"]["alone"], say),
    )


def _collusion(proof: Mapping[str, Any], say: Translator) -> list[tuple[str, str]]:
    return [
        (
            say.plural("Si se confabula {n} entidad", "Si se confabulan {n} entidades", int(count)),
            say("épsilon {epsilon}.", epsilon=epsilon_text(value, say)),
        )
        for count, value in proof["epsilon"]["colluding"].items()
        if count != "0"
    ]
