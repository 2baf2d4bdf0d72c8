"""``redpact-audit receipt FILE``."""

from pathlib import Path
from typing import Annotated

import typer

from consent_ledger.cli.options import JsonOption, Lang, LangOption, PolicyOption, emit, own_policy_warning
from presentation.messages import _


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "receipt",
        help=_(
            "Comprueba el justificante de una persona: que el consentimiento que muestra está en el registro, "
            "sin cambios."
        ),
    )(receipt)


def receipt(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=_("El consent.tlog-proof del justificante"))],
    policy: PolicyOption = None,
    as_json: JsonOption = False,
    lang: LangOption = Lang.es,
) -> None:
    """Check a person's receipt: that the consent shown is in the ledger, unchanged."""
    from consent_ledger.exports.ledger_export import POLICY_FILE
    from consent_ledger.log.entry import encode_time
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
        "policy": str(policy) if policy else "receipt",
    }
    words = ("Verificado", "anotación", "de") if lang is Lang.es else ("Verified", "entry", "of")
    text = (
        f"✓ {words[0]}: {report.leaf.type}, {encode_time(report.leaf.time)}\n"
        f"  {words[1]} {report.index} {words[2]} {report.size}, {report.origin}"
    )
    if report.body is None:
        text += "\n  La prueba no muestra el contenido." if lang is Lang.es else "\n  The proof shows no content."
    emit(document, text if policy else f"{text}\n{own_policy_warning(lang)}", as_json=as_json)
