"""``redpact-audit report DIR``."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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

if TYPE_CHECKING:
    from consent_ledger.audit.witnesses import SeenCheckpoint
    from consent_ledger.proofs.trust_policy import TrustPolicy


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "report",
        help=_(
            "Comprueba un registro exportado y escribe su informe para la persona delegada de protección de "
            "datos: un solo fichero HTML, en español e inglés."
        ),
    )(report)


def report(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help=_("Carpeta creada con: redpact-node ledger export DIR"))
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help=_("Fichero que se escribe; solo puede leerlo su propietario."))
    ] = Path("redpact-report.html"),
    policy: PolicyOption = None,
    seen: SeenOption = None,
    counterpart: CounterpartOption = None,
    since: Annotated[str, typer.Option("--since", help=_("Solo lo anotado desde este día (AAAA-MM-DD)."))] = "",
    until: Annotated[str, typer.Option("--until", help=_("Solo lo anotado hasta este día (AAAA-MM-DD)."))] = "",
    person: Annotated[
        str, typer.Option("--person", help=_("Solo lo anotado sobre esta persona: su número en la entidad."))
    ] = "",
    force: Annotated[bool, typer.Option("--force", help=_("Sustituye el fichero si ya existe."))] = False,
    as_json: JsonOption = False,
    lang: LangOption = Lang.es,
) -> None:
    """Verify an exported ledger and write the report of a data-protection officer: one HTML file, es and en."""
    from consent_ledger.audit.page import ReportOptions, report_page
    from consent_ledger.audit.registry import new_story
    from consent_ledger.audit.selection import Selection
    from consent_ledger.audit.verify import verify_export
    from consent_ledger.exports.folders import new_file
    from consent_ledger.exports.ledger_export import POLICY_FILE
    from consent_ledger.receipts.receipt import load_policy

    story, chosen = new_story(), Selection.read(since, until, person)
    trusted = load_policy(policy or directory / POLICY_FILE)
    checkpoints, others = _others(trusted, seen or (), counterpart or ())
    found = verify_export(
        directory, trusted, listener=chosen.listener(story.entry), seen=checkpoints, counterparts=others
    )
    options = ReportOptions(own_policy=policy is None, language=lang.value, selection=chosen)
    new_file(output, report_page(found, story, options).encode(), replace=force)
    document = found.document() | {"report": str(output), "policy": str(policy) if policy else "export"}
    text = f"{found.text(lang.value)}\n→ {output}"
    emit(document, text if policy else f"{text}\n{own_policy_warning(lang)}", as_json=as_json)
    if not found.passed:
        raise typer.Exit(1)


def _others(
    trusted: "TrustPolicy", seen: Iterable[Path], counterparts: Iterable[Path]
) -> "tuple[list[SeenCheckpoint], list[tuple[Path, TrustPolicy]]]":
    from consent_ledger.audit.witnesses import SeenCheckpoint
    from consent_ledger.exports.ledger_export import POLICY_FILE
    from consent_ledger.receipts.receipt import load_policy

    checkpoints = [SeenCheckpoint.read(file, trusted) for file in seen]
    return checkpoints, [(folder, load_policy(folder / POLICY_FILE)) for folder in counterparts]
