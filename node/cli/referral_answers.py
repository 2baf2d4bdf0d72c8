"""``redpact-node referral accept|reject|start|finish|revoke|link|take``: the steps after sending."""

from typing import TYPE_CHECKING, Annotated

import typer

from node.cli.arguments import DocumentOption, read_document
from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node

if TYPE_CHECKING:
    from node.referrals.store import Referral

ReferralArgument = Annotated[str, typer.Argument(help="Code of the referral, or its first 8 digits; see: list.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Coded reason; see: vocabulary referrals.")]


def register(group: typer.Typer) -> None:
    """Add the commands to the group ``referral``."""
    for add in (_register_accept, _register_reject, _register_start, _register_finish, _register_revoke):
        add(group)
    _register_link(group)
    _register_take(group)


def _register_accept(group: typer.Typer) -> None:
    @group.command()
    def accept(
        home: HomeOption, referral: ReferralArgument, lang: LangOption = "es", as_json: JsonOption = False
    ) -> None:
        """Accept a referral that was received."""
        _show(open_node(home).referrals.accept(referral), lang, as_json=as_json)


def _register_reject(group: typer.Typer) -> None:
    @group.command()
    def reject(
        *,
        home: HomeOption,
        referral: ReferralArgument,
        reason: ReasonOption,
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Reject a referral that was received, saying why."""
        _show(open_node(home).referrals.reject(referral, reason), lang, as_json=as_json)


def _register_start(group: typer.Typer) -> None:
    @group.command()
    def start(
        home: HomeOption, referral: ReferralArgument, lang: LangOption = "es", as_json: JsonOption = False
    ) -> None:
        """Say that what was accepted has begun."""
        _show(open_node(home).referrals.start(referral), lang, as_json=as_json)


def _register_finish(group: typer.Typer) -> None:
    @group.command()
    def finish(
        *,
        home: HomeOption,
        referral: ReferralArgument,
        result: Annotated[str, typer.Option("--result", help="Coded result; see: vocabulary referrals results.")],
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Close a referral with what came of it: whoever sent it learns the result."""
        _show(open_node(home).referrals.finish(referral, result), lang, as_json=as_json)


def _register_revoke(group: typer.Typer) -> None:
    @group.command()
    def revoke(
        *,
        home: HomeOption,
        referral: ReferralArgument,
        reason: ReasonOption,
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Take back a referral sent from here, saying why."""
        _show(open_node(home).referrals.revoke(referral, reason), lang, as_json=as_json)


def _register_link(group: typer.Typer) -> None:
    @group.command()
    def link(
        home: HomeOption,
        referral: ReferralArgument,
        document: DocumentOption,
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Check that the person who came with a slip is the one referred, and name their record in the referral."""
        from node.referrals.report import linked_text, referral_document

        found, known = open_node(home).referrals.link(referral, read_document(document))
        shown = referral_document(found) | {"matches": True, "linked": known}
        emit(shown, linked_text(known=known, lang=lang), as_json=as_json)


def _register_take(group: typer.Typer) -> None:
    @group.command()
    def take(
        home: HomeOption,
        referral: ReferralArgument,
        document: DocumentOption,
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Take over the case of an accepted transfer: fetch the consented summary, keep it, and tell its sender.

        Whatever fails leaves the case with its sender, and can be tried again.
        """
        from node.referrals.report import referral_document, taken_text

        node = open_node(home)
        done, summary = node.transfers.take_over(referral, read_document(document))
        shown = referral_document(done) | {"imported": list(summary.fields), "source": summary.source}
        emit(shown, taken_text(summary, lang=lang), as_json=as_json)


def _show(referral: "Referral", lang: str, *, as_json: bool) -> None:
    from node.referrals.report import referral_document, referral_text

    emit(referral_document(referral), referral_text(referral, lang=lang), as_json=as_json)
