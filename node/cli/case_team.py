"""``redpact-node case team``: the professionals on a person's case at this entity."""

from typing import Annotated

import typer

from node.cli.arguments import DocumentOption, read_document
from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node
from node.cli.professional import ProfessionalOption, ReasonOption, professional_reference, read_day
from presentation.messages import _

MemberOption = Annotated[
    str,
    typer.Option(
        "--professional",
        help=_("Clave de personal de la profesional en esta entidad, nunca un documento de identidad."),
    ),
]
ByOption = Annotated[
    str,
    typer.Option(
        "--by",
        envvar="REDPACT_PROFESSIONAL",
        help=_("Clave de personal de quien hace el cambio; si no se indica, su nombre de usuario."),
        show_default=False,
    ),
]


def register(group: typer.Typer) -> None:
    """Add the group to the group ``case``."""
    team = typer.Typer(
        no_args_is_help=True, help=_("Equipo del caso de una persona: añade, quita y muestra profesionales.")
    )
    for add in (_register_add, _register_remove, _register_list):
        add(team)
    group.add_typer(team, name="team")


def _register_add(group: typer.Typer) -> None:
    @group.command(name="add", help=_("Añade una profesional al equipo del caso de una persona, desde este momento."))
    def add_member(
        *,
        home: HomeOption,
        document: DocumentOption,
        professional: MemberOption,
        role: Annotated[str, typer.Option("--role", help=_("Función; véase: redpact-node vocabulary codes function."))],
        until: Annotated[
            str, typer.Option("--until", help=_("Último día: AAAA-MM-DD; no lo indique si no hay fecha de fin."))
        ] = "",
        by: ByOption = "",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Add a professional to the team of a person's case, from now on."""
        from node.care.access import CaseRegister
        from node.care.report import added_text, member_document

        node = open_node(home)
        member = CaseRegister(node.context).add_member(
            read_document(document), professional, role, added_by=professional_reference(by), until=read_day(until)
        )
        emit(member_document(member, node.context.clock.now()), added_text(member, lang), as_json=as_json)


def _register_remove(group: typer.Typer) -> None:
    @group.command(name="remove", help=_("Quita a una profesional del equipo, en todas sus funciones y al instante."))
    def remove_member(
        *,
        home: HomeOption,
        document: DocumentOption,
        professional: MemberOption,
        by: ByOption = "",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Remove a professional from the team, in every function and at once."""
        from node.care.access import CaseRegister
        from node.care.report import removed_text

        ended = CaseRegister(open_node(home).context).remove_member(
            read_document(document), professional, ended_by=professional_reference(by)
        )
        emit({"professional": professional, "ended": ended}, removed_text(professional, lang), as_json=as_json)


def _register_list(group: typer.Typer) -> None:
    @group.command(
        name="list",
        help=_("Muestra quién está y quién estuvo en el equipo, y quién abrió el caso sin pertenecer a él."),
    )
    def list_team(
        *,
        home: HomeOption,
        document: DocumentOption,
        professional: ProfessionalOption = "",
        reason: ReasonOption = "",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """List present and past members of the team, and the openings of the case by others."""
        from node.care.access import CaseRegister
        from node.care.report import case_file_document, case_file_text
        from policies.record_readings import RecordPart

        register, person = CaseRegister(open_node(home).context), read_document(document)
        register.read(person, professional_reference(professional), RecordPart.CASE_FILE, reason=reason)
        file = register.case_file(person)
        emit(case_file_document(file), case_file_text(file, lang), as_json=as_json)
