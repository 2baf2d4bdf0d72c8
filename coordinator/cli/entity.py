"""``redpact-coordinator entity invite|list|suspend|reinstate``."""

from datetime import timedelta
from typing import Annotated

import typer

from coordinator.cli.options import HomeOption, JsonOption, LangOption, emit, open_coordinator
from presentation.messages import _
from trust.parties import EntityKind

EntityArgument = Annotated[str, typer.Argument(help=_("Identificador de la entidad: a-z, 0-9 y '-'."), metavar="ID")]


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help=_("Admite entidades en la red, las suspende y las readmite."), no_args_is_help=True)
    for add in (_invite, _list, _suspend, _reinstate):
        add(group)
    app.add_typer(group, name="entity")


def _invite(group: typer.Typer) -> None:
    @group.command(
        help=_(
            "Imprime una invitación de un solo uso para `redpact-node init --token`. Hágala llegar por un canal seguro."
        )
    )
    def invite(
        home: HomeOption,
        entity: EntityArgument,
        name: Annotated[str, typer.Option(help=_("Nombre que verán las demás entidades."))],
        kind: Annotated[
            EntityKind,
            typer.Option(
                help=_("Clase de entidad, que determina lo que puede hacer; las colaboradoras nunca ven una ficha.")
            ),
        ],
        valid_hours: Annotated[
            int, typer.Option(min=1, max=2160, help=_("Tiempo durante el que puede usarse la invitación."))
        ] = 72,
        again: Annotated[
            bool, typer.Option("--again", help=_("Vuelve a inscribir una entidad que ya está en la red."))
        ] = False,
        as_json: JsonOption = False,
    ) -> None:
        """Print a one-time invitation for `redpact-node init --token`. Hand it over by a channel you trust."""
        coordinator = open_coordinator(home)
        now = coordinator.clock.now()
        with coordinator.transaction() as session:
            invitation = coordinator.registry(session).invite(
                entity, name=name, kind=kind, valid_for=timedelta(hours=valid_hours), now=now, again=again
            )
        token, expires = invitation.to_token(), invitation.expires.isoformat()
        document = {"entity": entity, "token": token, "expires": expires, "ca_sha256": invitation.ca_fingerprint}
        emit(document, token, as_json=as_json)
        if not as_json:
            typer.echo(f"Válida una vez, hasta {expires}. Huella de la CA: {invitation.ca_fingerprint}", err=True)


def _list(group: typer.Typer) -> None:
    @group.command("list", help=_("Muestra las entidades de la red y las invitaciones pendientes."))
    def list_(home: HomeOption, as_json: JsonOption = False, lang: LangOption = "es") -> None:
        """List the entities of the network and the open invitations."""
        from coordinator.status import entities_text, summary

        document = summary(open_coordinator(home))
        shown = {"entities": document["entities"], "invitations": document["invitations"]}
        emit(shown, entities_text(document, lang), as_json=as_json)


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
        as_json: JsonOption = False,
    ) -> None:
        """Stop an entity from exchanging: at once here, within a minute at every node."""
        coordinator = open_coordinator(home)
        with coordinator.transaction() as session:
            coordinator.registry(session).suspend(entity, reason=reason, now=coordinator.clock.now())
        emit({"entity": entity, "status": "suspended", "reason": reason}, f"{entity}: suspendida", as_json=as_json)


def _reinstate(group: typer.Typer) -> None:
    @group.command(help=_("Permite de nuevo los intercambios de una entidad suspendida."))
    def reinstate(home: HomeOption, entity: EntityArgument, as_json: JsonOption = False) -> None:
        """Let a suspended entity exchange again."""
        coordinator = open_coordinator(home)
        with coordinator.transaction() as session:
            coordinator.registry(session).reinstate(entity, now=coordinator.clock.now())
        emit({"entity": entity, "status": "active"}, f"{entity}: activa", as_json=as_json)
