"""``redpact-node consent list``, ``receipt`` and ``evidence``: what is read, handed out and shown of consents."""

from pathlib import Path
from typing import Annotated

import typer

from node.cli.arguments import read_document
from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node

ConsentArgument = Annotated[str, typer.Argument(help="Id of the consent; see: consent list.")]


def register(group: typer.Typer) -> None:
    """Add the commands to the group ``consent``."""
    for add in (_register_list, _register_receipt, _register_evidence):
        add(group)


def _register_list(group: typer.Typer) -> None:
    @group.command(name="list")
    def list_consents(
        *,
        home: HomeOption,
        document: Annotated[
            str, typer.Option("--document", help="Only this person's; '-' reads it from standard input.")
        ] = "",
        due: Annotated[
            bool, typer.Option("--due", help="Only those to talk about: they end soon, a minor turned 14, old notice.")
        ] = False,
        days: Annotated[int, typer.Option("--days", min=0, max=1825, help="With --due: how soon is soon.")] = 60,
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """List consents with their state, oldest first; with --due those to renew, the first to end first."""
        from node.consents.report import consents_document, consents_text, due_document, due_text

        consents = open_node(home).consents
        if due:
            found = consents.due(days, read_document(document) if document else None)
            emit(due_document(found), due_text(found, lang=lang), as_json=as_json)
            return
        views = consents.list(read_document(document) if document else None)
        emit(consents_document(views), consents_text(views, lang=lang), as_json=as_json)


def _register_receipt(group: typer.Typer) -> None:
    @group.command()
    def receipt(
        home: HomeOption,
        consent_id: ConsentArgument,
        directory: Annotated[Path, typer.Argument(help="New folder for the receipt.")],
        pdf: Annotated[
            bool | None,
            typer.Option("--pdf/--no-pdf", help="PDF too; without either, when redpact[pdf] is installed."),
        ] = None,
        as_json: JsonOption = False,
    ) -> None:
        """Write a person's receipt: the consent in words, its record, and a proof that redpact-audit checks offline."""
        folder = open_node(home).consents.receipt(consent_id, directory, pdf=pdf)
        files = sorted(path.name for path in folder.iterdir())
        document = {"consent_id": consent_id, "directory": str(folder), "files": files}
        emit(document, f"✓ {folder}", as_json=as_json)


def _register_evidence(group: typer.Typer) -> None:
    @group.command()
    def evidence(
        home: HomeOption,
        consent_id: ConsentArgument,
        file: Annotated[Path, typer.Argument(help="File to write; only its owner can read it.")],
        as_json: JsonOption = False,
    ) -> None:
        """Open the scan of the signed form that a consent rests on, checked against the ledger."""
        from service.files import write_private

        scan = open_node(home).consents.evidence(consent_id)
        write_private(file, scan)
        emit({"consent_id": consent_id, "file": str(file), "bytes": len(scan)}, f"✓ {file}", as_json=as_json)
