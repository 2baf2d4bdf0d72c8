"""``redpact-node records imports`` and ``records import-undo``."""

from typing import Annotated

import typer

from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node
from node.cli.professional import ProfessionalOption, professional_reference
from node.cli.progress import progress_bar
from presentation.messages import _

REFUSED = 1


def register(group: typer.Typer) -> None:
    """Add the commands to the group ``records``."""
    _register_imports(group)
    _register_undo(group)


def _register_imports(group: typer.Typer) -> None:
    @group.command(
        help=_(
            "Muestra las importaciones aplicadas: cuándo, quién, el fichero con su huella SHA-256, cuántas personas, y "
            "si se pueden deshacer todavía."
        )
    )
    def imports(*, home: HomeOption, lang: LangOption = "es", as_json: JsonOption = False) -> None:
        """Show the imports that were applied, and whether they can be undone still."""
        from node.rights.import_undo import ImportUndoing, recorded_imports
        from node.rights.import_undo_report import imports_document, imports_text

        node = open_node(home)
        ImportUndoing(node.context, node.erasures.erasers).settle()
        found = recorded_imports(node.context)
        emit(imports_document(found), imports_text(found, lang), as_json=as_json)


def _register_undo(group: typer.Typer) -> None:
    @group.command(
        name="import-undo",
        help=_(
            "Deshace una importación entera: quita a las personas que añadió y devuelve las demás fichas a como "
            "estaban.\n\nSolo mientras nada más nuevo dependa de lo importado; si no, dice de qué personas y no cambia "
            "nada."
        ),
    )
    def import_undo(
        *,
        import_id: Annotated[
            str,
            typer.Argument(metavar=_("IMPORTACIÓN"), help=_("Identificador de «records imports», o su comienzo.")),
        ],
        home: HomeOption,
        professional: ProfessionalOption = "",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Take an import back entirely, unless something newer stands on it."""
        from node.rights.import_undo import ImportUndoing
        from node.rights.import_undo_report import undo_document, undo_text

        node, who = open_node(home), professional_reference(professional)
        with progress_bar() as advance:
            outcome = ImportUndoing(node.context, node.erasures.erasers, advance).undo(import_id, who)
        emit(undo_document(outcome), undo_text(outcome, lang), as_json=as_json)
        if outcome.newer:
            raise typer.Exit(REFUSED)
