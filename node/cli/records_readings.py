"""``redpact-node records readings``: who read the data of a person, or of everybody, and when."""

from typing import Annotated

import typer

from node.cli.arguments import read_document
from node.cli.consent_papers import PersonOption
from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node
from node.cli.professional import ProfessionalOption, professional_reference, read_day
from presentation.messages import _

SinceOption = Annotated[str, typer.Option("--since", help=_("Primer día (AAAA-MM-DD)."))]
UntilOption = Annotated[str, typer.Option("--until", help=_("Último día (AAAA-MM-DD)."))]


def register(group: typer.Typer) -> None:
    """Add the command to the group ``records``."""

    @group.command(
        help=_(
            "Muestra quién de esta entidad consultó los datos de una persona, o de todas, cuándo y por qué. Para la "
            "persona delegada de protección de datos: preguntarlo también queda anotado."
        )
    )
    def readings(
        *,
        home: HomeOption,
        document: PersonOption = "",
        since: SinceOption = "",
        until: UntilOption = "",
        professional: ProfessionalOption = "",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Show who of this entity read the data of a person, or of everybody, when and for which reason."""
        from node.care.reading import ask_readings, readings_document, readings_text

        found, names = ask_readings(
            open_node(home).context,
            professional_reference(professional),
            read_document(document) if document else None,
            since=read_day(since),
            until=read_day(until),
        )
        emit(readings_document(found), readings_text(found, names, lang), as_json=as_json)
