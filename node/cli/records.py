"""``redpact-node records``: the entity's people, imported, exported, listed, shown, generated."""

from typing import TYPE_CHECKING, Annotated

import typer

from node.cli import (
    records_access,
    records_doubts,
    records_erase,
    records_import,
    records_imports,
    records_linkage,
    records_mapping,
    records_readings,
    records_same_person,
    records_shared,
    records_template,
)
from node.cli.arguments import DocumentOption, FileArgument, read_document
from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node
from node.cli.professional import ListReasonOption, ProfessionalOption, ReasonOption, professional_reference
from node.cli.progress import progress_bar
from presentation.messages import _

if TYPE_CHECKING:
    pass


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(
        no_args_is_help=True,
        help=_(
            "Personas y sus fichas: importa, exporta, enumera, muestra, genera, informa, borra y da códigos de enlace."
        ),
    )
    for add in (_register_export, _register_list, _register_show, _register_generate):
        add(group)
    _register_format(group)
    records_shared.register(group)
    records_access.register(group)
    records_readings.register(group)
    records_erase.register(group)
    records_linkage.register(group)
    records_import.register(group)
    records_imports.register(group)
    records_mapping.register(group)
    records_template.register(group)
    records_doubts.register(group)
    records_same_person.register(group)
    app.add_typer(group, name="records")


def _register_export(group: typer.Typer) -> None:
    @group.command(
        name="export",
        help=_(
            "Exporta a todas las personas a un fichero .csv o .xlsx que solo puede leer su propietario. Contiene datos "
            "personales sin cifrar. Queda anotado quién lo hizo y por qué."
        ),
    )
    def export_file(
        *,
        file: FileArgument,
        home: HomeOption,
        professional: ProfessionalOption = "",
        reason: ListReasonOption = "data_transfer",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Export everybody to a file that only its owner can read. It holds personal data in the clear."""
        from node.care.reading import read_many
        from node.people.export_file import export_records
        from node.people.report import exported_text
        from node.people.store import people_store
        from policies.record_readings import RecordPart

        node, who = open_node(home), professional_reference(professional)
        with node.context.snapshot() as session, progress_bar() as advance:
            people = people_store(node.context, session)
            total = people.count()
            read_many(node.context, who, RecordPart.EXPORT, reason=reason, people=total)
            records = (record for _, record in people.records())
            count = export_records(file, records, lambda done: advance("write", done, total))
        document = {"file": str(file), "people": count}
        emit(document, exported_text(document, lang), as_json=as_json)


def _register_list(group: typer.Typer) -> None:
    @group.command(
        name="list",
        help=_("Muestra cuántas personas y unidades de convivencia hay, y las fichas modificadas más recientemente."),
    )
    def list_people(
        *,
        home: HomeOption,
        professional: ProfessionalOption = "",
        reason: ListReasonOption = "care_planning",
        limit: Annotated[
            int, typer.Option("--limit", min=0, max=1000, help=_("Número de personas que se muestran."))
        ] = 20,
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Show the counts of people and households, and the people changed last."""
        from node.care.reading import read_many
        from node.people.report import list_document, list_text
        from node.people.store import people_store
        from policies.record_readings import RecordPart

        node, who = open_node(home), professional_reference(professional)
        with node.context.snapshot() as session:
            document = list_document(people_store(node.context, session), limit)
        if document["shown"]:
            read_many(node.context, who, RecordPart.PEOPLE, reason=reason, people=len(document["shown"]))
        emit(document, list_text(document, lang), as_json=as_json)


def _register_show(group: typer.Typer) -> None:
    @group.command(
        help=_(
            "Muestra todo lo que esta entidad tiene de una persona.\n\nQueda anotado quién lo consultó y por qué; si "
            "no está en el equipo del caso, consta como apertura del caso."
        )
    )
    def show(
        *,
        home: HomeOption,
        document: DocumentOption,
        professional: ProfessionalOption = "",
        reason: ReasonOption = "",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Show everything that this entity holds of one person."""
        from node.care.person_record import person_text, read_record
        from node.care.questions import ProfessionalInput

        given = ProfessionalInput(professional_reference(professional), reason=reason)
        shown = read_record(open_node(home).context, read_document(document), given)
        emit(shown, person_text(shown, lang), as_json=as_json)


def _register_generate(group: typer.Typer) -> None:
    @group.command(
        help=_(
            "Escribe un fichero CSV con personas ficticias de una provincia. No necesita la carpeta del nodo.\n\n"
            "Los ficheros con la misma semilla comparten algunas personas con el de la provincia anterior, por "
            "código del INE."
        )
    )
    def generate(
        file: FileArgument,
        province: Annotated[
            str, typer.Option("--province", help=_("Provincia de Castilla y León: código del INE o nombre."))
        ],
        people: Annotated[int, typer.Option("--people", help=_("Número de personas, de 1 a 100000."))] = 500,
        seed: Annotated[int, typer.Option("--seed", help=_("Semilla; la misma semilla da las mismas personas."))] = 1,
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Write a CSV file of fictitious people of a province. It needs no home folder."""
        from node.fictitious.population import PopulationRequest
        from node.fictitious.population import generate as generate_people
        from node.fictitious.report import generated_document, generated_text
        from node.people.export_file import export_records

        request = PopulationRequest(province, people, seed)
        with progress_bar() as advance:
            export_records(file, generate_people(request), lambda done: advance("write", done, people))
        document = generated_document(str(file), request)
        emit(document, generated_text(document, lang), as_json=as_json)


def _register_format(group: typer.Typer) -> None:
    @group.command(name="format", help=_("Muestra la documentación del formato CSV. No necesita la carpeta del nodo."))
    def show_format(lang: LangOption = "es", as_json: JsonOption = False) -> None:
        """Print the documentation of the CSV format. It needs no home folder."""
        from node.people.csv_format import columns, format_page

        listed = [
            {
                "name": column.name,
                "es": column.es,
                "en": column.en,
                "values": column.values.in_language("en"),
                "required": column.required,
            }
            for column in columns()
        ]
        emit({"columns": listed}, format_page(lang).rstrip("\n"), as_json=as_json, verbatim=True)
