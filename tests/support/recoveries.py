"""Recoveries of lost keys, honest but for what a test changes."""

from datetime import datetime, timedelta
from typing import Any

from consent_ledger.proofs.note import NoteVerifier
from node.context import NodeContext
from node.keys import NodeKeys
from tests.support.clock import FrozenClock
from tests.support.parts import NETWORK, SignedDirectory, keys_of
from trust.key_proofs import KeyPurpose
from trust.parties import Party, ledger_origin
from trust.published_keys import published_keys
from trust.recovery import Recovery, RecoveryStatement, Veto, VetoStatement


def recovery_of(party: Party, new: NodeKeys, opened: datetime, **changes: Any) -> Recovery:
    """Return a recovery of an entity with other keys, stated when it was opened."""
    values: dict[str, Any] = {
        "network": NETWORK,
        "entity": party.id,
        "time": opened,
        "secret_sha256": "e" * 64,
        "new": {purpose: signer.public_key.hex() for purpose, signer in new.signers().items()},
    }
    statement = RecoveryStatement.model_validate(values | changes)
    return Recovery.signed(
        statement, new.signers(), opened=opened, after=len(party.key_changes), old=published_keys(party)
    )


def veto_of(recovery: Recovery, keys: NodeKeys, *, network: str = NETWORK, **changes: Any) -> Veto:
    """Return the veto of a recovery by the owner of some keys."""
    stated = recovery.statement
    values = {"network": network, "entity": stated.entity, "recovery": recovery.id, "time": recovery.opened}
    return Veto.signed(VetoStatement.model_validate(values | changes), keys.signing)


def vetoed(recovery: Recovery, keys: NodeKeys) -> Recovery:
    """Return a recovery with the veto of the owner of some keys."""
    return recovery.model_copy(update={"veto": veto_of(recovery, keys)})


def recovered(party: Party, recovery: Recovery) -> Party:
    """Return the entry of an entity whose recovery counts."""
    new = recovery.new_keys()
    return party.model_copy(
        update={
            "signing_key": new[KeyPurpose.SIGNING].hex(),
            "exchange_key": new[KeyPurpose.EXCHANGE].hex(),
            "ledger_vkey": NoteVerifier(ledger_origin(NETWORK, party.id), new[KeyPurpose.LEDGER]).vkey,
            "witness_key": new[KeyPurpose.WITNESS].hex(),
            "recoveries": (*party.recoveries, recovery),
            "recovery": None,
        }
    )


def listed_party(party: Party) -> Party:
    """Return an entry that publishes its witness key too."""
    return party.model_copy(update={"witness_key": keys_of(party.id).witness.public_key.hex()})


def publish_ahead(directory: SignedDirectory, context: NodeContext, hours: float) -> None:
    """Give a node the next directory, dated some hours after the present time of the test."""
    present = directory.clock
    directory.clock = FrozenClock(present.now() + timedelta(hours=hours))
    try:
        logged = directory.log.add(directory.next())
    finally:
        directory.clock = present
    directory.log.give(context.directory, logged, context.clock.now())
