"""``redpact-audit verify DIR``."""

from pathlib import Path
from typing import Annotated

import typer

from consent_ledger.cli.options import (
    CounterpartOption,
    JsonOption,
    Lang,
    LangOption,
    PolicyOption,
    SeenOption,
    emit,
    own_policy_warning,
)
from presentation.messages import _


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "verify",
        help=_(
            "Comprueba un registro exportado: las firmas, todos los hashes y que cada cesión tenía un "
            "consentimiento vigente."
        ),
    )(verify)


def verify(
    directory: Annotated[
        Path, typer.Argument(metavar=_("CARPETA"), help=_("Carpeta creada con: redpact-node ledger export"))
    ],
    policy: PolicyOption = None,
    seen: SeenOption = None,
    counterpart: CounterpartOption = None,
    as_json: JsonOption = False,
    lang: LangOption = Lang.es,
) -> None:
    """Check an exported ledger: signatures, every hash, and that every release had a live consent."""
    from consent_ledger.audit.verify import verify_export
    from consent_ledger.audit.witnesses import SeenCheckpoint
    from consent_ledger.exports.ledger_export import POLICY_FILE
    from consent_ledger.receipts.receipt import load_policy

    trusted = load_policy(policy or directory / POLICY_FILE)
    checkpoints = [SeenCheckpoint.read(file, trusted) for file in seen or ()]
    others = [(folder, load_policy(folder / POLICY_FILE)) for folder in counterpart or ()]
    report = verify_export(directory, trusted, seen=checkpoints, counterparts=others)
    document = report.document() | {"policy": str(policy) if policy else "export"}
    text = report.text(lang.value)
    emit(document, text if policy else f"{text}\n{own_policy_warning(lang)}", as_json=as_json)
    if not report.passed:
        raise typer.Exit(1)
