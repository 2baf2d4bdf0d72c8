"""``redpact-coordinator locator status|rotate``."""

from datetime import timedelta
from typing import Annotated

import typer

from coordinator.cli.options import HomeOption, JsonOption, LangOption, emit, open_coordinator
from presentation.messages import _


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(
        help=_("El localizador privado: sus claves, cuánto pregunta cada entidad y las alertas."), no_args_is_help=True
    )
    _status(group)
    _rotate(group)
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
        from coordinator.locator.report import locator_document, locator_text

        coordinator = open_coordinator(home)
        with coordinator.context.snapshot() as session:
            document = locator_document(coordinator.context, session, coordinator.locator_epochs(session))
        emit(document, locator_text(document, lang), as_json=as_json)


def _rotate(group: typer.Typer) -> None:
    @group.command(
        help=_(
            "Empieza una clave nueva. Los nodos publican con ella por sí solos; la actual termina al acabar el "
            "solapamiento."
        )
    )
    def rotate(
        home: HomeOption,
        overlap_days: Annotated[
            int,
            typer.Option(
                "--overlap-days", help=_("Días durante los que sigue valiendo también la clave actual, de 1 a 90.")
            ),
        ] = 14,
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Begin a new key. Nodes publish under it by themselves; the present one ends after the overlap."""
        from coordinator.locator.report import locator_document, locator_text
        from coordinator.locator.rotation import rotate as begin

        coordinator = open_coordinator(home)
        context = coordinator.context
        begin(context, coordinator.registry, coordinator.locator_epochs, timedelta(days=overlap_days))
        with context.snapshot() as session:
            document = locator_document(context, session, coordinator.locator_epochs(session))
        emit(document, locator_text(document, lang), as_json=as_json)
