"""``redpact-coordinator entity recover``."""

from datetime import timedelta
from typing import Annotated

import typer

from coordinator.cli.invitations import emit_invitation
from coordinator.cli.options import HomeOption, JsonOption, LangOption, emit, open_coordinator
from presentation.messages import _, speaking

LostEntityArgument = Annotated[
    str, typer.Argument(metavar=_("ID"), help=_("Identificador de la entidad que perdió sus claves."))
]
RecoveryHoursOption = Annotated[
    int,
    typer.Option(min=72, max=2160, help=_("Tiempo durante el que puede usarse la invitación; la espera cabe en él.")),
]
CancelOption = Annotated[
    bool, typer.Option("--cancel", help=_("Anula la recuperación pendiente; valen las claves que había."))
]


def add_recover(group: typer.Typer) -> None:
    """Add the command to the group ``entity``."""
    group.command(
        help=_(
            "Imprime una invitación de un solo uso para `redpact-node recover`, con la que vuelve una entidad que "
            "perdió todas sus claves. Todas las entidades lo ven, y las claves nuevas cuentan a las 48 horas."
        )
    )(recover)


def recover(
    home: HomeOption,
    entity: LostEntityArgument,
    valid_hours: RecoveryHoursOption = 336,
    cancel: CancelOption = False,
    lang: LangOption = "es",
    as_json: JsonOption = False,
) -> None:
    """Print a one-time invitation with which an entity that lost all its keys comes back."""
    from coordinator.acts import ActRegister
    from coordinator.recovery import cancel_recovery

    coordinator = open_coordinator(home)
    context = coordinator.context
    now = context.clock.now()
    if cancel:
        with context.transaction() as session:
            cancel_recovery(coordinator.registry(session), entity, now)
        text = speaking(lang)("{entity}: recuperación anulada", entity=entity)
        emit({"entity": entity, "cancelled": True}, text, as_json=as_json)
        return
    with context.transaction() as session:
        registry = coordinator.registry(session)
        invitation = registry.invite_recovery(entity, valid_for=timedelta(hours=valid_hours), now=now)
        waits = ActRegister(session, registry).propose_for(invitation, now)
    emit_invitation(invitation, lang, as_json=as_json, waits=waits)
