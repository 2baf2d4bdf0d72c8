"""``redpact-node consent``: give, withdraw, list and hand out receipts."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from node.cli.arguments import DocumentOption, read_document, split_names
from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node

if TYPE_CHECKING:
    from node.exchange.consents import GuardianInput

GuardianOption = Annotated[
    str, typer.Option("--guardian-document", help="Document of who acts for the person (parent, guardian, support).")
]
RelationOption = Annotated[
    str, typer.Option("--guardian-relation", help="What the guardian is: parent, guardian, curator, proxy.")
]


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(no_args_is_help=True, help="Consents of people: give, withdraw, list, receipt.")
    _register_grant(group)
    _register_withdraw(group)
    _register_list(group)
    _register_receipt(group)
    app.add_typer(group, name="consent")


def _register_grant(group: typer.Typer) -> None:
    @group.command()
    def grant(
        *,
        home: HomeOption,
        document: DocumentOption,
        purposes: Annotated[list[str], typer.Option("--purpose", help="What for; may be repeated.")],
        recipients: Annotated[list[str], typer.Option("--recipient", help="Entity that may ask; may be repeated.")],
        fields: Annotated[
            list[str] | None,
            typer.Option("--fields", help="Fields or groups of fields: a,b; the minimum summary when none is given."),
        ] = None,
        valid_days: Annotated[int, typer.Option("--valid-days", help="Days of validity, 1 to 1825.")] = 365,
        guardian_document: GuardianOption = "",
        guardian_relation: RelationOption = "parent",
        evidence: Annotated[
            Path | None, typer.Option("--evidence", help="Scan of the signed form; only its hash is kept.")
        ] = None,
        notice_lang: Annotated[str, typer.Option("--notice-lang", help="Language of the notice shown.")] = "es",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Record a person's consent: which fields, for what, for whom, until when."""
        from node.exchange.consent_report import consent_document, consent_text
        from node.exchange.consents import Consents, GrantInput

        given = GrantInput(
            document=read_document(document),
            purposes=split_names(purposes),
            recipients=split_names(recipients),
            fields=split_names(fields),
            valid_days=valid_days,
            guardian=_guardian(guardian_document, guardian_relation),
            evidence=evidence,
            language=notice_lang,
        )
        view = Consents(open_node(home)).grant(given)
        emit(consent_document(view), consent_text(view, lang=lang), as_json=as_json)


def _register_withdraw(group: typer.Typer) -> None:
    @group.command()
    def withdraw(
        *,
        home: HomeOption,
        consent_id: Annotated[str, typer.Argument(help="Id of the consent; see: consent list.")],
        guardian_document: GuardianOption = "",
        guardian_relation: RelationOption = "parent",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Withdraw a consent: from now on nothing is shared under it."""
        from node.exchange.consent_report import consent_document, consent_text
        from node.exchange.consents import Consents

        guardian = _guardian(guardian_document, guardian_relation)
        view = Consents(open_node(home)).withdraw(consent_id, guardian=guardian)
        emit(consent_document(view), consent_text(view, lang=lang), as_json=as_json)


def _register_list(group: typer.Typer) -> None:
    @group.command(name="list")
    def list_consents(
        home: HomeOption,
        document: Annotated[
            str, typer.Option("--document", help="Only this person's; '-' reads it from standard input.")
        ] = "",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """List consents with their state, oldest first."""
        from node.exchange.consent_report import consents_document, consents_text
        from node.exchange.consents import Consents

        views = Consents(open_node(home)).list(read_document(document) if document else None)
        emit(consents_document(views), consents_text(views, lang=lang), as_json=as_json)


def _register_receipt(group: typer.Typer) -> None:
    @group.command()
    def receipt(
        home: HomeOption,
        consent_id: Annotated[str, typer.Argument(help="Id of the consent; see: consent list.")],
        directory: Annotated[Path, typer.Argument(help="New folder for the receipt.")],
        as_json: JsonOption = False,
    ) -> None:
        """Write a person's receipt: the consent in words, its record, and a proof that redpact-audit checks offline."""
        from node.exchange.consents import Consents

        folder = Consents(open_node(home)).receipt(consent_id, directory)
        emit({"consent_id": consent_id, "directory": str(folder)}, f"✓ {folder}", as_json=as_json)


def _guardian(document: str, relation: str) -> "GuardianInput | None":
    from node.exchange.consents import GuardianInput

    return GuardianInput(read_document(document), relation) if document else None
