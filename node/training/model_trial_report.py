"""The trial of a released model, for people."""

from node.training.model_trial import FAULTS, HARMFUL, ModelTrial, TrialVerdict
from presentation import formats, terminal
from presentation.messages import _, speaking


def trial_text(trial: ModelTrial, lang: str) -> str:
    """Return what the trial says, in ``es`` or ``en``."""
    say = speaking(lang)
    if trial.verdict is TrialVerdict.UNTRIED or trial.comparison is None:
        return terminal.paragraph(say("Aquí hay muy pocas personas para probar el modelo: nada habla en su contra."))
    shared, alone = (trial.comparison[name]["auc"] for name in ("shared", "alone"))
    figures = {
        name: formats.number(figure[part], lang, 3)
        for name, figure, part in (
            ("value", shared, "value"),
            ("low", shared, "low"),
            ("high", shared, "high"),
            ("own", alone, "value"),
        )
    }
    lines = [
        say(
            "AUC del modelo en personas de esta entidad no usadas para entrenar: {value} (de {low} a {high}); de uno "
            "propio: {own}. Calculado aquí; no se ha enviado nada.",
            **figures,
        )
    ]
    if trial.verdict in HARMFUL:
        used = _("El DPD decidió usarlo a pesar de ello.") if trial.accepted else _("No se usa.")
        lines.append(say("✗ {fault}. {used}", fault=say(FAULTS[trial.verdict]), used=say(used)))
    else:
        lines.append(say("✓ Nada habla en su contra."))
    return "\n".join(map(terminal.paragraph, lines))
