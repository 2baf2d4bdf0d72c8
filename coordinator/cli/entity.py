"""``redpact-coordinator entity invite|list|suspend|reinstate|recover``."""

from datetime import timedelta
from typing import Annotated

import typer

from coordinator.acts import ActRegister
from coordinator.cli.entity_recover import add_recover
from coordinator.cli.invitations import emit_invitation
from coordinator.cli.options import HomeOption, JsonOption, LangOption, emit, open_coordinator
from presentation.messages import _, speaking
from trust.parties import EntityKind

EntityArgument = Annotated[str, typer.Argument(metavar=_("ID"), help=_("Identificador de la entidad: a-z, 0-9 y '-'."))]
NameOption = Annotated[str, typer.Option(help=_("Nombre que verán las demás entidades."))]
KindOption = Annotated[
    EntityKind,
    typer.Option(help=_("Clase de entidad, que determina lo que puede hacer; las colaboradoras nunca ven una ficha.")),
]
ValidHoursOption = Annotated[
    int, typer.Option(min=1, max=2160, help=_("Tiempo durante el que puede usarse la invitación."))
]
AgainOption = Annotated[bool, typer.Option("--again", help=_("Vuelve a inscribir una entidad que ya está en la red."))]


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help=_("Admite entidades en la red, las suspende y las readmite."), no_args_is_help=True)
    for add in (_invite, _list, _suspend, _reinstate, add_recover):
        add(group)
    app.add_typer(group, name="entity")


def _invite(group: typer.Typer) -> None:
    @group.command(
        help=_(
            "Imprime una invitación de un solo uso para `redpact-node init --token-file`. "
            "Hágala llegar por un canal seguro."
        )
    )
    def invite(
        home: HomeOption,
        entity: EntityArgument,
        name: NameOption,
        kind: KindOption,
        valid_hours: ValidHoursOption = 72,
        again: AgainOption = False,
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Print a one-time invitation for `redpact-node init --token-file`. Send it by a trusted channel."""
        coordinator = open_coordinator(home)
        context = coordinator.context
        now = context.clock.now()
        with context.transaction() as session:
            registry = coordinator.registry(session)
            invitation = registry.invite(
                entity, name=name, kind=kind, valid_for=timedelta(hours=valid_hours), now=now, again=again
            )
            waits = ActRegister(session, registry).propose_for(invitation, now)
        emit_invitation(invitation, lang, as_json=as_json, waits=waits)


def _list(group: typer.Typer) -> None:
    @group.command("list", help=_("Muestra las entidades de la red y las invitaciones pendientes."))
    def list_(home: HomeOption, as_json: JsonOption = False, lang: LangOption = "es") -> None:
        """List the entities of the network and the open invitations."""
        from coordinator.status import entities_document, entities_text

        coordinator = open_coordinator(home)
        context = coordinator.context
        with context.snapshot() as session:
            document = entities_document(coordinator.registry(session), context.clock.now())
        emit(document, entities_text(document, lang), as_json=as_json)


def _suspend(group: typer.Typer) -> None:
    @group.command(
        help=_(
            "Suspende los intercambios de una entidad: aquí al instante, y en todos los nodos en menos de un minuto."
        )
    )
    def suspend(
        home: HomeOption,
        entity: EntityArgument,
        reason: Annotated[str, typer.Option(help=_("Motivo; queda guardado en el coordinador."))],
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Suspend an entity's exchanges: at once here, within a minute at every node."""
        coordinator = open_coordinator(home)
        context = coordinator.context
        with context.transaction() as session:
            coordinator.registry(session).suspend(entity, reason=reason, now=context.clock.now())
        text = speaking(lang)("{entity}: suspendida", entity=entity)
        emit({"entity": entity, "status": "suspended", "reason": reason}, text, as_json=as_json)


def _reinstate(group: typer.Typer) -> None:
    @group.command(help=_("Permite de nuevo los intercambios de una entidad suspendida."))
    def reinstate(
        home: HomeOption, entity: EntityArgument, lang: LangOption = "es", as_json: JsonOption = False
    ) -> None:
        """Let a suspended entity exchange again."""
        coordinator = open_coordinator(home)
        context = coordinator.context
        with context.transaction() as session:
            waits = ActRegister(session, coordinator.registry(session)).reinstate(entity, context.clock.now())
        if waits is not None:
            text = speaking(lang)("Falta aprobarlo: redpact-coordinator approve {act}", act=waits.id[:16])
            emit({"entity": entity, "status": "suspended", "act": waits.id}, text, as_json=as_json)
            return
        text = speaking(lang)("{entity}: activa", entity=entity)
        emit({"entity": entity, "status": "active"}, text, as_json=as_json)
