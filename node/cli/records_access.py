"""``redpact-node records access-report``: the person's right of access (GDPR art. 15)."""

from pathlib import Path
from typing import Annotated

import typer

from node.cli.arguments import DocumentOption, read_document
from node.cli.guardian_options import GuardianOption, RelationOption, given_guardian
from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node
from presentation.messages import _

OutOption = Annotated[
    Path | None,
    typer.Option("--out", help=_("Carpeta nueva para el informe en español e inglés, sus datos y las pruebas.")),
]
AskOption = Annotated[
    bool,
    typer.Option(
        "--ask/--no-ask", help=_("Indica si se pregunta también a las entidades que figuran en los consentimientos.")
    ),
]
StaffReasonOption = Annotated[
    str,
    typer.Option(
        "--staff-reason",
        help=_(
            "Identifica a las profesionales, por decisión de la persona delegada de protección de "
            "datos: rights_need_it, lawfulness_doubted, authority_orders (RGPD art. 15; C-579/21)."
        ),
    ),
]


def register(group: typer.Typer) -> None:
    """Add the command to the group ``records``."""

    @group.command(
        name="access-report",
        help=_(
            "Informa a una persona de quién consultó qué sobre ella, cuándo y para qué, con una prueba de cada "
            "anotación (RGPD art. 15).\n\nQueda anotado en el registro. Se indican las entidades que no "
            "contestan; el resto del informe está completo sin ellas."
        ),
    )
    def access_report(
        *,
        home: HomeOption,
        document: DocumentOption,
        out: OutOption = None,
        ask: AskOption = True,
        staff_reason: StaffReasonOption = "",
        guardian_document: GuardianOption = "",
        guardian_relation: RelationOption = "",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Report to a person every consultation of their data, with a proof of each entry (GDPR art. 15)."""
        from node.rights.access_report.text import issued_text

        node = open_node(home)
        guardian, whose = given_guardian(guardian_document, guardian_relation, heard=False), read_document(document)
        issued = node.access_reports.issue(whose, out, ask=ask, staff=staff_reason or None, guardian=guardian)
        shown = issued.document | {"report_sha256": issued.sha256, "ledger_index": issued.index}
        emit(shown | {"folder": str(out) if out else None}, issued_text(issued, out, lang=lang), as_json=as_json)
