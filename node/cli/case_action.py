"""``redpact-node case action``: this entity's actions in a person's case."""

from typing import Annotated

import typer

from node.cli.arguments import DocumentOption, read_document
from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node
from node.cli.professional import ProfessionalOption, ReasonOption, professional_reference, read_day
from presentation.messages import _

FunctionOption = Annotated[
    str,
    typer.Option(
        "--function",
        help=_("Función de la profesional que realiza la acción: un código de function; por defecto, la del equipo."),
    ),
]
PartOption = Annotated[
    str, typer.Option("--case-role", help=_("Papel en el caso: un código de case_role; por defecto, responsible."))
]
StateOption = Annotated[
    str, typer.Option("--state", help=_("Estado de la acción: un código de action_state; por defecto, planned."))
]
SinceOption = Annotated[str, typer.Option("--since", help=_("Primer día (AAAA-MM-DD); por defecto, hoy."))]
UntilOption = Annotated[str, typer.Option("--until", help=_("Último día previsto (AAAA-MM-DD)."))]


def register(group: typer.Typer) -> None:
    """Add the group to the group ``case``."""
    actions = typer.Typer(
        no_args_is_help=True,
        help=_("Acciones que esta entidad realiza o tiene previstas en un caso: añadir, actualizar y mostrar."),
    )
    for add in (_register_add, _register_update, _register_list):
        add(actions)
    group.add_typer(actions, name="action")


def _register_add(group: typer.Typer) -> None:
    @group.command(
        name="add",
        help=_(
            "Registra una acción. Mientras está prevista o en curso, las demás entidades ven sus códigos y "
            "fechas si la persona lo consiente."
        ),
    )
    def add_action(
        *,
        home: HomeOption,
        document: DocumentOption,
        what: Annotated[
            str,
            typer.Option(
                "--what", help=_("Acción que se realiza: un código de intervention; consulte: vocabulary codes.")
            ),
        ],
        professional: ProfessionalOption = "",
        function: FunctionOption = "",
        case_role: PartOption = "",
        state: StateOption = "",
        since: SinceOption = "",
        until: UntilOption = "",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Record an action; other entities see its codes and dates while planned or ongoing, under the consent."""
        from node.care.actions import ActionInput, CaseActions
        from node.care.report import action_document, actions_text

        given = ActionInput(what, function, case_role, state, read_day(since), read_day(until))
        action = CaseActions(open_node(home).context).add(
            read_document(document), professional_reference(professional), given
        )
        emit(action_document(action), actions_text([action], lang), as_json=as_json)


def _register_update(group: typer.Typer) -> None:
    @group.command(name="update", help=_("Modifica una actuación: solo los datos que se indican."))
    def update_action(
        *,
        home: HomeOption,
        document: DocumentOption,
        action_id: Annotated[
            str,
            typer.Argument(
                metavar=_("ACTUACIÓN"), help=_("Identificador de la actuación, o su comienzo; véase: case action list.")
            ),
        ],
        what: Annotated[str, typer.Option("--what", help=_("Código de intervención."))] = "",
        professional: ProfessionalOption = "",
        function: FunctionOption = "",
        case_role: PartOption = "",
        state: StateOption = "",
        since: SinceOption = "",
        until: UntilOption = "",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Change the given parts of an action."""
        from node.care.access import CaseRegister
        from node.care.actions import ActionInput, CaseActions
        from node.care.report import action_document, actions_text
        from policies.record_readings import RecordPart

        given = ActionInput(what, function, case_role, state, read_day(since), read_day(until))
        context, person, who = open_node(home).context, read_document(document), professional_reference(professional)
        action = CaseActions(context).update(person, action_id, given)
        CaseRegister(context).read(person, who, RecordPart.CASE_ACTIONS)
        emit(action_document(action), actions_text([action], lang), as_json=as_json)


def _register_list(group: typer.Typer) -> None:
    @group.command(name="list", help=_("Muestra las actuaciones de esta entidad en el caso de una persona."))
    def list_actions(
        *,
        home: HomeOption,
        document: DocumentOption,
        professional: ProfessionalOption = "",
        reason: ReasonOption = "",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """List this entity's actions in a person's case."""
        from node.care.access import CaseRegister
        from node.care.actions import CaseActions
        from node.care.report import action_document, actions_text
        from policies.record_readings import RecordPart

        context, person = open_node(home).context, read_document(document)
        CaseRegister(context).read(person, professional_reference(professional), RecordPart.CASE_ACTIONS, reason=reason)
        actions = CaseActions(context).list(person)
        document_of = {"actions": [action_document(action) for action in actions]}
        emit(document_of, actions_text(actions, lang), as_json=as_json)
