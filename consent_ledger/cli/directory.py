"""``redpact-audit directory DIR``."""

from pathlib import Path
from typing import Annotated

import typer

from consent_ledger.cli.options import JsonOption, Lang, LangOption, PolicyOption, emit, own_policy_warning
from presentation.messages import _


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "directory",
        help=_(
            "Comprueba los directorios de la red: que todos están en un único registro que solo crece, quién los "
            "cofirmó, y quién entró, salió o cambió de claves."
        ),
    )(directory)


def directory(
    folder: Annotated[
        Path, typer.Argument(metavar=_("CARPETA"), help=_("Carpeta creada con: redpact-node directory export DIR"))
    ],
    policy: PolicyOption = None,
    as_json: JsonOption = False,
    lang: LangOption = Lang.es,
) -> None:
    """Check the network's directories: one log that only grows, its cosigners, and who came, left or changed keys."""
    from consent_ledger.audit.directories import verify_directories
    from consent_ledger.exports.ledger_export import POLICY_FILE
    from consent_ledger.receipts.receipt import load_policy

    report = verify_directories(folder, load_policy(policy or folder / POLICY_FILE))
    document = report.document() | {"policy": str(policy) if policy else "export"}
    text = report.text(lang.value)
    emit(document, text if policy else f"{text}\n{own_policy_warning(lang)}", as_json=as_json)
    if not report.passed:
        raise typer.Exit(1)
