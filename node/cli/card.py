"""``redpact-node card issue``, ``list``, ``block`` and ``replace``."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from node.cli.arguments import DocumentOption, read_document
from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node
from node.cli.professional import AnyReasonOption, ProfessionalOption, professional_reference, reader
from presentation.messages import _

if TYPE_CHECKING:
    from node.cards.cards import CardInput, IssuedCard
    from node.wiring import Node

CodesOption = Annotated[int, typer.Option("--codes", help=_("Número de códigos de la tarjeta, de 1 a 40."))]
ForOption = Annotated[
    list[str] | None,
    typer.Option(
        "--for",
        help=_(
            "Para qué sirve un código como mucho, finalidad[,finalidad]:P1 o :P2; puede repetirse, y los códigos se "
            "reparten. P2 incluye datos sociales y económicos; los de salud nunca se abren con un código."
        ),
        show_default="coordination:P2 casework:P2",
    ),
]
OutOption = Annotated[
    Path,
    typer.Option("--out", help=_("Fichero nuevo para imprimir la tarjeta: se escribe en HTML y, si se puede, en PDF.")),
]
PdfOption = Annotated[
    bool | None,
    typer.Option(
        "--pdf/--no-pdf",
        help=_(
            "Escribe también el PDF; si no se indica ninguna de las dos opciones, lo escribe cuando redpact[pdf] "
            "está instalado."
        ),
    ),
]
PersonOption = Annotated[
    str,
    typer.Option("--document", help=_("Solo las de la persona con este documento; '-' lo lee de la entrada estándar.")),
]


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(
        no_args_is_help=True,
        help=_(
            "Tarjetas de códigos que esta entidad da a las personas: con un código, entregado en otra entidad, la "
            "persona prueba aquí que quiso lo que esa entidad dice."
        ),
    )
    for add in (_register_issue, _register_list, _register_block, _register_replace):
        add(group)
    app.add_typer(group, name="card")


def _register_issue(group: typer.Typer) -> None:
    words = _(
        "Da una tarjeta de códigos a una persona, también sin documentación (con su código de enlace).\n\n"
        "Los códigos solo están en el fichero que se escribe: imprímalo, entréguelo y bórrelo. El nodo guarda de "
        "cada uno una clave cifrada con la de la persona."
    )
    _register_giving(group, "issue", words, lambda node: node.cards.issue)


def _register_list(group: typer.Typer) -> None:
    @group.command(name="list", help=_("Muestra las tarjetas dadas, su estado y cuántos códigos se han usado."))
    def list_cards(
        *,
        home: HomeOption,
        document: PersonOption = "",
        professional: ProfessionalOption = "",
        reason: AnyReasonOption = "",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """List cards with their states, oldest first."""
        from node.cards.report import card_document, cards_text
        from node.care.reading import read_listed
        from policies.record_readings import RecordPart

        node, person = open_node(home), read_document(document) if document else None
        found, now = node.cards.list(person), node.context.clock.now()
        people = len({card.person_ref for card in found})
        read_listed(node.context, reader(professional, reason), RecordPart.CARDS, person, people=people)
        emit({"cards": [card_document(card, now) for card in found]}, cards_text(found, now, lang), as_json=as_json)


def _register_block(group: typer.Typer) -> None:
    @group.command(
        help=_(
            "Bloquea una tarjeta perdida: sus códigos ya no abren nada. Lo que se abrió antes sigue como estaba; "
            "véase: consent withdraw."
        )
    )
    def block(
        *,
        home: HomeOption,
        serial: Annotated[
            str, typer.Argument(metavar=_("TARJETA"), help=_("Número de la tarjeta; sin él, todas las de la persona."))
        ] = "",
        document: PersonOption = "",
        reason: Annotated[str, typer.Option("--reason", help=_("Motivo: lost o asked."))] = "lost",
        professional: ProfessionalOption = "",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Block a card, or the cards of a person who does not know their serials."""
        from node.cards.cards import end_of, serial_of
        from node.cards.report import card_document, cards_text

        node, end, who = open_node(home), end_of(reason), professional_reference(professional)
        if document and not serial:
            blocked = node.cards.block_all(read_document(document), end, who)
        else:
            blocked = (node.cards.block(serial_of(serial), end, who),)
        now = node.context.clock.now()
        emit({"cards": [card_document(card, now) for card in blocked]}, cards_text(blocked, now, lang), as_json=as_json)


def _register_replace(group: typer.Typer) -> None:
    words = _(
        "Bloquea las tarjetas de una persona y le da otra, con la lista de lo que abrieron los códigos anteriores."
    )
    _register_giving(group, "replace", words, lambda node: node.cards.replace)


def _register_giving(
    group: typer.Typer, name: str, words: str, giving: "Callable[[Node], Callable[[CardInput], IssuedCard]]"
) -> None:
    """Add a command that gives a person a new card."""

    @group.command(name=name, help=words)
    def give(
        *,
        home: HomeOption,
        document: DocumentOption,
        out: OutOption,
        codes: CodesOption = 10,
        limits: ForOption = None,
        pdf: PdfOption = None,
        professional: ProfessionalOption = "",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Give a card with single-use codes to a person."""
        from node.cards.cards import DEFAULT_CEILINGS, CardInput

        node, who = open_node(home), professional_reference(professional)
        given = CardInput(read_document(document), codes, tuple(limits or DEFAULT_CEILINGS), who)
        _write(node, giving(node), given, (out, pdf, lang), as_json=as_json)


def _write(
    node: "Node",
    issue: "Callable[[CardInput], IssuedCard]",
    given: "CardInput",
    shown: tuple[Path, bool | None, str],
    *,
    as_json: bool,
) -> None:
    """Issue a card and write it; nothing is issued when its file cannot be new."""
    from node.cards.page import CardFiles, card_page
    from node.cards.report import card_document, issued_text

    out, pdf, lang = shown
    files = CardFiles(out, pdf=pdf)
    issued = issue(given)
    written = [str(path) for path in files.write(card_page(node.context, issued, lang))]
    document = card_document(issued.card, node.context.clock.now()) | {"files": written}
    emit(document, issued_text(issued.card, written, lang), as_json=as_json)
