"""``redpact-node records linkage-code``."""

from pathlib import Path
from typing import Annotated

import typer

from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node
from presentation.messages import _


def register(group: typer.Typer) -> None:
    """Add the command to the group ``records``."""

    @group.command(
        "linkage-code",
        help=_(
            "Da un código a una persona sin documentación y escribe la tarjeta que se lleva.\n\nEl código hace "
            "las veces de documento en todas partes: en las fichas, en los consentimientos y en fetch. No se "
            "guarda nada."
        ),
    )
    def linkage_code(
        file: Annotated[
            Path,
            typer.Argument(
                metavar=_("FICHERO"), help=_("Fichero HTML que se escribe: la tarjeta, para imprimirla y entregarla.")
            ),
        ],
        home: HomeOption,
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Issue a code for a person without papers, and write the card that they keep."""
        from node.people.linkage_card import write_card
        from node.people.linkage_code import grouped, new_linkage_code
        from node.people.report import linkage_code_text

        network = open_node(home).context.settings.network
        code = new_linkage_code()
        write_card(file, code, network)
        document = {"code": grouped(code), "file": str(file)}
        emit(document, linkage_code_text(document, lang), as_json=as_json)
