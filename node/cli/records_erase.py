"""``redpact-node records erase``."""

from typing import Annotated

import typer

from node.cli.arguments import DocumentOption, read_document
from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node


def register(group: typer.Typer) -> None:
    """Add the command to the group ``records``."""

    @group.command()
    def erase(
        *,
        home: HomeOption,
        document: DocumentOption,
        basis: Annotated[
            str,
            typer.Option("--basis", help="Why, as an article of the law: eu-gdpr:A17-1-a ... eu-gdpr:A17-1-e."),
        ],
        yes: Annotated[bool, typer.Option("--yes", help="Do not ask; it cannot be undone.")] = False,
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Erase a person: key, record, scans, and the content of every ledger entry about them. It cannot be undone.

        The proofs of the ledger stay valid, and an entry says what was erased, when and on which basis.
        """
        from node.rights.erasure_report import erased_document, erased_text, question

        parsed = read_document(document)
        if not yes and not as_json:
            typer.confirm(question(lang), abort=True, err=True)
        done = open_node(home).erasures.erase_person(parsed, basis)
        emit(erased_document(done), erased_text(done, lang), as_json=as_json)
