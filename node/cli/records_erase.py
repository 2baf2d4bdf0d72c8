"""``redpact-node records erase``."""

from typing import Annotated

import typer

from node.cli.arguments import DocumentOption, read_document
from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node
from presentation.messages import _
from service.command_line import agree


def register(group: typer.Typer) -> None:
    """Add the command to the group ``records``."""

    @group.command(
        help=_(
            "Borra a una persona: su clave, su ficha, los formularios escaneados y el contenido de cada "
            "anotación del registro sobre ella. No se puede deshacer.\n\nLas pruebas del registro siguen siendo "
            "válidas, y una anotación dice qué se borró, cuándo y con qué base legal."
        )
    )
    def erase(
        *,
        home: HomeOption,
        document: DocumentOption,
        basis: Annotated[
            str,
            typer.Option("--basis", help=_("Motivo, como artículo de la ley: eu-gdpr:A17-1-a ... eu-gdpr:A17-1-e.")),
        ],
        yes: Annotated[
            bool, typer.Option("--yes", help=_("No pide confirmación; el borrado no se puede deshacer."))
        ] = False,
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Erase a person: key, record, scans, and the content of every ledger entry about them. It cannot be undone."""
        from node.rights.erasure_report import erased_document, erased_text, question

        parsed = read_document(document)
        if not yes and not as_json:
            agree(question(lang))
        node = open_node(home)
        done = node.erasures.erase_person(parsed, basis)
        emit(erased_document(done), erased_text(done, lang, node.context.entity_names()), as_json=as_json)
