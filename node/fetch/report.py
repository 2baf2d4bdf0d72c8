"""What came of a fetch, for people (in Spanish by default) and for programs."""

from collections.abc import Iterator
from io import StringIO
from typing import Any, Final

from rich import box
from rich.console import Console
from rich.table import Table

from node.fetch.asking import Fetched, Reply
from policies.case_access import access_label
from policies.catalogue import load_catalogue
from policies.errors import EXIT_CODES, ErrorKind, error_document
from policies.reasons import reason_label
from presentation.messages import in_language

_WORDS: Final = {
    "es": ("Dato", "Valor", "Entidad", "Fecha", "No compartido", "Motivo", "Sin respuesta", "no comparte datos"),
    "en": ("Field", "Value", "Entity", "Date", "Withheld", "Reason", "No answer", "shares nothing"),
}
_ACCESS: Final = {"es": "Acceso al caso, que queda anotado", "en": "Access to the case, on record"}
_WIDTH: Final = 110


def exit_code(fetched: Fetched) -> int:
    """Return 0 when anybody shared something, 1 when somebody refused or did not verify, else why nobody answered."""
    if any(reply.released for reply in fetched.replies):
        return 0
    codes = [EXIT_CODES[reply.error.kind if reply.error else ErrorKind.REFUSED] for reply in fetched.replies]
    return EXIT_CODES[ErrorKind.REFUSED] if EXIT_CODES[ErrorKind.REFUSED] in codes else min(codes, default=2)


def fetched_document(fetched: Fetched) -> dict[str, Any]:
    """Return the JSON document: nothing of the person but what was released."""
    question = fetched.question
    return {
        "purpose": question.purpose,
        "role": question.role,
        "case": question.case_ref,
        "case_access": question.access.how.value,
        "opening_reason": question.access.reason,
        "asked_at": fetched.asked_at.isoformat(),
        "answers": [_reply_document(reply) for reply in fetched.replies],
        "exit_code": exit_code(fetched),
    }


def _reply_document(reply: Reply) -> dict[str, Any]:
    head: dict[str, Any] = {"holder": reply.holder.id, "holder_name": reply.holder.name}
    if reply.answer is None:
        error = error_document(reply.error)["error"] if reply.error else None
        return {**head, "outcome": "failed", "error": error}
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
    """Return the tables a professional reads: values with their source and date, then what was withheld and why."""
    stream = StringIO()
    # What peers send is text, never markup or a control sequence of the terminal.
    console = Console(file=stream, width=_WIDTH, color_system=None, markup=False, emoji=False, highlight=False)
    for part in _parts(fetched, "en" if lang == "en" else "es"):
        console.print(part)
    return stream.getvalue().rstrip()


def _parts(fetched: Fetched, lang: str) -> Iterator[Table | str]:
    catalogue = load_catalogue()
    field, value, entity, day, withheld, reason, silent, nothing = _WORDS[lang]
    shown = _table(field, value, entity, day)
    hidden = _table(withheld, reason, entity)
    for reply in fetched.replies:
        answer = reply.answer
        for item in answer.fields if answer else ():
            label = catalogue.field(item.id).label(lang)
            recorded = item.recorded_at.date().isoformat()
            shown.add_row(label, catalogue.display(item.id, item.value, lang), reply.holder.name, recorded)
        for gap in answer.withheld if answer else ():
            hidden.add_row(catalogue.field(gap.id).label(lang), reason_label(gap.reason, lang), reply.holder.name)
    yield from (table for table in (shown, hidden) if table.row_count)
    for reply in fetched.replies:
        if reply.error is not None:
            said = in_language(reply.error.sentence, lang)
            yield f"✗ {reply.holder.name}: {silent}. {said} [{reply.error.code}]"
        elif not reply.released and reply.answer is not None:
            yield f"- {reply.holder.name}: {nothing} ({reason_label(reply.answer.reason or '', lang)})"
    access = fetched.question.access
    yield f"{_ACCESS[lang]}: {access_label(access.how, access.reason, lang)}"


def _printable(text: str) -> str:
    return "".join(character for character in text if character.isprintable())


def _table(*columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, expand=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
