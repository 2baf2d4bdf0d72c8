"""``redpact-node consent form`` and ``grant-signed``: consents that people sign with their own certificate."""

from pathlib import Path
from typing import Annotated, Final

import typer

from node.cli import consent_scope
from node.cli.arguments import DocumentOption
from node.cli.consent_options import (
    DaysOption,
    FieldsOption,
    HoldersOption,
    NoticeOption,
    PurposeOption,
    RecipientOption,
    asked_of,
)
from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node
from presentation.messages import _

_FORM_HELP: Final = _(
    "Escribe el formulario de un consentimiento para que la persona lo firme con su certificado (DNIe, FNMT), "
    "por ejemplo con AutoFirma y sin firma visible.\n\nNo registra nada: eso lo hace consent grant-signed con "
    "el PDF firmado, antes de 30 días."
)


def register(group: typer.Typer) -> None:
    """Add the commands to the group ``consent``."""
    for add in (_register_form, _register_grant_signed):
        add(group)


def _register_form(group: typer.Typer) -> None:
    @group.command(help=_FORM_HELP)
    def form(
        *,
        home: HomeOption,
        document: DocumentOption,
        out: Annotated[Path, typer.Option("--out", help=_("Fichero PDF que se escribe."))],
        purposes: PurposeOption,
        recipients: RecipientOption,
        fields: FieldsOption = None,
        holders: HoldersOption = None,
        valid_days: DaysOption = 365,
        notice_lang: NoticeOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Write the form of a consent for the person to sign with their own certificate."""
        from service.files import write_private

        asked = asked_of(
            document,
            purposes=purposes,
            recipients=recipients,
            fields=fields,
            holders=holders,
            valid_days=valid_days,
            language=notice_lang,
        )
        written = open_node(home).signed_consents.form(asked)
        write_private(out, written.pdf)
        terms = written.terms
        emit(
            {"consent_id": terms.consent_id, "terms_sha256": terms.digest, "file": str(out)},
            f"✓ {out}",
            as_json=as_json,
        )


def _register_grant_signed(group: typer.Typer) -> None:
    @group.command(
        name="grant-signed",
        help=_(
            "Registra el consentimiento de un formulario que la persona firmó con su certificado.\n\nSe comprueba sin "
            "conexión: la firma, que su certificado es de una autoridad fijada (consent authorities), que dice su DNI "
            "o NIE, y que lo firmado es lo escrito. No se comprueba si el certificado se ha revocado."
        ),
    )
    def grant_signed(
        *,
        home: HomeOption,
        file: Annotated[Path, typer.Argument(metavar=_("FICHERO"), help=_("El formulario firmado, en PDF."))],
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Record the consent of a form that the person signed with their own certificate."""
        node = open_node(home)
        consent_scope.show_consent(node, node.signed_consents.grant(file), lang, as_json=as_json)
