"""The result of a fetch, for people (in Spanish by default) and for programs."""

from collections.abc import Iterator
from typing import Any

from node.fetch.asking import Fetched, HolderReply
from node.fetch.identity_conflicts import identity_conflicts, shown_value
from node.messages.no_answer import no_answer_label, reason_of
from policies.case_access import access_label
from policies.catalogue import load_catalogue
from policies.errors import EXIT_CODES, ErrorKind, error_document
from policies.reasons import reason_label
from presentation.formats import day
from presentation.messages import Translator, listing, speaking
from presentation.terminal import paragraph, table


def exit_code(fetched: Fetched) -> int:
    """Return 0 when anybody shared something, 1 when somebody refused or did not verify, else why nobody answered."""
    if any(reply.released for reply in fetched.replies):
        return 0
    codes = [EXIT_CODES[reply.error.kind if reply.error else ErrorKind.REFUSED] for reply in fetched.replies]
    return EXIT_CODES[ErrorKind.REFUSED] if EXIT_CODES[ErrorKind.REFUSED] in codes else min(codes, default=2)


def fetched_document(fetched: Fetched) -> dict[str, Any]:
    """Return the JSON document; of the person it holds the released values only."""
    question = fetched.question
    return {
        "purpose": question.purpose,
        "role": question.role,
        "case": question.case_ref,
        "case_access": question.access.how.value,
        "opening_reason": question.access.reason,
        "asked_at": fetched.asked_at.isoformat(),
        "answers": [_reply_document(reply) for reply in fetched.replies],
        "identity_conflicts": [
            {"field": each.field, "told": [{"holder_name": name, "value": value} for name, value in each.told]}
            for each in identity_conflicts(fetched)
        ],
        "exit_code": exit_code(fetched),
    }


def _reply_document(reply: HolderReply) -> dict[str, Any]:
    head: dict[str, Any] = {"holder": reply.holder.id, "holder_name": reply.holder.name}
    if reply.answer is None:
        error = error_document(reply.error)["error"] if reply.error else None
        why = reason_of(reply.error).value if reply.error else None
        return {**head, "outcome": "failed", "why": why, "error": error}
    answer = reply.answer.model_dump(mode="json")
    ledger = {"origin": answer["ledger"]["origin"], "index": answer["ledger"]["index"]}
    return {
        **head,
        "outcome": answer["outcome"],
        "reason": answer["reason"],
        "fields": answer["fields"],
        "withheld": answer["withheld"],
        "ledger": ledger,
        "request_id": answer["request_id"],
    }


def fetched_text(fetched: Fetched, *, lang: str = "es") -> str:
    """Return the released values with source and date, the withheld fields, and why others gave no answer."""
    say = speaking(lang)
    access = fetched.question.access
    access_line = say(
        "Acceso al caso, que queda anotado: {access}", access=access_label(access.how, access.reason, say.lang)
    )
    lines = [paragraph(line, hanging=2) for line in (*_unanswered(fetched, say), access_line)]
    warnings = [paragraph(line, hanging=2) for line in _conflicts(fetched, say)]
    return "\n\n".join([*warnings, *_tables(fetched, say), "\n".join(lines)])


def _conflicts(fetched: Fetched, say: Translator) -> Iterator[str]:
    for each in identity_conflicts(fetched):
        told = [f"{shown_value(each, value, say.lang)} ({name})" for name, value in each.told]
        yield say(
            "⚠ Las entidades hablan quizá de personas distintas. {field}: {told}. No junte estos datos, ni decida con "
            "ellos, hasta aclarar con esas entidades de quién es cada ficha.",
            field=load_catalogue().field(each.field).label(say.lang),
            told=listing(told),
        )


def _tables(fetched: Fetched, say: Translator) -> Iterator[str]:
    catalogue, lang = load_catalogue(), say.lang
    answered = [(reply.holder.name, reply.answer) for reply in fetched.replies if reply.answer is not None]
    shown = [
        (catalogue.field(item.id).label(lang), catalogue.display(item.id, item.value, lang), name, day(when, lang))
        for name, answer in answered
        for item in answer.fields
        for when in (item.recorded_at,)
    ]
    if shown:
        yield table([say("Dato"), say("Valor"), say("Entidad"), say("Fecha")], shown)
    withheld = list(_withheld(fetched, say))
    if withheld:
        yield "\n".join([say("No compartido:"), *(paragraph(line, hanging=2) for line in withheld)])


def _withheld(fetched: Fetched, say: Translator) -> Iterator[str]:
    """Yield a line for each entity and reason, with the fields that it concerns."""
    catalogue = load_catalogue()
    for reply in fetched.replies:
        gaps = reply.answer.withheld if reply.answer else ()
        for reason in dict.fromkeys(gap.reason for gap in gaps):
            fields = [catalogue.field(gap.id).label(say.lang) for gap in gaps if gap.reason == reason]
            yield say(
                "- {holder}. {reason}: {fields}",
                holder=reply.holder.name,
                reason=reason_label(reason, say.lang),
                fields="; ".join(fields),
            )


def _unanswered(fetched: Fetched, say: Translator) -> Iterator[str]:
    for reply in fetched.replies:
        name, error = reply.holder.name, reply.error
        if error is not None:
            yield say(
                "✗ {holder}: {why}. {said} [{code}]",
                holder=name,
                why=no_answer_label(reason_of(error)),
                said=error.sentence,
                code=error.code,
            )
        elif not reply.released and reply.answer is not None:
            reason = reason_label(reply.answer.reason or "", say.lang)
            yield say("- {holder}: no comparte datos ({reason})", holder=name, reason=reason)
