"""``redpact-node training use``: the trial of a released model here, and its use despite a trial against it."""

from typing import Annotated

import typer

from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node
from presentation.messages import _

CampaignArgument = Annotated[
    str, typer.Argument(metavar=_("ID"), help=_("Identificador de la campaña; véase: training list."))
]
DespiteOption = Annotated[
    bool, typer.Option("--despite-trial", help=_("Úsalo aunque la prueba hable en su contra: lo decide el DPD."))
]
ReasonOption = Annotated[str, typer.Option(help=_("Motivo, para que conste; nunca datos personales."))]


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command(
        "use",
        help=_(
            "Prueba un modelo publicado en las personas de esta entidad que no entraron en el entrenamiento: uno que "
            "ordena peor que el azar, o mucho peor que uno propio, no se usa."
        ),
    )(use)


def use(
    home: HomeOption,
    campaign_id: CampaignArgument,
    *,
    despite_trial: DespiteOption = False,
    reason: ReasonOption = "",
    lang: LangOption = "es",
    as_json: JsonOption = False,
) -> None:
    """Show the trial of a released model here, or use it despite the trial."""
    from node.training.model_trial import accept_despite_trial, trial_of
    from node.training.model_trial_report import trial_text
    from node.training.received_releases import fetch_release

    node = open_node(home)
    verified = fetch_release(node.context, node.training_client(), campaign_id)
    if despite_trial:
        if not reason.strip():
            raise typer.BadParameter(str(_("con --despite-trial indique --reason")))
        accept_despite_trial(node.context, verified, reason.strip())
    trial = trial_of(node.context, verified)
    emit(trial.document(), trial_text(trial, lang), as_json=as_json)
