"""Set-up of a node: keys, database, enrolment, settings; or the upgrade of an existing one to this version.

The steps that can fail on this machine come before the invitation is used up. The settings file comes last: a home
without it is not a node's.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from node.anchors.history import note_taken
from node.identity.enrolment import enrol
from node.identity.errors import InvitationNeeded, NodeExists, NodeInUse
from node.identity.files import node_certificate
from node.identity.reach import own_reach
from node.keys import NodeKeys
from node.migrations import MIGRATIONS
from node.operations.sealing import note_sealed, seal_once
from node.recoveries.stating import state_recovery
from node.settings import NodeSettings
from node.wiring import Node
from presentation.messages import _
from service import migrate
from service.clock import Clock
from service.errors import CertificateUnusable
from service.storage import open_engine
from trust.enrolment import Invitation
from trust.errors import KeyUnreadable
from trust.recovery import Recovery

NOWHERE: Final = "none"
"""The listening address of a node without an open port, which is reached by the relay."""


@dataclass(frozen=True, slots=True)
class Answers:
    """The options of ``init``. An existing home needs none of them; `listen` may be `NOWHERE`."""

    token: str = ""
    listen: str = ""
    addresses: tuple[str, ...] = ()
    database: str = ""
    witness_listen: str = ""
    witness_url: str = ""
    replace: bool = False


def set_up(home: Path, answers: Answers, clock: Clock) -> Node:
    """Make a node in `home`, or upgrade an existing one.

    An existing node is enrolled again when given a new invitation for the same entity, and either its certificate is no
    longer usable or `replace` is set. It gets another TLS key; its other keys stay.

    Raises:
        NodeInUse: an invitation for a node that works, without `replace`.
        InvitationNeeded: a new home without token or address.
        InvitationMalformed, SettingsInvalid: an option is wrong.
        NodeExists: the invitation is for another network or entity.
        RedpactError: keys, database or enrolment failed, see there.
    """
    if NodeSettings.exists(home):
        return _upgrade(home, answers, clock)
    if not answers.token or not answers.listen:
        raise InvitationNeeded(
            _("un nodo nuevo necesita --token-file (o «--token -») y --listen"),
            remedy=_("pida una invitación al coordinador"),
        )
    listen = "" if answers.listen == NOWHERE else answers.listen
    invitation = Invitation.from_token(answers.token)
    settings = NodeSettings.validated(
        {
            "network": invitation.network,
            "entity": invitation.entity,
            "listen": listen,
            "addresses": answers.addresses or ((listen,) if listen else ()),
            "coordinator_address": invitation.address,
            "coordinator_key": invitation.coordinator_key,
            "database": answers.database,
            "witness_listen": answers.witness_listen,
            "witness_url": answers.witness_url,
        }
    )
    keys = NodeKeys.create(home)
    _migrate(home, settings)
    note_sealed(home)
    directory = enrol(home, invitation, keys=keys, reach=own_reach(settings, keys), now=clock.now())
    settings.model_copy(update={"coordinator_address": directory.coordinator_address}).save(home)
    node = Node(home, clock=clock)
    kept = node.context.directory.kept()
    if kept is not None and kept.logged is not None:
        note_taken(node.context, kept.logged)
    return node


def recover(home: Path, answers: Answers, clock: Clock) -> Node | Recovery:
    """Bring an entity back that lost its keys, in a new home: its recovery while it waits, its node once it counts.

    Raises:
        NodeExists: the home is a node's already, with keys of its own.
        InvitationNeeded: a new home without token or address.
        InvitationMalformed, InvitationRefused, RecoveryVetoed: the recovery is not to be had with this invitation.
        RedpactError: as `set_up`.
    """
    if NodeSettings.exists(home):
        raise NodeExists(
            _("{home} ya es un nodo, con sus claves", home=home),
            remedy=_("elija otro --home para recuperar la entidad"),
        )
    if not answers.token or not answers.listen:
        raise InvitationNeeded(
            _("para recuperar una entidad hacen falta --token-file (o «--token -») y --listen"),
            remedy=_("pida la invitación a la Gerencia: redpact-coordinator entity recover"),
        )
    recovery = state_recovery(Invitation.from_token(answers.token), NodeKeys.create(home), clock.now())
    if not recovery.counted:
        return recovery.recovery
    node = set_up(home, answers, clock)
    node.key_changes.note_recovered(recovery.recovery)
    return node


def _upgrade(home: Path, answers: Answers, clock: Clock) -> Node:
    settings, now = NodeSettings.load(home), clock.now()
    invitation = Invitation.from_token(answers.token) if answers.token else None
    if invitation is not None:
        _require_again(home, settings, invitation, replace=answers.replace, now=now)
    keys = NodeKeys.create(home)  # the keys that this version added
    _migrate(home, settings)
    node = Node(home, clock=clock)
    seal_once(node.context)
    if invitation is not None:
        before, reach = node.key_changes.tls_key(), own_reach(settings, keys)
        enrol(home, invitation, keys=keys, reach=reach, now=now, again=node.context.directory)
        node.key_changes.note_tls(before)
    return node


def _require_again(home: Path, settings: NodeSettings, invitation: Invitation, *, replace: bool, now: datetime) -> None:
    ours = (settings.network, settings.entity, settings.coordinator_key)
    if (invitation.network, invitation.entity, invitation.coordinator_key) != ours:
        raise NodeExists(
            _("{home} pertenece a {entity} de {network}", home=home, entity=settings.entity, network=settings.network),
            remedy=_("elija otro --home para esta invitación"),
        )
    until = _usable_until(home)
    if until is not None and now < until and not replace:
        raise NodeInUse(
            _(
                "{home} es un nodo de {entity} con certificado válido hasta {until}; la invitación no se ha usado",
                home=home,
                entity=settings.entity,
                until=until,
            ),
            remedy=_(
                "añada --replace para pedir otro certificado con una clave TLS nueva y anular los anteriores; las "
                "demás claves y los datos no cambian"
            ),
        )


def _usable_until(home: Path) -> datetime | None:
    try:
        return node_certificate(home).identity().not_after
    except (CertificateUnusable, KeyUnreadable):
        return None


def _migrate(home: Path, settings: NodeSettings) -> None:
    engine = open_engine(settings.database_url(home))
    try:
        migrate.upgrade(engine, MIGRATIONS)
    finally:
        engine.dispose()
