"""The lie of a member about a withdrawal, as a program of its own.

Usage: python -m deploy.local.liar --home HOME --to ENTITY --consent ID --named ENTITY

It tells an entity that the person withdrew a consent at a third one, so that nobody tell that one. Signed with the keys
of the liar's own home: it has no others. It prints the other node's answer as JSON.
"""

import argparse
import json
import sys
from pathlib import Path

from consent_ledger.log.actors import Actor
from node.wiring import Node
from records_exchange.message import NOTIFICATION_LIFETIME, MessageReply, new_message, open_reply, seal_message
from records_exchange.request import payload_digest
from records_exchange.withdrawal import CONSENT_WITHDRAWN, state_withdrawal


def main() -> int:
    """Tell the lie."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--home", type=Path, required=True)
    for name in ("--to", "--consent", "--named"):
        parser.add_argument(name, required=True)
    asked = parser.parse_args()
    node = Node(asked.home)
    reply = lie(node, to=asked.to, consent=asked.consent, named=asked.named)
    sys.stdout.write(json.dumps({"outcome": reply.outcome.value, "reason": reply.reason}))
    node.close()
    return 0


def lie(node: Node, *, to: str, consent: str, named: str) -> MessageReply:
    """Tell an entity that the person withdrew a consent at a third one; return its signed reply."""
    context, now = node.context, node.context.clock.now()
    signer = context.keys.signing
    said = state_withdrawal(consent, entity=named, acted_at=now, acted_by=Actor.PERSON, signer=signer)
    message = new_message(
        CONSENT_WITHDRAWN,
        said.body(),
        sender=context.settings.entity,
        recipient=to,
        now=now,
        life=NOTIFICATION_LIFETIME,
    )
    peer, envelope = context.directory.current(now).party(to), seal_message(message, signer)
    return open_reply(node.transport.call(peer, envelope), message, payload_digest(envelope), peer=peer, now=now).reply


if __name__ == "__main__":
    sys.exit(main())
