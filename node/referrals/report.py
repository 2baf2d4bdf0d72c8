"""Referrals and capacities for people, in Spanish by default, and for programs. No name or document is in them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from node.referrals.capacity import Capacity, CapacityReply
from node.referrals.store import SHORTEST_PREFIX, ImportedSummary, Referral, TakenStep
from policies.catalogue import load_catalogue
from policies.errors import EXIT_CODES, ErrorKind, error_document
from policies.referrals import MOVES, ReferralState, WordList, load_referral_words
from service.command_line import table

_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "es": {
        "id": "Código",
        "side": "Sentido",
        "sender": "enviada",
        "receiver": "recibida",
        "peer": "Entidad",
        "kind": "Tipo",
        "service": "Recurso",
        "need": "Necesidad",
        "urgency": "Urgencia",
        "state": "Estado",
        "code": "Motivo o resultado",
        "answer_by": "Contestar antes de",
        "person": "Persona con ficha aquí",
        "yes": "sí",
        "no": "no: pida el documento a quien venga y use «referral link»",
        "steps": "Pasos",
        "nothing": "Ninguna derivación.",
        "linked": "✓ Es la persona derivada, y queda enlazada con su ficha.",
        "matches": "✓ Es la persona derivada. Esta entidad no tiene ficha suya.",
        "open": "Abierto",
        "closed": "cerrado",
        "opened": "abierto",
        "not_offered": "no lo presta",
        "places": "Plazas",
        "wait": "Espera",
        "updated": "Actualizado",
        "no_answer": "sin respuesta",
        "partial": "! {failed} de {asked} entidades no han contestado: la respuesta es parcial.",
        "taken": "✓ El caso es ahora de esta entidad; la anterior lo sabrá por su respuesta firmada.",
        "imported": "Resumen recibido de {source} el {day}:",
        "no_capacity": "Ningún recurso declarado. Use «referral capacity set».",
    },
    "en": {
        "id": "Code",
        "side": "Direction",
        "sender": "sent",
        "receiver": "received",
        "peer": "Entity",
        "kind": "Kind",
        "service": "Service",
        "need": "Need",
        "urgency": "Urgency",
        "state": "State",
        "code": "Reason or result",
        "answer_by": "Answer before",
        "person": "Person on record here",
        "yes": "yes",
        "no": "no: ask whoever comes for their document and use: referral link",
        "steps": "Steps",
        "nothing": "No referrals.",
        "linked": "✓ This is the person referred; the referral now names their record.",
        "matches": "✓ This is the person referred. This entity holds no record of them.",
        "open": "Open",
        "closed": "closed",
        "opened": "open",
        "not_offered": "does not offer it",
        "places": "Places",
        "wait": "Wait",
        "updated": "Updated",
        "no_answer": "no answer",
        "partial": "! {failed} of {asked} entities did not answer: this is a partial answer.",
        "taken": "✓ The case is this entity's now; the former one learns it by the signed answer.",
        "imported": "Summary received from {source} on {day}:",
        "no_capacity": "No service is declared. Use: referral capacity set.",
    },
}
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
    """Return a referral with its steps, and what came with a transferred case, for ``--json``."""
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


def referral_text(referral: Referral, steps: Sequence[TakenStep] = (), *, lang: str = "es") -> str:
    """Return what a professional reads of one referral."""
    language = _language(lang)
    words, labels = _WORDS[language], load_referral_words()
    rows = [
        (words["id"], referral.referral_id),
        (words["side"], words[referral.side.value]),
        (words["peer"], referral.peer),
        (words["kind"], labels.label(WordList.KINDS, referral.kind, language)),
        (words["state"], labels.label(WordList.STATES, referral.state.value, language)),
        (words["code"], code_label(referral.state, referral.code, language)),
        (words["service"], labels.label(WordList.SERVICES, referral.service, language)),
        (words["need"], labels.label(WordList.NEEDS, referral.need or "", language)),
        (words["urgency"], labels.label(WordList.URGENCIES, referral.urgency, language)),
        (words["answer_by"], _minute(referral.answer_by)),
        (words["person"], words["yes"] if referral.person_ref else words["no"]),
    ]
    lines = [f"{name}: {value}" for name, value in rows if value]
    if steps:
        lines += ["", f"{words['steps']}:", *(f"  {_step_line(step, language)}" for step in steps)]
    return "\n".join(lines)


def referrals_text(referrals: Sequence[Referral], *, lang: str = "es") -> str:
    """Return the table a professional reads."""
    language = _language(lang)
    words, labels = _WORDS[language], load_referral_words()
    if not referrals:
        return words["nothing"]
    rows = [
        {
            "id": referral.referral_id[:SHORTEST_PREFIX],
            "side": words[referral.side.value],
            "peer": referral.peer,
            "service": labels.label(WordList.SERVICES, referral.service, language),
            "urgency": labels.label(WordList.URGENCIES, referral.urgency, language),
            "state": labels.label(WordList.STATES, referral.state.value, language),
            "code": code_label(referral.state, referral.code, language),
            "answer_by": _minute(referral.answer_by),
        }
        for referral in referrals
    ]
    return table({name: words[name] for name in rows[0]}, rows)


def linked_text(*, known: bool, lang: str) -> str:
    """Return what a professional reads once a document was compared."""
    return _WORDS[_language(lang)]["linked" if known else "matches"]


def taken_text(summary: ImportedSummary, *, lang: str = "es") -> str:
    """Return what a professional reads once a case was taken over."""
    return _WORDS[_language(lang)]["taken"] + summary_text(summary, lang=lang)


def summary_text(summary: ImportedSummary, *, lang: str = "es") -> str:
    """Return what came with a transferred case: each value with the day its source recorded it."""
    language, catalogue = _language(lang), load_catalogue()
    lines = ["", "", _WORDS[language]["imported"].format(source=summary.source, day=_minute(summary.fetched_at))]
    for field in summary.fields:
        value = catalogue.display(field["id"], field["value"], language)
        lines.append(f"  {catalogue.field(field['id']).label(language)}: {value} ({field['recorded_at'][:10]})")
    return "\n".join(lines)


def code_label(state: ReferralState, code: str | None, lang: str) -> str:
    """Return what a person reads for the reason or result of a state; empty when it has none."""
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
    language = _language(lang)
    words = _WORDS[language]
    if not stated:
        return words["no_capacity"]
    rows = [
        {
            "service": load_referral_words().label(WordList.SERVICES, each.service, language),
            "open": words["opened" if each.open else "closed"],
            "places": each.places,
            "wait": each.wait_days,
            "updated": _minute(each.updated_at),
        }
        for each in stated
    ]
    return table({name: words[name] for name in rows[0]}, rows)


def asked_document(service: str, replies: Sequence[CapacityReply]) -> dict[str, Any]:
    """Return what the entities said of a service for ``--json``."""
    answers = [
        {
            "entity": reply.entity.id,
            "entity_name": reply.entity.name,
            "answer": reply.answer.model_dump(mode="json") if reply.answer else None,
            "error": error_document(reply.error)["error"] if reply.error else None,
        }
        for reply in replies
    ]
    failed = sum(reply.answer is None for reply in replies)
    return {"service": service, "answers": answers, "complete": not failed, "exit_code": asked_exit_code(replies)}


def asked_exit_code(replies: Sequence[CapacityReply]) -> int:
    """Return 0 when anybody answered, else 3."""
    return 0 if any(reply.answer for reply in replies) else EXIT_CODES[ErrorKind.UNREACHABLE]


def asked_text(replies: Sequence[CapacityReply], *, lang: str = "es") -> str:
    """Return the table of what the entities said; those that offer the service and are open come first."""
    language = _language(lang)
    words, labels = _WORDS[language], load_referral_words()
    rows = []
    for reply in sorted(replies, key=_order):
        answer = reply.answer
        row: dict[str, Any] = {"peer": reply.entity.name}
        if answer is None:
            row["open"] = f"{words['no_answer']} [{reply.error.code if reply.error else ''}]"
        elif not answer.offered:
            row["open"] = words["not_offered"]
        else:
            row["open"] = words["opened" if answer.open else "closed"]
            row["places"] = labels.label(WordList.PLACES, answer.places or "", language)
            row["wait"] = labels.label(WordList.WAITS, answer.wait or "", language)
            row["updated"] = _minute(answer.updated)
        rows.append(row)
    shown = table({name: words[name] for name in ("peer", "open", "places", "wait", "updated")}, rows)
    failed = sum(reply.answer is None for reply in replies)
    partial = "\n" + words["partial"].format(failed=failed, asked=len(replies)) if failed else ""
    return shown + partial


def _order(reply: CapacityReply) -> tuple[int, str]:
    answer = reply.answer
    if answer is None:
        return 3, reply.entity.id
    rank = 2 if not answer.offered else 0 if answer.open else 1
    return rank, reply.entity.id


def _step_line(step: TakenStep, lang: str) -> str:
    state = load_referral_words().label(WordList.STATES, MOVES[step.step].after.value, lang)
    code = code_label(MOVES[step.step].after, step.code, lang)
    return f"{_minute(step.taken_at)}  {state}" + (f" ({code})" if code else "")


def _language(lang: str) -> str:
    return "en" if lang == "en" else "es"


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _minute(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else ""
