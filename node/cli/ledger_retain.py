"""``redpact-node ledger retain``."""

from typing import Annotated

import typer

from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node
from presentation.messages import _


def register(group: typer.Typer) -> None:
    """Add the command to the group ``ledger``."""

    @group.command(
        help=_(
            "Borra el contenido que ha cumplido el plazo de conservación; las pruebas siguen siendo válidas.\n\n"
            "Pensado para ejecutarse una vez al día con un temporizador."
        )
    )
    def retain(
        *,
        home: HomeOption,
        dry_run: Annotated[
            bool, typer.Option("--dry-run", help=_("Solo muestra lo que se borraría, sin borrarlo."))
        ] = False,
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Erase the content whose retention period is over; proofs stay valid."""
        from node.rights.erasure_report import retention_document, retention_text

        run = open_node(home).erasures.retain(dry_run=dry_run)
        emit(retention_document(run), retention_text(run, lang), as_json=as_json)
