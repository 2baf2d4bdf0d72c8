"""``redpact-node ledger``: the entity's own ledger, for auditors."""

from pathlib import Path
from typing import Annotated

import typer

from node.cli import ledger_retain, ledger_witness
from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node
from node.cli.professional import ListReasonOption, ProfessionalOption, reader
from presentation.messages import _, plural


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(
        no_args_is_help=True, help=_("El registro de la entidad: lo exporta para una auditoría y muestra su estado.")
    )

    _register_export(group)
    _register_status(group)
    ledger_witness.register(group)
    ledger_retain.register(group)
    app.add_typer(group, name="ledger")


def _register_export(group: typer.Typer) -> None:
    @group.command(
        help=_(
            "Escribe el registro completo en una carpeta; compruébelo con: redpact-audit verify DIR. Queda anotado "
            "quién lo hizo y por qué."
        )
    )
    def export(
        *,
        home: HomeOption,
        directory: Annotated[Path, typer.Argument(metavar=_("CARPETA"), help=_("Carpeta nueva para la exportación."))],
        professional: ProfessionalOption = "",
        reason: ListReasonOption = "data_protection",
        as_json: JsonOption = False,
    ) -> None:
        """Write the whole ledger to a folder; check it with: redpact-audit verify DIR."""
        from node.care.reading import read_everybody
        from node.ledger.export import export_own_ledger
        from policies.record_readings import RecordPart

        context, given = open_node(home).context, reader(professional, reason)
        summary = export_own_ledger(
            context, directory, record=lambda: read_everybody(context, given, RecordPart.LEDGER)
        )
        document = {
            "origin": summary.origin,
            "size": summary.size,
            "bodies": summary.bodies,
            "directory": str(directory),
        }
        entries = plural("{n} anotación", "{n} anotaciones", summary.size)
        text = _("✓ {origin}: {entries}, en {directory}", origin=summary.origin, entries=entries, directory=directory)
        emit(document, text, as_json=as_json)


def _register_status(group: typer.Typer) -> None:
    @group.command(
        help=_(
            "Comprueba el punto de control más reciente con las anotaciones guardadas y lo muestra, con el "
            "estado de sus testigos."
        )
    )
    def status(home: HomeOption, as_json: JsonOption = False, lang: LangOption = "es") -> None:
        """Check the newest checkpoint against the stored entries, and print it with the state of its cosignatures."""
        from node.ledger.export import own_ledger_status
        from node.ledger.witnessing.state import witnessing_text

        found = own_ledger_status(open_node(home).context)
        text = f"{found.checkpoint}\n{witnessing_text(found.witnesses).in_language(lang)}"
        emit(found.document(), text, as_json=as_json)
