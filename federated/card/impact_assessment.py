"""Drafts of the impact assessments that the law requires, with the measured part filled in and the rest marked.

Fundamental rights: Regulation (EU) 2024/1689, article 27(1), letters a to f. Data protection: GDPR, article 35(7).
"""

from federated.card.blocks import Block, Fill, Heading, Table, Terms, Text
from federated.card.facts import CardFacts
from federated.card.figure_text import (
    audit_text,
    complement,
    day,
    delta_text,
    epsilon_text,
    flags,
    group_name,
)
from federated.card.oversight_section import FILL_MARK, GENERATED, PURPOSE_LOCK, oversight
from presentation.messages import Translator, in_language


def impact_assessment(facts: CardFacts, say: Translator) -> list[Block]:
    """Return the draft's blocks in one language."""
    return [
        *_opening(facts, say),
        *_process(facts, say),
        *_affected(facts, say),
        *_risks(facts, say),
        *oversight(say("27.1.e) Supervisión humana"), say),
        *_remedies(facts, say),
        *_data_protection(facts, say),
    ]


def _opening(facts: CardFacts, say: Translator) -> list[Block]:
    laws = say(
        "Evaluación de impacto en los derechos fundamentales (Reglamento (UE) 2024/1689, artículo 27) y resumen de la "
        "evaluación de protección de datos (RGPD, artículo 35.7)."
    )
    return [
        Heading(say("Evaluación de impacto: {name}", name=facts.name), 1),
        Text(say(PURPOSE_LOCK), strong=True),
        Text(
            say("Borrador. No es válido hasta que lo completen y firmen las personas responsables."),
            strong=True,
        ),
        Text(laws),
        Text(say(GENERATED)),
        Heading(say("Quién responde")),
        Fill(say(FILL_MARK), say("entidad responsable del despliegue, y persona que firma.")),
        Fill(say(FILL_MARK), say("fecha, versión y próxima revisión.")),
        Fill(say(FILL_MARK), say("parecer de la persona delegada de protección de datos.")),
        Fill(say(FILL_MARK), say("qué personas atendidas, o sus asociaciones, se han escuchado y qué dijeron.")),
    ]


def _process(facts: CardFacts, say: Translator) -> list[Block]:
    process = say(
        "Ofrecer apoyo antes de que haga falta pedirlo. El sistema ordena una lista por la probabilidad de: {label}. "
        "No interviene en el acceso a prestaciones ni en su cuantía, control o reintegro.",
        label=in_language(facts.label, say.lang),
    )
    period = say(
        "Desde el {released} hasta el {expires} como máximo.",
        released=day(facts.released, say),
        expires=day(facts.expires, say),
    )
    return [
        Heading(say("27.1.a) Procesos en que se usa")),
        Text(process),
        Fill(say(FILL_MARK), say("en qué servicio y paso concreto se mira la lista, y qué apoyo se ofrece.")),
        Heading(say("27.1.b) Periodo y frecuencia")),
        Text(period),
        Fill(say(FILL_MARK), say("cada cuánto se calcula la lista y cuántas personas se miran cada vez.")),
    ]


def _affected(facts: CardFacts, say: Translator) -> list[Block]:
    found = facts.measurement.groups
    shown = [group_name(facts, each, say) for each in found if each.hidden is None]
    hidden = [group_name(facts, each, say) for each in found if each.hidden is not None]
    attended = say.plural(
        "Personas atendidas por {n} entidad. Grupos en que se ha medido: {groups}.",
        "Personas atendidas por {n} entidades. Grupos en que se ha medido: {groups}.",
        len(facts.entities),
        groups="; ".join(shown) or say("ninguno"),
    )
    blocks: list[Block] = [Heading(say("27.1.c) Personas y grupos afectados")), Text(attended)]
    if hidden:
        unseen = say(
            "Grupos sin cifras, por pocas personas o por el ruido: {groups}. De ellos no se sabe si el modelo "
            "funciona.",
            groups="; ".join(hidden),
        )
        blocks.append(Text(unseen))
    others = say(
        "otros grupos del territorio que pueda afectar (menores, violencia de género, sin hogar, brecha digital)."
    )
    return [*blocks, Fill(say(FILL_MARK), others)]


def _risks(facts: CardFacts, say: Translator) -> list[Block]:
    head = (say("Riesgo"), say("Qué dice la medida"), say("Qué se ha hecho"))
    rows = (
        *_risks_of_errors(facts, say),
        (
            say("Que la puntuación decida de hecho"),
            say("Se verá en la tasa de casos en que el profesional se aparta de ella."),
            say("Razones e incertidumbre a la vista, y apartarse con un motivo es un solo paso."),
        ),
        (
            say("Que se sepa algo de una persona por el modelo"),
            say(
                "Épsilon {epsilon} por persona, delta {delta}. {audit}",
                epsilon=_claimed(facts, say),
                delta=delta_text(facts.epsilon["delta"], say),
                audit=audit_text(say),
            ),
            say("Privacidad diferencial, sumas secretas y presupuesto vigilado por cada nodo."),
        ),
        (
            say("Uso para otra finalidad o después de que deje de valer"),
            say("Caduca el {expires}; cada nodo vigila los cambios.", expires=day(facts.expires, say)),
            say("Finalidad firmada en el manifiesto; parada en la red y en cada nodo."),
        ),
    )
    return [
        Heading(say("27.1.d) Riesgos concretos")),
        Table(head, rows),
        Fill(say(FILL_MARK), say("otros riesgos, y si son aceptables y por qué.")),
    ]


def _risks_of_errors(facts: CardFacts, say: Translator) -> tuple[tuple[str, str, str], ...]:
    found, unknown = facts.measurement, say("No se ha podido medir.")
    missed, wrong = complement(found.recall, say), complement(found.precision, say)
    not_reached = say(
        "Con la capacidad actual no se alcanza a {missed} de las personas que tendrán el resultado.", missed=missed
    )
    not_right = say("De las personas señaladas, {wrong} no tendrán el resultado.", wrong=wrong)
    return (
        (
            say("No ver a una persona que necesita apoyo"),
            not_reached if missed else unknown,
            say("La lista se suma a la demanda de siempre, no la sustituye."),
        ),
        (
            say("Señalar y estigmatizar a una persona que no lo necesita"),
            not_right if wrong else unknown,
            say("Solo apoyo voluntario; la puntuación no se comparte ni se guarda en la historia."),
        ),
        (
            say("Funcionar peor en algún grupo"),
            _inequality(facts, say),
            say("Los atributos protegidos no son variables; se mide por grupos con intervalos."),
        ),
    )


def _inequality(facts: CardFacts, say: Translator) -> str:
    noticed = sorted({group for group, _text in flags(facts, say)})
    if noticed:
        return say("Grupos que se apartan del total: {flags}.", flags="; ".join(noticed))
    if any(each.hidden is None for each in facts.measurement.groups):
        return say("Ninguno de los grupos mostrados se aparta más de lo que explican ruido y azar.")
    return say("No se ha podido medir.")


def _remedies(facts: CardFacts, say: Translator) -> list[Block]:
    stop = say(
        "Se para el modelo en el nodo o en toda la red, se avisa a las entidades y se revisan los casos señalados. "
        "Contacto: {contact}.",
        contact=facts.contact,
    )
    return [
        Heading(say("27.1.f) Si los riesgos se cumplen")),
        Text(stop),
        Fill(say(FILL_MARK), say("quién decide la parada, y plazo.")),
        Fill(say(FILL_MARK), say("dónde y cómo puede reclamar una persona, y ante qué autoridad.")),
    ]


def _data_protection(facts: CardFacts, say: Translator) -> list[Block]:
    description = say(
        "variables de las personas atendidas: {features}. Se tratan en el nodo de cada entidad; de él salen solo sumas "
        "enmascaradas y con ruido. Rondas: {rounds}.",
        features=len(facts.features),
        rounds=sum(stage.rounds for stage in facts.stages),
    )
    necessity = say(
        "una lista blanca de variables aprobada por las entidades; ningún dato personal se reúne en un solo sitio."
    )
    measures = say(
        "épsilon {epsilon} por persona y delta {delta}, comprobables por cualquiera; aprobación y veto de cada "
        "entidad; registro inmutable de lo aprobado y lo enviado.",
        epsilon=_claimed(facts, say),
        delta=delta_text(facts.epsilon["delta"], say),
    )
    terms = (
        (say("Descripción"), description),
        (say("Necesidad y proporcionalidad"), necessity),
        (say("Riesgos"), say("los del apartado 27.1.d, con sus medidas.")),
        (say("Medidas"), measures),
    )
    return [
        Heading(say("Resumen para la evaluación de protección de datos (RGPD 35.7)")),
        Terms(terms),
        Fill(say(FILL_MARK), say("base jurídica (RGPD 6 y 9) y norma que la ampara.")),
        Fill(say(FILL_MARK), say("riesgo residual y si procede consulta previa (RGPD 36).")),
    ]


def _claimed(facts: CardFacts, say: Translator) -> str:
    return epsilon_text(float(facts.epsilon["epsilon"]["claimed"]), say)
