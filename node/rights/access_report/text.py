"""The summary of an issued access report for the professional who issues it."""

from collections.abc import Iterator
from pathlib import Path

from consent_ledger.log.entry import EntryType
from node.rights.access_report.document import HolderPart, part_failure
from node.rights.access_report.issuing import IssuedReport
from presentation import terminal
from presentation.messages import speaking


def issued_text(issued: IssuedReport, folder: Path | None, *, lang: str) -> str:
    """Return the summary of a report that was issued."""
    say, report = speaking(lang), issued.report
    lines = [*_counts(issued, lang), *(_part_text(part, report.name(part.entity), lang) for part in report.others)]
    if not report.complete:
        lines.append(say("! Respuesta parcial: la persona puede pedir lo que falta directamente a esas entidades."))
    lines.append(say("Anotado en el registro: {index:d} · SHA-256 {digest}", index=issued.index, digest=issued.sha256))
    head = f"✓ {folder}" if folder else say("✓ Informe de acceso")
    return "\n".join([head, *(terminal.paragraph(line, indent=2, hanging=2) for line in lines)])


def _counts(issued: IssuedReport, lang: str) -> Iterator[str]:
    say, count = speaking(lang), {kind: len(issued.report.of(kind)) for kind in EntryType}
    yield say.plural("{n} cesión", "{n} cesiones", count[EntryType.RELEASE])
    yield say.plural("{n} petición rechazada", "{n} peticiones rechazadas", count[EntryType.REFUSAL])
    received = count[EntryType.RELEASE_RECEIVED]
    yield say.plural("{n} consulta de esta entidad a otras", "{n} consultas de esta entidad a otras", received)
    read = count[EntryType.RECORD_READ]
    yield say.plural("{n} consulta dentro de la entidad", "{n} consultas dentro de la entidad", read)
    yield say.plural("{n} paso de derivaciones", "{n} pasos de derivaciones", count[EntryType.REFERRAL])


def _part_text(part: HolderPart, name: str, lang: str) -> str:
    say = speaking(lang)
    if part.answer is None:
        return say("! {name}: {why}", name=name, why=part_failure(part, lang))
    return say.plural("{name}: {n} acceso", "{name}: {n} accesos", len(part.answer.accesses), name=name)
