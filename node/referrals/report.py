"""Referrals and capacities for people and for programs. They contain no name or document of a person."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from node.messages.no_answer import no_answer_label, reason_of
from node.referrals.capacity import Capacity, CapacityReply
from node.referrals.store import SHORTEST_PREFIX, ImportedSummary, Referral, TakenStep
from policies.catalogue import load_catalogue
from policies.errors import EXIT_CODES, ErrorKind, error_document
from policies.referrals import MOVES, SIDE_NAMES, ReferralState, WordList, load_referral_words
from presentation.formats import day, moment, number
from presentation.messages import Translator, speaking
from presentation.terminal import pairs, paragraph, table

NO_NAMES: Final[Mapping[str, str]] = MappingProxyType({})
_CODES_OF: Final = {move.after: move.codes for move in MOVES.values()}


def referral_document(referral: Referral) -> dict[str, Any]:
    """Return a referral for ``--json``."""
    return {
        "referral_id": referral.referral_id,
        "side": referral.side.value,
        "peer": referral.peer,
        "kind": referral.kind,
        "state": referral.state.value,
        "service": referral.service or None,
        "need": referral.need,
        "urgency": referral.urgency or None,
        "code": referral.code,
        "consent_id": referral.consent_id or None,
        "person_ref": referral.person_ref,
        "answer_by": _iso(referral.answer_by),
        "created_at": _iso(referral.created_at),
        "changed_at": _iso(referral.changed_at),
    }


def shown_document(
    referral: Referral, steps: Sequence[TakenStep], summary: ImportedSummary | None = None
) -> dict[str, Any]:
    """Return a referral with its steps, and the summary of a transferred case, for ``--json``."""
    taken = [
        {
            "by": step.by.value,
            "number": step.number,
            "step": step.step.value,
            "code": step.code,
            "taken_at": _iso(step.taken_at),
            "recorded_at": _iso(step.recorded_at),
            "message_sha256": step.message_sha256,
        }
        for step in steps
    ]
    imported = None
    if summary is not None:
        fetched = _iso(summary.fetched_at)
        imported = {"source": summary.source, "fetched_at": fetched, "fields": list(summary.fields)}
    return referral_document(referral) | {"steps": taken, "imported": imported}


def referral_text(
    referral: Referral, steps: Sequence[TakenStep] = (), *, names: Mapping[str, str] = NO_NAMES, lang: str = "es"
) -> str:
    """Return one referral for a professional.

    Args:
        referral: the referral.
        steps: those to show below it.
        names: entity id -> name; an entity that is not in it is shown by its id.
        lang: of the reader.
    """
    say = speaking(lang)
    person = say("sí") if referral.person_ref else say("no: pida el documento a quien venga y use «referral link»")
    facts = (
        (say("Código"), referral.referral_id),
        (say("Sentido"), say(SIDE_NAMES[referral.side])),
        (say("Entidad"), names.get(referral.peer, referral.peer)),
        (say("Tipo"), _word(WordList.KINDS, referral.kind, say)),
        (say("Estado"), _word(WordList.STATES, referral.state.value, say)),
        (say("Motivo o resultado"), code_label(referral.state, referral.code, say.lang)),
        (say("Recurso"), _word(WordList.SERVICES, referral.service, say)),
        (say("Necesidad"), _word(WordList.NEEDS, referral.need or "", say)),
        (say("Urgencia"), _word(WordList.URGENCIES, referral.urgency, say)),
        (say("Contestar antes de"), _moment(referral.answer_by, say)),
        (say("Persona con ficha aquí"), person),
    )
    text = pairs([(name, value) for name, value in facts if value])
    if not steps:
        return text
    taken = [paragraph(_step_line(step, say), indent=2, hanging=2) for step in steps]
    return "\n".join([text, "", say("Pasos:"), *taken])


def referrals_text(referrals: Sequence[Referral], *, names: Mapping[str, str] = NO_NAMES, lang: str = "es") -> str:
    """Return the table of referrals for a professional."""
    say = speaking(lang)
    if not referrals:
        return say("Ninguna derivación.")
    rows = [
        (
            referral.referral_id[:SHORTEST_PREFIX],
            say(SIDE_NAMES[referral.side]),
            names.get(referral.peer, referral.peer),
            _word(WordList.SERVICES, referral.service, say),
            _word(WordList.URGENCIES, referral.urgency, say),
            _word(WordList.STATES, referral.state.value, say),
            code_label(referral.state, referral.code, say.lang),
            _moment(referral.answer_by, say),
        )
        for referral in referrals
    ]
    head = (
        say("Código"),
        say("Sentido"),
        say("Entidad"),
        say("Recurso"),
        say("Urgencia"),
        say("Estado"),
        say("Motivo o resultado"),
        say("Contestar antes de"),
    )
    return table(head, rows)


def linked_text(*, known: bool, lang: str) -> str:
    """Return the text for a professional who has compared a document with a referral."""
    say = speaking(lang)
    if known:
        return say("✓ Es la persona derivada, y queda enlazada con su ficha.")
    return say("✓ Es la persona derivada. Esta entidad no tiene ficha suya.")


def taken_text(summary: ImportedSummary, *, names: Mapping[str, str] = NO_NAMES, lang: str = "es") -> str:
    """Return the text for a professional who has taken a case over."""
    done = speaking(lang)("✓ El caso es ahora de esta entidad; la anterior lo sabrá por su respuesta firmada.")
    return f"{paragraph(done)}\n\n{summary_text(summary, names=names, lang=lang)}"


def summary_text(summary: ImportedSummary, *, names: Mapping[str, str] = NO_NAMES, lang: str = "es") -> str:
    """Return the summary that came with a transferred case: each value with the day its source recorded it."""
    say, catalogue = speaking(lang), load_catalogue()
    source = names.get(summary.source, summary.source)
    head = say("Resumen recibido de {source} el {moment}:", source=source, moment=summary.fetched_at)
    facts = []
    for field in summary.fields:
        value = catalogue.display(field["id"], field["value"], say.lang)
        recorded = day(datetime.fromisoformat(field["recorded_at"]), say.lang)
        facts.append((catalogue.field(field["id"]).label(say.lang), f"{value} ({recorded})"))
    return f"{head}\n{pairs(facts)}"


def code_label(state: ReferralState, code: str | None, lang: str) -> str:
    """Return the label of a state's reason or result; empty when it has none."""
    codes = _CODES_OF.get(state)
    return load_referral_words().label(codes, code, lang) if codes and code else ""


def capacities_document(stated: Sequence[Capacity]) -> dict[str, Any]:
    """Return this entity's own capacities for ``--json``."""
    return {
        "capacity": [
            {
                "service": each.service,
                "places": each.places,
                "wait_days": each.wait_days,
                "open": each.open,
                "updated_at": _iso(each.updated_at),
            }
            for each in stated
        ]
    }


def capacities_text(stated: Sequence[Capacity], *, lang: str = "es") -> str:
    """Return the table of this entity's own capacities."""
    say = speaking(lang)
    if not stated:
        return say("Ningún recurso declarado. Use «referral capacity set».")
    rows = [
        (
            _word(WordList.SERVICES, each.service, say),
            say("abierto") if each.open else say("cerrado"),
            number(each.places, say.lang),
            number(each.wait_days, say.lang),
            _moment(each.updated_at, say),
        )
        for each in stated
    ]
    return table((say("Recurso"), say("Abierto"), say("Plazas"), say("Espera (días)"), say("Actualizado")), rows)


def asked_document(service: str, replies: Sequence[CapacityReply]) -> dict[str, Any]:
    """Return the entities' answers about a service for ``--json``."""
    answers = [
        {
            "entity": reply.entity.id,
            "entity_name": reply.entity.name,
            "answer": reply.answer.model_dump(mode="json") if reply.answer else None,
            "why": reason_of(reply.error).value if reply.error else None,
            "error": error_document(reply.error)["error"] if reply.error else None,
        }
        for reply in replies
    ]
    failed = sum(reply.answer is None for reply in replies)
    return {"service": service, "answers": answers, "complete": not failed, "exit_code": asked_exit_code(replies)}


def asked_exit_code(replies: Sequence[CapacityReply]) -> int:
    """Return 0 when at least one entity answered, else 3."""
    return 0 if any(reply.answer for reply in replies) else EXIT_CODES[ErrorKind.UNREACHABLE]


def asked_text(replies: Sequence[CapacityReply], *, lang: str = "es") -> str:
    """Return the table of the entities' answers; those that offer the service and are open come first."""
    say = speaking(lang)
    rows = [_answer_row(reply, say) for reply in sorted(replies, key=_order)]
    shown = table((say("Entidad"), say("Abierto"), say("Plazas"), say("Espera"), say("Actualizado")), rows)
    failed = sum(reply.answer is None for reply in replies)
    if not failed:
        return shown
    partial = say.plural(
        "! Falta la respuesta de {n} de {asked} entidades.",
        "! Faltan las respuestas de {n} de {asked} entidades.",
        failed,
        asked=len(replies),
    )
    return f"{shown}\n{paragraph(partial)}"


def _answer_row(reply: CapacityReply, say: Translator) -> tuple[str, str, str, str, str]:
    answer, entity = reply.answer, reply.entity.name
    if answer is None:
        return entity, say(no_answer_label(reason_of(reply.error))) if reply.error else "-", "", "", ""
    if not answer.offered:
        return entity, say("no lo presta"), "", "", ""
    return (
        entity,
        say("abierto") if answer.open else say("cerrado"),
        _word(WordList.PLACES, answer.places or "", say),
        _word(WordList.WAITS, answer.wait or "", say),
        _moment(answer.updated, say),
    )


def _order(reply: CapacityReply) -> tuple[int, str]:
    answer = reply.answer
    if answer is None:
        return 3, reply.entity.id
    rank = 2 if not answer.offered else 0 if answer.open else 1
    return rank, reply.entity.id


def _step_line(step: TakenStep, say: Translator) -> str:
    state = _word(WordList.STATES, MOVES[step.step].after.value, say)
    code = code_label(MOVES[step.step].after, step.code, say.lang)
    return f"{_moment(step.taken_at, say)}  {state}" + (f" ({code})" if code else "")


def _word(words: WordList, code: str, say: Translator) -> str:
    return load_referral_words().label(words, code, say.lang)


def _iso(value: datetime | None) -> str | None:
    return value.isoformat() if value else None


def _moment(value: datetime | None, say: Translator) -> str:
    return moment(value, say.lang) if value else ""
