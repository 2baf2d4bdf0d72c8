"""``redpact-node records import``."""

from typing import Annotated

import typer

from node.cli.arguments import FileArgument
from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node
from node.cli.professional import ProfessionalOption, professional_reference
from node.cli.progress import progress_bar
from presentation.messages import _

EncodingOption = Annotated[
    str,
    typer.Option(
        metavar=_("CODIFICACIÓN"),
        help=_("Codificación de un CSV que no es UTF-8; la de Excel sin más es windows-1252."),
    ),
]
LineOption = Annotated[
    list[int],
    typer.Option(
        "--same-person",
        metavar=_("LÍNEA"),
        help=_(
            "Línea del fichero cuya persona es la que consta aquí, aunque el nombre o la fecha de nacimiento difieran; "
            "puede repetirse."
        ),
    ),
]
LiftOption = Annotated[
    bool,
    typer.Option(
        "--lift-protection",
        help=_("El fichero puede quitar oposiciones, instrucciones de contacto seguro y medidas de protección."),
    ),
]
ProposalOption = Annotated[
    str,
    typer.Option(
        "--proposal",
        metavar=_("CÓDIGO"),
        help=_(
            "Código de la comparación sobre la que se decide, como la muestra el programa; si el fichero o las fichas "
            "han cambiado desde entonces, las decisiones no valen y se pregunta de nuevo."
        ),
    ),
]
MappingOption = Annotated[
    str,
    typer.Option(
        "--mapping",
        metavar=_("NOMBRE"),
        help=_("Correspondencia de columnas y códigos propios, de «records mapping list»."),
    ),
]
UNDECIDED = 1


def register(group: typer.Typer) -> None:
    """Add the command."""

    @group.command(
        name="import",
        help=_(
            "Importa personas de un fichero, todas o ninguna: dice qué es nuevo, qué cambia y qué se vacía, y de cada "
            "fila errónea la línea y cómo corregirla.\n\nUna columna que falta no cambia nada. Si con un documento "
            "consta otra persona, o se quitaría una protección, no importa nada hasta que alguien decide."
        ),
    )
    def import_file(
        *,
        file: FileArgument,
        home: HomeOption,
        dry_run: Annotated[bool, typer.Option("--dry-run", help=_("Solo compara: no importa nada."))] = False,
        same_person: LineOption = [],  # noqa: B006 - typer reads it and never changes it
        lift_protection: LiftOption = False,
        proposal: ProposalOption = "",
        encoding: EncodingOption = "",
        mapping: MappingOption = "",
        professional: ProfessionalOption = "",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Import people from a file, all or nothing, once what a person has to decide is decided."""
        from node.care.importing import RecordImport
        from node.care.importing_report import import_document, import_text
        from node.people.import_proposal import Decisions

        node, who = open_node(home), professional_reference(professional)
        with progress_bar() as advance:
            importing = RecordImport(node.context, who, advance)
            decided = Decisions(frozenset(same_person), lift_protection=lift_protection, proposal=proposal)
            form = (encoding, mapping)
            outcome = importing.compare(file, *form) if dry_run else importing.store(file, decided, *form)
        emit(import_document(outcome), import_text(outcome, lang), as_json=as_json)
        if outcome.counts is None and not dry_run:
            raise typer.Exit(UNDECIDED)
