"""``redpact-coordinator locator status|rotate|add-holder|drop-holder``."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from coordinator.cli.options import HomeOption, JsonOption, LangOption, emit, open_coordinator
from presentation.messages import _

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from coordinator.locator.holders import KeyHolders
    from coordinator.wiring import Coordinator

OverlapOption = Annotated[
    int,
    typer.Option(
        "--overlap-days",
        metavar=_("DÍAS"),
        help=_(
            "Días durante los que sigue valiendo también la clave actual, de 1 a 90; 0 si aún no se ha publicado nada "
            "con ella."
        ),
    ),
]
HolderArgument = Annotated[str, typer.Argument(metavar=_("ENTIDAD"), help=_("Identificador de la entidad."))]


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(
        help=_("El localizador privado: sus claves, cuánto pregunta cada entidad y las alertas."), no_args_is_help=True
    )
    _status(group)
    _rotate(group)
    _add_holder(group)
    _drop_holder(group)
    app.add_typer(group, name="locator")


def _status(group: typer.Typer) -> None:
    @group.command(
        help=_(
            "Muestra las épocas, las entradas de cada entidad, las preguntas de las últimas 24 horas y los "
            "indicios de que alguien prueba documentos."
        )
    )
    def status(home: HomeOption, as_json: JsonOption = False, lang: LangOption = "es") -> None:
        """Show epochs, entries by entity, questions of the last 24 hours, and signs of guessing."""
        _show(open_coordinator(home), lang, as_json=as_json)


def _rotate(group: typer.Typer) -> None:
    @group.command(
        help=_(
            "Empieza una clave nueva. Los nodos publican con ella por sí solos; la actual termina al acabar el "
            "solapamiento."
        )
    )
    def rotate(
        home: HomeOption,
        overlap_days: OverlapOption = 14,
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Begin a new key. Nodes publish under it by themselves; the present one ends after the overlap."""
        from coordinator.locator.rotation import rotate as begin

        coordinator = open_coordinator(home)
        begin(coordinator.context, coordinator.registry, coordinator.locator_epochs, timedelta(days=overlap_days))
        _show(coordinator, lang, as_json=as_json)


def _add_holder(group: typer.Typer) -> None:
    @group.command(
        "add-holder",
        help=_(
            "Hace custodia de una clave a una entidad que la ha ofrecido («redpact-node pseudonym-key serve») y "
            "empieza la época en la que hacen falta las dos."
        ),
    )
    def add_holder(
        home: HomeOption,
        entity: HolderArgument,
        overlap_days: OverlapOption = 14,
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Make an entity that offered a key a key holder, and begin the epoch that needs both keys."""
        coordinator = _changed(home, lambda holders, now: holders.choose(entity, now), overlap_days)
        _show(coordinator, lang, as_json=as_json)


def _drop_holder(group: typer.Typer) -> None:
    @group.command(
        "drop-holder",
        help=_(
            "Deja de contar con la clave de una entidad y empieza una época sin ella. Cada DPD debe aceptarlo en su "
            "nodo."
        ),
    )
    def drop_holder(
        home: HomeOption,
        entity: HolderArgument,
        overlap_days: OverlapOption = 14,
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Need an entity's key no longer, and begin an epoch without it. Each officer has to accept that."""
        coordinator = _changed(home, lambda holders, _now: holders.dismiss(entity), overlap_days)
        _show(coordinator, lang, as_json=as_json)


def _changed(home: "Path", change: "Callable[[KeyHolders, datetime], None]", overlap_days: int) -> "Coordinator":
    """Change who holds keys, begin the epoch with those, and return the coordinator."""
    from coordinator.locator.rotation import change_holder

    coordinator = open_coordinator(home)
    change_holder(
        coordinator.context,
        coordinator.registry,
        coordinator.locator_epochs,
        change,
        timedelta(days=overlap_days),
    )
    return coordinator


def _show(coordinator: "Coordinator", lang: str, *, as_json: bool) -> None:
    from coordinator.locator.report import locator_document, locator_text

    with coordinator.context.snapshot() as session:
        document = locator_document(coordinator.context, session, coordinator.locator_epochs(session))
    emit(document, locator_text(document, lang), as_json=as_json)
