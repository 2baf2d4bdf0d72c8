"""What must be true in the end: nothing waits, nothing acknowledged is missing, and every audit passes."""

import time
from pathlib import Path
from typing import Final

from consent_ledger.consents.model import ConsentState
from consent_ledger.log.entry import EntryType, Leaf
from deploy.local.programs import AUDIT, NODE, Programs
from node.fetch.asking import question_of
from node.ledger.own import own_consents, own_ledger
from node.wiring import Node
from policies.errors import RedpactError
from records_exchange.mailboxes import NotificationState, SqlMailbox
from tests.soak.network import FaultyNetwork
from tests.soak.workload import FIELDS, PURPOSES, Acknowledged, Workload

PATIENCE_SECONDS: Final = 240.0
"""Only ends a soak that has failed."""

ENDED: Final = frozenset({ConsentState.WITHDRAWN, ConsentState.EXPIRED})


def wait_for_quiet(workload: Workload) -> list[str]:
    """Wait until every outbox is empty; return what still waits when patience is over."""
    end = time.monotonic() + PATIENCE_SECONDS
    while waiting := [line for entity, node in workload.nodes.items() for line in _waiting(entity, node)]:
        if time.monotonic() > end:
            return waiting
        for node in workload.nodes.values():
            _hurry(node)
        time.sleep(1.0)
    return []


def missing(record: Acknowledged, workload: Workload) -> list[str]:
    """Return what was acknowledged and is not there."""
    faults = list(record.broken)
    for entity, node in workload.nodes.items():
        with node.context.snapshot() as session:
            ledger = own_ledger(node.context, session)
            leaves = list(ledger.store.leaves(0, ledger.size()))
        for answer in record.answers:
            held = answer.ledger
            if answer.holder == entity and (held.index >= len(leaves) or leaves[held.index].decode() != held.leaf):
                faults.append(f"an answer of {entity} has lost its entry {held.index}")
        received = sum(Leaf.parse(leaf).type is EntryType.RELEASE_RECEIVED for leaf in leaves)
        known = sum(answer.asker == entity for answer in record.answers)
        if received < known:
            faults.append(f"{entity} has {received} entries of answers received, and was told of {known}")
    lost = (each for each in record.given.values() if _state(workload.nodes[each.origin], each.consent_id) is None)
    return faults + [f"the consent {each.consent_id} is not at {each.origin}" for each in lost]


def not_ended(record: Acknowledged, workload: Workload) -> list[str]:
    """Return where a consent that a person withdrew still counts, or was not heard to be withdrawn."""
    faults = []
    for consent_id in record.withdrawn:
        for entity, node in workload.nodes.items():
            state = _state(node, consent_id)
            if state is not None and state not in ENDED:
                faults.append(f"{entity} still has {consent_id} as {state}")
            with node.context.snapshot() as session:
                notifications = SqlMailbox(session).about(consent_id)
            faults += [
                f"{entity} told {notification.recipient} of {consent_id}: {notification.state}"
                for notification in notifications
                if notification.state in (NotificationState.WAITING, NotificationState.LAPSED)
            ]
    return faults


def still_shared(record: Acknowledged, workload: Workload) -> list[str]:
    """Ask everybody about everyone once more; return what is shared under a withdrawn consent, or not answered."""
    faults = []
    for asker, node in workload.nodes.items():
        holders = [name for name in workload.nodes if name != asker]
        for document in workload.people:
            question = question_of(node.context, PURPOSES[0], fields=FIELDS)
            for reply in node.asking.fetch(document, question, holders).replies:
                if reply.answer is None:
                    faults.append(f"{asker} had no answer of {reply.holder.id}: {reply.error}")
                elif ended := set(record.withdrawn).intersection(reply.answer.consents):
                    faults.append(f"{reply.holder.id} shares under {sorted(ended)} with {asker}")
    return faults


def failed_audits(network: FaultyNetwork, programs: Programs, folder: Path) -> tuple[list[str], dict[str, int]]:
    """Export and audit every ledger with the installed programs; return what failed, and how many entries each has."""
    faults, sizes = [], {}
    for entity in network.nodes:
        home, export = ("--home", network.home(entity)), folder / entity
        end = time.monotonic() + PATIENCE_SECONDS
        while True:  # an entry of this moment may still wait for its witnesses
            target = export / str(len(list(export.glob("*"))))
            exported = programs.attempt(NODE, "ledger", "export", target, *home, "--json")
            audit = programs.attempt(AUDIT, "verify", target, "--json") if exported.code == 0 else exported
            if audit.code == 0 or time.monotonic() > end:
                break
            time.sleep(2.0)
        sizes[entity] = int(exported.document.get("size", 0))
        if audit.code != 0:
            faults.append(f"the audit of {entity}: {audit}")
    return faults, sizes


def _waiting(entity: str, node: Node) -> list[str]:
    with node.context.snapshot() as session:
        waiting = SqlMailbox(session).waiting()
    return [
        f"{entity} has {notification.kind} for {notification.recipient}: {notification.fault}"
        for notification in waiting
    ]


def _hurry(node: Node) -> None:
    """Take back the waits that grew while nobody answered: in life it is an hour at most."""
    now = node.context.clock.now()
    try:
        with node.context.transaction() as session:
            mailbox = SqlMailbox(session)
            late = [
                notification for notification in mailbox.waiting() if (notification.next_at - now).total_seconds() > 1
            ]
            for notification in late:
                mailbox.defer([notification], notification.fault, now, wait=now - now)
    except RedpactError:
        return  # the service is writing: another time


def _state(node: Node, consent_id: str) -> ConsentState | None:
    with node.context.snapshot() as session:
        view = own_consents(node.context, session).find(consent_id)
    return view.state if view else None
