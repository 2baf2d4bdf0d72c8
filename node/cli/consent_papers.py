"""``redpact-node consent list``, ``receipt`` and ``evidence``."""

from pathlib import Path
from typing import Annotated

import typer

from node.cli.arguments import read_document
from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node
from node.cli.professional import AnyReasonOption, ProfessionalOption, ReasonOption, reader
from presentation.messages import _

ConsentArgument = Annotated[
    str, typer.Argument(metavar=_("CONSENTIMIENTO"), help=_("Identificador del consentimiento; véase: consent list."))
]

PersonOption = Annotated[
    str,
    typer.Option("--document", help=_("Solo los de la persona con este documento; '-' lo lee de la entrada estándar.")),
]
DueOption = Annotated[
    bool,
    typer.Option(
        "--due",
        help=_(
            "Solo los que conviene revisar con la persona: acaban pronto, ya ha cumplido 14 años, el "
            "texto informativo es antiguo o no consta si un no suyo fue antes o después."
        ),
    ),
]
DaysOption = Annotated[
    int, typer.Option("--days", min=0, max=1825, help=_("Con --due: días de antelación con que se avisa."))
]


def register(group: typer.Typer) -> None:
    """Add the commands to the group ``consent``."""
    for add in (_register_list, _register_receipt, _register_evidence):
        add(group)


def _register_list(group: typer.Typer) -> None:
    @group.command(
        name="list",
        help=_(
            "Muestra los consentimientos y su estado, del más antiguo al más reciente; con --due, los que hay "
            "que renovar, por fecha de fin."
        ),
    )
    def list_consents(
        *,
        home: HomeOption,
        document: PersonOption = "",
        due: DueOption = False,
        days: DaysOption = 60,
        professional: ProfessionalOption = "",
        reason: AnyReasonOption = "",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """List consents with their state, oldest first; with --due those to renew, the first to end first."""
        from node.care.reading import read_listed
        from node.consents.in_force import consents_in_force
        from node.consents.latest_change import latest_changes
        from node.consents.report import consents_document, consents_text, due_document, due_text
        from policies.record_readings import RecordPart

        node, person = open_node(home), read_document(document) if document else None
        given, names = reader(professional, reason), node.context.entity_names()
        if due:
            found = node.consents.due(days, person)
            people = len({each.found.view.person_ref for each in found})
            read_listed(node.context, given, RecordPart.CONSENTS, person, people=people)
            emit(due_document(found), due_text(found, names=names, lang=lang), as_json=as_json)
            return
        consents = consents_in_force(node.context, person)
        people = len({each.view.person_ref for each in consents})
        read_listed(node.context, given, RecordPart.CONSENTS, person, people=people)
        changes = latest_changes(node.context, [each.view for each in consents])
        text = consents_text(consents, changes=changes, names=names, lang=lang)
        emit(consents_document(consents), text, as_json=as_json)


def _register_receipt(group: typer.Typer) -> None:
    @group.command(
        help=_(
            "Escribe el justificante de una persona: el consentimiento en palabras, su anotación y una prueba "
            "que redpact-audit comprueba sin conexión."
        )
    )
    def receipt(
        home: HomeOption,
        consent_id: ConsentArgument,
        directory: Annotated[Path, typer.Argument(metavar=_("CARPETA"), help=_("Carpeta nueva para el justificante."))],
        pdf: Annotated[
            bool | None,
            typer.Option(
                "--pdf/--no-pdf",
                help=_(
                    "Escribe también el PDF; si no se indica ninguna de las dos opciones, lo escribe cuando "
                    "redpact[pdf] está instalado."
                ),
            ),
        ] = None,
        as_json: JsonOption = False,
    ) -> None:
        """Write a person's receipt: the consent in words, its record, and a proof that redpact-audit checks offline."""
        folder = open_node(home).consents.receipt(consent_id, directory, pdf=pdf)
        files = sorted(path.name for path in folder.iterdir())
        document = {"consent_id": consent_id, "directory": str(folder), "files": files}
        emit(document, f"✓ {folder}", as_json=as_json)


def _register_evidence(group: typer.Typer) -> None:
    @group.command(
        help=_(
            "Abre la copia escaneada del formulario firmado en que se apoya un consentimiento, tras comprobarla "
            "con el registro."
        )
    )
    def evidence(
        home: HomeOption,
        consent_id: ConsentArgument,
        file: Annotated[
            Path,
            typer.Argument(metavar=_("FICHERO"), help=_("Fichero que se escribe; solo puede leerlo su propietario.")),
        ],
        *,
        professional: ProfessionalOption = "",
        reason: ReasonOption = "",
        as_json: JsonOption = False,
    ) -> None:
        """Open the scan of the signed form that a consent rests on, checked against the ledger."""
        from node.care.reading import read_signed_form
        from service.files import write_private

        node, given = open_node(home), reader(professional, reason)
        scan = read_signed_form(node.context, node.consents.evidence, consent_id, given)
        write_private(file, scan)
        emit({"consent_id": consent_id, "file": str(file), "bytes": len(scan)}, f"✓ {file}", as_json=as_json)
