"""Vetoes of recoveries by the owner of the old keys, sent to every entity and obeyed by each.

The coordinator is not relied on: it may be the one that lies. A veto goes to the witness of each entity over HTTP, as
no certificate is needed there; whoever has no port open asks the others. A file that is handed over serves too.
"""

import json
import secrets
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from consent_ledger.log.bodies import PolicyChangedBody
from consent_ledger.log.entry import EntryType, NewEntry
from consent_ledger.witnessing.assignment import listed_witnesses
from consent_ledger.witnessing.client import WitnessReply, exchange
from node.clients import coordinator
from node.clients.coordinator import CoordinatorChannel
from node.context import NodeContext
from node.ledger.own import own_ledger
from node.recoveries.errors import NothingToVeto, VetoUnreadable
from policies.errors import RedpactError
from presentation.faults import parse_fault
from presentation.messages import _
from service.files import read_regular
from trust import canonical
from trust.errors import MalformedDocument
from trust.recovery import Recovery, Veto, VetoStatement

PATH: Final = "/recovery-veto"
"""Path of vetoes below the URL of a witness."""
MAX_VETO_BYTES: Final = 4096
POLICY_CODE: Final = "recovery_vetoed"
SPREAD_SECONDS: Final = 30.0
"""Time between two exchanges of vetoes while a recovery waits."""
LOOK_SECONDS: Final = 5.0
_CALL_SECONDS: Final = 3.0
_MOST_ASKED: Final = 32
_OK: Final = 200

Exchange = Callable[[str, str, str, bytes], WitnessReply]
"""Sends method, path and body to a URL."""


@dataclass(frozen=True, slots=True)
class SentVeto:
    """A veto of this entity: the file to hand over, and who has it by now."""

    file: Path
    recovery: str
    coordinator: bool
    entities: tuple[str, ...]


def veto_own_recovery(context: NodeContext, channel: CoordinatorChannel, *, decided_by: str) -> SentVeto:
    """Veto the recovery of this entity's keys, and send the veto to everybody.

    Raises:
        NothingToVeto: none waits.
        RedpactError: directory, keys or database are unusable.
    """
    settings, now = context.settings, context.clock.now()
    directory = context.directory.current(now)
    recovery = directory.party(settings.entity).pending_recovery
    if recovery is None:
        raise NothingToVeto(
            _("no hay ninguna recuperación pendiente"), remedy=_("consulte: redpact-node recovery list")
        )
    statement = VetoStatement(network=settings.network, entity=settings.entity, recovery=recovery.id, time=now)
    veto = context.directory.vetoes.find(recovery.id) or Veto.signed(statement, context.keys.signing)
    context.directory.veto(settings.entity, veto, now)
    note_veto(context, recovery, decided_by)
    reached = False
    with suppress(RedpactError):  # the entities are told all the same
        coordinator.veto_recovery(channel(), veto)
        reached = True
    return SentVeto(context.directory.vetoes.path(recovery.id), recovery.id, reached, spread_vetoes(context))


def note_veto(context: NodeContext, recovery: Recovery, decided_by: str) -> None:
    """Keep the decision in the ledger: the id of the recovery, and who decided."""
    document = json.dumps({"decided_by": decided_by[:200], "recovery": recovery.id}, ensure_ascii=False)
    body = PolicyChangedBody(policy=POLICY_CODE, new_sha256=recovery.id, document=document)
    with context.transaction() as session:
        own_ledger(context, session).append([NewEntry(EntryType.POLICY_CHANGED, body)], context.clock.now())


def obey_veto(context: NodeContext, data: bytes) -> str:
    """Verify a veto that came from wherever, keep it and obey it; return the entity.

    Raises:
        MalformedDocument, SignatureInvalid, RecoveryRefused, UnknownParty: it is no veto of a recovery known here.
    """
    try:
        veto = Veto.model_validate(canonical.decode(data))
    except ValidationError as error:
        raise MalformedDocument(_("no es un veto")) from error
    stated = veto.statement
    if context.directory.vetoes.find(stated.recovery) is None:
        context.directory.veto(stated.entity, veto, context.clock.now())
    return stated.entity


def obey_veto_file(context: NodeContext, file: Path) -> str:
    """Obey the veto of a file that was handed over; return the entity.

    Raises:
        VetoUnreadable: the file cannot be read, or holds no veto.
        SignatureInvalid, RecoveryRefused, UnknownParty: it is no veto of a recovery known here.
    """
    try:
        return obey_veto(context, read_regular(file, MAX_VETO_BYTES))
    except OSError as error:
        raise VetoUnreadable(
            _("no se puede leer {file}: {reason}", file=file, reason=parse_fault(error)), remedy=_("compruebe la ruta")
        ) from error
    except MalformedDocument as error:
        raise VetoUnreadable(error.message, remedy=_("pida el fichero de nuevo")) from error


def keep_spreading(
    context: NodeContext, channel: CoordinatorChannel, alarm: Callable[[], object], stopping: threading.Event
) -> None:
    """Exchange vetoes with other entities while a recovery waits, and alarm over new ones, until `stopping` is set."""
    known: frozenset[str] = frozenset()
    waited = SPREAD_SECONDS
    while not stopping.wait(LOOK_SECONDS):
        context.directory.reconsider(context.clock.now())
        waiting = frozenset(waiting_recoveries(context))
        if waiting - known:
            alarm()
        waited = waited + LOOK_SECONDS if waiting <= known else SPREAD_SECONDS
        known = waiting
        if waiting and waited >= SPREAD_SECONDS:
            waited = 0.0
            spread_vetoes(context)
            tell_coordinator(context, channel)


def tell_coordinator(context: NodeContext, channel: CoordinatorChannel) -> None:
    """Give the coordinator the vetoes known here that its directory does not list.

    A thief of the old keys could show a veto to some entities and not to it, which would divide the network.
    """
    kept = context.directory.kept()
    for party in kept.signed.entities if kept else ():
        pending = party.pending_recovery
        veto = context.directory.vetoes.find(pending.id) if pending is not None else None
        if veto is not None:
            with suppress(RedpactError):  # away, or it lies
                coordinator.veto_recovery(channel(), veto)


def waiting_recoveries(context: NodeContext) -> dict[str, str]:
    """Return the entities whose recovery waits, here or in the directory, by the ids of the recoveries."""
    kept = context.directory.kept()
    if kept is None:
        return {}
    pending = {each.recovery.id: each.id for each in kept.signed.entities if each.recovery and not each.recovery.veto}
    return pending | {each.recovery: each.entity for each in kept.held}


def spread_vetoes(context: NodeContext, send: Exchange | None = None) -> tuple[str, ...]:
    """Give the vetoes known here to the witnesses of other entities, and ask for those not known; return who took one.

    Raises:
        RedpactError: the directory is unusable, or a veto cannot be kept.
    """
    directory, waiting = context.directory.newest(), waiting_recoveries(context)
    if directory is None or not waiting:
        return ()
    send = send or _sender(context)
    witnesses = [each for each in listed_witnesses(directory) if each.id != context.settings.entity]
    taken: dict[str, None] = {}
    for witness in secrets.SystemRandom().sample(witnesses, min(_MOST_ASKED, len(witnesses))):
        for recovery in waiting:
            veto = context.directory.vetoes.find(recovery)
            with suppress(RedpactError):  # away, of an earlier version, or it lies
                if veto is not None:
                    body = canonical.encode(veto.model_dump(mode="json"))
                    taken |= {witness.id: None} if send(witness.url, "POST", PATH, body).status == _OK else {}
                    continue
                reply = send(witness.url, "GET", f"{PATH}/{recovery}", b"")
                if reply.status == _OK:
                    obey_veto(context, reply.body[:MAX_VETO_BYTES])
    return tuple(taken)


def _sender(context: NodeContext) -> Exchange:
    allowed = context.settings.callable_networks(context.settings.coordinator_address)

    def send(url: str, method: str, path: str, body: bytes) -> WitnessReply:
        return exchange(url, method, path, body, allowed=allowed, seconds=_CALL_SECONDS)

    return send
