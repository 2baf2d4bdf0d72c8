"""``redpact-node records access-report``: the person's right to know who looked."""

from pathlib import Path
from typing import Annotated

import typer

from node.cli.arguments import DocumentOption, read_document
from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node


def register(group: typer.Typer) -> None:
    """Add the command to the group ``records``."""

    @group.command(name="access-report")
    def access_report(
        *,
        home: HomeOption,
        document: DocumentOption,
        out: Annotated[
            Path | None, typer.Option("--out", help="New folder: the report in es and en, its data, and the proofs.")
        ] = None,
        ask: Annotated[
            bool, typer.Option("--ask/--no-ask", help="Whether the entities that the consents name are asked too.")
        ] = True,
        staff_reason: Annotated[
            str,
            typer.Option(
                "--staff-reason",
                help="Name members of staff, by decision of the data-protection officer: rights_need_it, "
                "lawfulness_doubted, authority_orders (GDPR art. 15; C-579/21).",
            ),
        ] = "",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Tell a person who consulted what about them, when and what for, with a proof of each entry (GDPR art. 15).

        It is noted in the ledger. Entities that do not answer are shown; the rest of the report is whole without them.
        """
        from node.rights.access_report.text import issued_text

        node = open_node(home)
        issued = node.access_reports.issue(read_document(document), out, ask=ask, staff=staff_reason or None)
        shown = issued.document | {"report_sha256": issued.sha256, "ledger_index": issued.index}
        emit(shown | {"folder": str(out) if out else None}, issued_text(issued, out, lang=lang), as_json=as_json)
