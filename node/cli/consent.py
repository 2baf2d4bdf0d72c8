"""``redpact-node consent``: give, refuse, renew, withdraw, list, and hand out receipts."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from node.cli import consent_papers, consent_scope
from node.cli.arguments import DocumentOption, read_document, split_names
from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node

if TYPE_CHECKING:
    from node.consents.guardians import GuardianInput

ConsentArgument = Annotated[str, typer.Argument(help="Id of the consent; see: consent list.")]
GuardianOption = Annotated[
    str, typer.Option("--guardian-document", help="Document of who acts for the person (parent, guardian, support).")
]
RelationOption = Annotated[
    str,
    typer.Option(
        "--guardian-relation",
        help="Under 14: parent, guardian, public_entity. From 14: curator, de_facto, attorney, public_entity.",
    ),
]
PurposeOption = Annotated[list[str], typer.Option("--purpose", help="What for; may be repeated.")]
RecipientOption = Annotated[list[str], typer.Option("--recipient", help="Entity that may ask; may be repeated.")]
FieldsOption = Annotated[
    list[str] | None,
    typer.Option("--fields", help="Fields or groups of fields: a,b; the minimum summary when none is given."),
]
DaysOption = Annotated[int, typer.Option("--valid-days", help="Days of validity from now, 1 to 1825.")]
HoldersOption = Annotated[
    list[str] | None,
    typer.Option("--holder", help="Other entity that shares too under this signature: ENT[,ENT]; may be repeated."),
]
EvidenceOption = Annotated[
    Path | None,
    typer.Option("--evidence", help="Scan of the signed form: kept sealed at the node, its hash goes to the ledger."),
]
NoticeOption = Annotated[str, typer.Option("--notice-lang", help="Language of the notice shown.")]


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(no_args_is_help=True, help="Consents of people: give, refuse, renew, withdraw, list, receipt.")
    for add in (_register_grant, _register_refuse, _register_renew, _register_withdraw):
        add(group)
    consent_scope.register(group)
    consent_papers.register(group)
    app.add_typer(group, name="consent")


def _register_grant(group: typer.Typer) -> None:
    @group.command()
    def grant(
        *,
        home: HomeOption,
        document: DocumentOption,
        purposes: PurposeOption,
        recipients: RecipientOption,
        fields: FieldsOption = None,
        holders: HoldersOption = None,
        valid_days: DaysOption = 365,
        guardian_document: GuardianOption = "",
        guardian_relation: RelationOption = "parent",
        evidence: EvidenceOption = None,
        notice_lang: NoticeOption = "es",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Record a person's consent: which fields, for what, for whom, until when.

        With --holder the consent travels: those entities share too, once witnesses have cosigned it here.
        """
        from node.consents.consents import GrantInput
        from node.consents.report import consent_document, consent_text

        given = GrantInput(
            document=read_document(document),
            purposes=split_names(purposes),
            recipients=split_names(recipients),
            fields=split_names(fields),
            holders=split_names(holders),
            valid_days=valid_days,
            guardian=_guardian(guardian_document, guardian_relation),
            evidence=evidence,
            language=notice_lang,
        )
        view = open_node(home).consents.grant(given)
        emit(consent_document(view), consent_text(view, lang=lang), as_json=as_json)


def _register_refuse(group: typer.Typer) -> None:
    @group.command()
    def refuse(
        *,
        home: HomeOption,
        document: DocumentOption,
        purposes: PurposeOption,
        recipients: RecipientOption,
        fields: FieldsOption = None,
        guardian_document: GuardianOption = "",
        guardian_relation: RelationOption = "parent",
        evidence: EvidenceOption = None,
        notice_lang: NoticeOption = "es",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Record that a person was asked for a consent and said no; who refuses is attended all the same."""
        from node.consents.consents import GrantInput
        from node.consents.report import consent_document, consent_text

        asked = GrantInput(
            document=read_document(document),
            purposes=split_names(purposes),
            recipients=split_names(recipients),
            fields=split_names(fields),
            guardian=_guardian(guardian_document, guardian_relation),
            evidence=evidence,
            language=notice_lang,
        )
        view = open_node(home).consents.refuse(asked)
        emit(consent_document(view), consent_text(view, lang=lang), as_json=as_json)


def _register_renew(group: typer.Typer) -> None:
    @group.command()
    def renew(
        *,
        home: HomeOption,
        consent_id: ConsentArgument,
        valid_days: DaysOption = 365,
        guardian_document: GuardianOption = "",
        guardian_relation: RelationOption = "parent",
        evidence: EvidenceOption = None,
        notice_lang: NoticeOption = "es",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Renew a live consent: same fields, purposes and recipients, today's notice, a new end."""
        from node.consents.consents import RenewalInput
        from node.consents.report import consent_document, consent_text

        guardian = _guardian(guardian_document, guardian_relation)
        given = RenewalInput(consent_id, valid_days, guardian, evidence, notice_lang)
        view = open_node(home).consents.renew(given)
        emit(consent_document(view), consent_text(view, lang=lang), as_json=as_json)


def _register_withdraw(group: typer.Typer) -> None:
    @group.command()
    def withdraw(
        *,
        home: HomeOption,
        consent_id: ConsentArgument,
        guardian_document: GuardianOption = "",
        guardian_relation: RelationOption = "parent",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Withdraw a consent: from now on nothing is shared under it here.

        The other holders, and whoever received something under it, are told by themselves; see: consent status.
        A consent under which this entity only received something can be withdrawn here too.
        """
        from node.consents.status import consent_standing
        from node.consents.status_report import withdrawn_document, withdrawn_text

        node = open_node(home)
        node.consents.withdraw(consent_id, guardian=_guardian(guardian_document, guardian_relation))
        standing = consent_standing(node.context, consent_id)
        emit(withdrawn_document(standing), withdrawn_text(standing, lang=lang), as_json=as_json)


def _guardian(document: str, relation: str) -> "GuardianInput | None":
    from node.consents.guardians import GuardianInput

    return GuardianInput(read_document(document), relation) if document else None
