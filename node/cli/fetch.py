"""``redpact-node fetch``: ask other entities for the consented summary of a person."""

from typing import Annotated

import typer

from node.cli.arguments import DocumentOption, read_document, split_names
from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node
from node.cli.professional import ProfessionalOption, ReasonOption, professional_reference
from presentation.messages import _

PurposeOption = Annotated[str, typer.Option("--purpose", help=_("Finalidad; véase: redpact-node vocabulary purposes."))]
HoldersOption = Annotated[
    list[str] | None,
    typer.Option(
        "--from",
        help=_(
            "Entidades a las que se pregunta: ENT[,ENT]; puede repetirse. Si no se indica ninguna, se "
            "pregunta al localizador."
        ),
    ),
]
FieldsOption = Annotated[
    list[str] | None,
    typer.Option("--fields", help=_("Campos o grupos de campos: a,b; si no se indica ninguno, el resumen mínimo.")),
]
RoleOption = Annotated[
    str, typer.Option("--role", help=_("Función de quien pregunta; por defecto, la habitual en esta entidad."))
]
CaseOption = Annotated[
    str, typer.Option("--case", help=_("Referencia propia del caso; nunca un documento de identidad."))
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        help=_(
            "Pide a otras entidades, a la vez, lo que una persona les permite compartir con esta.\n\nSin --from, "
            "el localizador privado dice a cuáles: las que tienen datos cuyo uso se ha consentido para esta "
            "entidad y esta finalidad. Termina con 0 si alguna entidad compartió algo, con 1 si la respuesta fue "
            "no y con 3 si no contestó ninguna."
        )
    )(fetch)


def fetch(
    *,
    home: HomeOption,
    document: DocumentOption,
    purpose: PurposeOption,
    holders: HoldersOption = None,
    fields: FieldsOption = None,
    role: RoleOption = "",
    case: CaseOption = "",
    professional: ProfessionalOption = "",
    reason: ReasonOption = "",
    lang: LangOption = "es",
    as_json: JsonOption = False,
) -> None:
    """Ask other entities, in parallel, for the data that a person lets them share with this one."""
    from node.care.questions import ProfessionalInput, case_question
    from node.fetch.showing import fetch_and_show
    from node.people.lookup import PersonLookup

    node, named = open_node(home), split_names(holders) if holders else None
    lookup = PersonLookup(read_document(document))
    asker = ProfessionalInput(professional_reference(professional), role, reason)
    question = case_question(node.context, lookup, purpose, asker, fields=split_names(fields), case_ref=case)
    shown = fetch_and_show(node.fetching, lookup, question, named, lang=lang)
    emit(shown.document, shown.text, as_json=as_json)
    raise typer.Exit(shown.exit_code)
