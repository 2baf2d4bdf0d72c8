"""The lie of a member about a withdrawal, as a program of its own.

Usage: python -m deploy.local.liar --home HOME --to ENTITY --consent ID --named ENTITY

It tells an entity that the person withdrew a consent at a third one, so that nobody tell that one. Signed with the keys
of the liar's own home: it has no others. It prints the other node's answer as JSON.
"""

import argparse
import json
import sys
from pathlib import Path

from consent_ledger.log.bodies import Actor
from node.wiring import Node
from records_exchange.message import NOTIFICATION_LIFETIME, new_message, open_reply, seal_message
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
    context, now = node.context, node.context.clock.now()
    said = state_withdrawal(
        asked.consent, entity=asked.named, acted_at=now, acted_by=Actor.PERSON, signer=context.keys.signing
    )
    message = new_message(
        CONSENT_WITHDRAWN,
        said.body(),
        sender=context.settings.entity,
        recipient=asked.to,
        now=now,
        life=NOTIFICATION_LIFETIME,
    )
    peer, envelope = context.directory.current(now).party(asked.to), seal_message(message, context.keys.signing)
    received = open_reply(node.transport.call(peer, envelope), message, payload_digest(envelope), peer=peer, now=now)
    sys.stdout.write(json.dumps({"outcome": received.reply.outcome.value, "reason": received.reply.reason}))
    node.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
