"""``redpact-node ledger retain``."""

from typing import Annotated

import typer

from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node


def register(group: typer.Typer) -> None:
    """Add the command to the group ``ledger``."""

    @group.command()
    def retain(
        *,
        home: HomeOption,
        dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be erased.")] = False,
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Erase the content that has been kept as long as the retention schedule says; proofs stay valid.

        Meant to run once a day, from a timer.
        """
        from node.rights.erasure_report import retention_document, retention_text

        run = open_node(home).erasures.retain(dry_run=dry_run)
        emit(retention_document(run), retention_text(run, lang), as_json=as_json)
