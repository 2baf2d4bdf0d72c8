"""``redpact-audit receipt FILE``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from consent_ledger.cli.options import JsonOption, Lang, LangOption, PolicyOption, emit, own_policy_warning
from consent_ledger.log.entry_words import entry_name
from presentation.messages import _, speaking
from presentation.terminal import paragraph

if TYPE_CHECKING:
    from consent_ledger.receipts.receipt import ReceiptReport


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "receipt",
        help=_(
            "Comprueba el justificante o el informe de acceso de una persona: que lo que muestra está en el registro, "
            "y que sus páginas son las que se entregaron."
        ),
    )(receipt)


def receipt(
    file: Annotated[
        Path,
        typer.Argument(
            metavar=_("FICHERO"),
            help=_("El consent.tlog-proof del justificante, o el issue.tlog-proof de un informe de acceso"),
        ),
    ],
    policy: PolicyOption = None,
    as_json: JsonOption = False,
    lang: LangOption = Lang.es,
) -> None:
    """Check a person's receipt or access report: it is in the ledger, and its pages are those that were issued."""
    from consent_ledger.exports.ledger_export import POLICY_FILE
    from consent_ledger.receipts.receipt import load_policy, verify_receipt

    report = verify_receipt(file, load_policy(policy or file.with_name(POLICY_FILE)))
    document = {
        "verified": True,
        "origin": report.origin,
        "index": report.index,
        "size": report.size,
        "witnesses": list(report.witnesses),
        "entry": report.leaf.document(),
        "body": report.body,
        "record_matches": report.record_matches,
        "papers": None if report.papers is None else list(report.papers),
        "policy": str(policy) if policy else "receipt",
    }
    text = _text(report, lang.value)
    emit(document, text if policy else f"{text}\n{own_policy_warning(lang)}", as_json=as_json)


def _text(report: "ReceiptReport", lang: str) -> str:
    say = speaking(lang)
    lines = [
        say("✓ Verificado: {type}, {time}", type=entry_name(report.leaf.type), time=report.leaf.time),
        say(
            "anotación {index:d} de {size}, {origin}",
            index=report.index,
            size=report.size,
            origin=report.origin,
        ),
    ]
    if report.papers:
        lines.append(say("Páginas comprobadas: {papers}", papers=", ".join(report.papers)))
    if report.body is None:
        lines.append(say("La prueba no muestra el contenido."))
    first, *rest = lines
    return "\n".join([paragraph(first, hanging=2), *(paragraph(line, indent=2, hanging=2) for line in rest)])
