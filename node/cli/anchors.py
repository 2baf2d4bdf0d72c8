"""``redpact-node anchors``: the entities whose cosignatures this node asks for before it takes a directory."""

from typing import TYPE_CHECKING, Annotated

import typer

from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node
from presentation.messages import _, speaking

if TYPE_CHECKING:
    from node.anchors.pinning import AnchorChange

EntityArgument = Annotated[str, typer.Argument(metavar=_("ENTIDAD"), help=_("Identificador de la entidad."))]
FingerprintOption = Annotated[
    str, typer.Option("--fingerprint", help=_("Huella impresa por esa entidad con «anchors fingerprint»."))
]
QuorumOption = Annotated[
    int | None,
    typer.Option("--quorum", help=_("Cuántas anclas deben cofirmar un directorio; por defecto, más de la mitad.")),
]


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(
        no_args_is_help=True,
        help=_("Anclas: entidades que deben cofirmar el directorio para que este nodo lo use. Las fija la DPD."),
    )
    for add in (_show, _fingerprint, _pin, _unpin, _quorum):
        add(group)
    app.add_typer(group, name="anchors")


def _show(group: typer.Typer) -> None:
    @group.command(help=_("Muestra las anclas fijadas y cuáles han cofirmado el directorio en uso."))
    def show(home: HomeOption, lang: LangOption = "es", as_json: JsonOption = False) -> None:
        """Show the pinned anchors, and which of them cosigned the directory in use."""
        from node.anchors.state import anchors_state, state_text

        state = anchors_state(open_node(home).context)
        emit(state, state_text(state, lang), as_json=as_json)


def _fingerprint(group: typer.Typer) -> None:
    @group.command(help=_("Imprime la huella de la clave con la que cofirma esta entidad, para quienes la fijen."))
    def fingerprint(home: HomeOption, lang: LangOption = "es", as_json: JsonOption = False) -> None:
        """Print the fingerprint of the key with which this entity cosigns, for those who pin it."""
        from node.anchors.pinning import own_fingerprint

        context = open_node(home).context
        vkey, found = own_fingerprint(context)
        document = {"entity": context.settings.entity, "fingerprint": found, "vkey": vkey}
        text = speaking(lang)("{entity}: {fingerprint}", entity=context.settings.entity, fingerprint=found)
        emit(document, text, as_json=as_json)


def _pin(group: typer.Typer) -> None:
    @group.command(help=_("Fija una entidad como ancla, si la huella es la suya. Queda en el registro de la entidad."))
    def pin(
        home: HomeOption,
        entity: EntityArgument,
        fingerprint: FingerprintOption,
        quorum: QuorumOption = None,
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Pin an entity as an anchor when the fingerprint is its own. The ledger notes it."""
        from node.anchors import pinning

        _emit(pinning.pin(open_node(home).context, entity, fingerprint, quorum), lang, as_json=as_json)


def _unpin(group: typer.Typer) -> None:
    @group.command(help=_("Deja de contar con una ancla. Queda en el registro de la entidad."))
    def unpin(
        home: HomeOption,
        entity: EntityArgument,
        quorum: QuorumOption = None,
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Pin an entity no longer. The ledger notes it."""
        from node.anchors import pinning

        _emit(pinning.unpin(open_node(home).context, entity, quorum), lang, as_json=as_json)


def _quorum(group: typer.Typer) -> None:
    @group.command(help=_("Cambia cuántas anclas deben cofirmar un directorio. Queda en el registro de la entidad."))
    def quorum(
        home: HomeOption,
        number: Annotated[int, typer.Argument(metavar=_("NÚMERO"), help=_("De 1 al número de anclas fijadas."))],
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Change how many anchors must have cosigned a directory. The ledger notes it."""
        from node.anchors import pinning

        _emit(pinning.set_quorum(open_node(home).context, number), lang, as_json=as_json)


def _emit(change: "AnchorChange", lang: str, *, as_json: bool) -> None:
    say, policy = speaking(lang), change.policy
    names = ", ".join(each.entity for each in policy.anchors)
    document = policy.document() | {"ledger_index": change.ledger_index}
    if not policy.anchors:
        text = say("Ninguna ancla fijada: solo el coordinador responde por el directorio.")
    else:
        text = say("✓ Anclas: {names}. Cofirmas exigidas: {quorum}.", names=names, quorum=policy.quorum)
    emit(document, text, as_json=as_json)
