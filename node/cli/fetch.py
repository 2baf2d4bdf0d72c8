"""``redpact-node fetch``: ask other entities for the consented summary of a person."""

from typing import Annotated

import typer

from node.cli.arguments import DocumentOption, read_document, split_names
from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node
from node.cli.professional import ProfessionalOption, ReasonOption, who_asks


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def fetch(
        *,
        home: HomeOption,
        document: DocumentOption,
        purpose: Annotated[str, typer.Option("--purpose", help="What for; see: redpact-node vocabulary purposes.")],
        holders: Annotated[
            list[str] | None,
            typer.Option("--from", help="Entities to ask: ENT[,ENT]; may be repeated. None: ask the locator."),
        ] = None,
        fields: Annotated[
            list[str] | None,
            typer.Option("--fields", help="Fields or groups of fields: a,b; the minimum summary when none is given."),
        ] = None,
        role: Annotated[str, typer.Option("--role", help="Role of who asks; by default the usual one here.")] = "",
        case: Annotated[str, typer.Option("--case", help="Your reference of the case; never a document.")] = "",
        professional: ProfessionalOption = "",
        reason: ReasonOption = "",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Ask other entities, in parallel, for what a person lets them share with this one.

        Without --from the private locator says whom: those who hold something consented for us and this purpose.
        Exits with 0 when some entity shared something, 1 when the answer was no, 3 when nobody answered.
        """
        from node.care.questions import Asker, case_question
        from node.fetch.showing import fetch_and_show

        node, named = open_node(home), split_names(holders) if holders else None
        person, asker = read_document(document), Asker(who_asks(professional), role, reason)
        question = case_question(node.context, person, purpose, asker, fields=split_names(fields), case_ref=case)
        shown = fetch_and_show(node.fetching, person, question, named, lang=lang)
        emit(shown.document, shown.text, as_json=as_json)
        raise typer.Exit(shown.exit_code)
