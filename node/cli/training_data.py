"""``redpact-node training register-table|budget|evaluate``."""

from pathlib import Path
from typing import Annotated

import typer

from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node
from presentation.messages import _


def register(group: typer.Typer) -> None:
    """Add the commands to the group ``training``."""
    for add in (_register_table, _budget, _evaluate):
        add(group)


def _register_table(group: typer.Typer) -> None:
    @group.command(
        "register-table",
        help=_(
            "Da de alta una tabla para evaluación. Se comprueba entera y se copia; gasta del presupuesto de "
            "privacidad de las personas de la entidad."
        ),
    )
    def register_table(
        *,
        home: HomeOption,
        name: Annotated[
            str, typer.Argument(metavar=_("NOMBRE"), help=_("Nombre con el que las campañas piden la tabla."))
        ],
        data: Annotated[Path, typer.Option(help=_("La tabla: .csv, .xlsx u .ods, una fila por persona."))],
        schema: Annotated[Path, typer.Option(help=_("Significado de sus columnas: YAML."))],
        site: Annotated[str, typer.Option(help=_("Toma solo las filas de este centro."))] = "",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Register a table for evaluation. It is checked whole and copied; it spends the people's budget."""
        from node.training import datasets
        from node.training.datasets_report import registered_document, registered_text

        dataset = datasets.register_table(open_node(home).context, name, data, schema, site=site)
        emit(registered_document(dataset), registered_text(dataset, lang), as_json=as_json)


def _budget(group: typer.Typer) -> None:
    @group.command(
        help=_(
            "Muestra lo que las personas de la entidad pueden gastar, y lo reservado y lo gastado; o fija un límite."
        )
    )
    def budget(
        *,
        home: HomeOption,
        set_limit: Annotated[
            float | None, typer.Option(help=_("Nuevo límite: el máximo que puede gastarse en total por cada persona."))
        ] = None,
        delta: Annotated[
            float | None,
            typer.Option(help=_("Delta con que se contabiliza el presupuesto; una vez fijada, no cambia.")),
        ] = None,
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Show the limit for the entity's people, and the privacy promised and spent; or set a limit."""
        from node.training import budgets

        node = open_node(home)
        if set_limit is not None:
            budgets.set_limit(node.context, budgets.NewLimit(set_limit, delta))
        shown = budgets.statement(node.context)
        emit({"budget": budgets.document(shown)}, budgets.text(shown, lang), as_json=as_json)


def _evaluate(group: typer.Typer) -> None:
    @group.command(
        help=_(
            "Evalúa un modelo publicado con personas de esta entidad que no se usaron para entrenarlo. No se "
            "envía nada."
        )
    )
    def evaluate(
        home: HomeOption,
        campaign_id: Annotated[
            str, typer.Argument(metavar=_("ID"), help=_("Identificador de una campaña con el modelo publicado."))
        ],
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Evaluate a released model on this entity's own people that were never trained on. Nothing is sent."""
        from node.training.local_evaluation import evaluate as evaluate_release

        node = open_node(home)
        result = evaluate_release(node.context, node.training_client(), campaign_id)
        emit(result.document(), result.text(lang), as_json=as_json)
