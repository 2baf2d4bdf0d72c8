"""Keys of pseudonyms that entities of a test hold, with their statements, true or not."""

from datetime import datetime

from consent_ledger.log.bodies import read_body
from consent_ledger.log.entry import Body, EntryType, Leaf
from node.context import NodeContext
from node.ledger.own import own_ledger
from records_exchange import oprf
from records_exchange.key_holding.statements import KeyStatement, state_key
from tests.support.parts import NETWORK, keys_of
from trust.locator_terms import HeldKey, LocatorEpoch
from trust.parties import COORDINATOR_ID
from trust.signing import Signer


def pair_of(entity: str, sequence: int = 1) -> oprf.KeyPair:
    """Return a fictitious key of pseudonyms, the same in every test."""
    return oprf.derive_key_pair(f"{entity} {sequence}".encode().ljust(32, b"."), b"test")


def held_key(
    entity: str,
    now: datetime,
    *,
    sequence: int = 1,
    pair: oprf.KeyPair | None = None,
    proving: oprf.KeyPair | None = None,
    signer: Signer | None = None,
    network: str = NETWORK,
    named: str = "",
) -> HeldKey:
    """Return the key of an entity as an epoch names it.

    Args:
        entity: the holder.
        now: of the statement.
        sequence: of its key.
        pair: the key; None for the fictitious one.
        proving: the key that proves possession; None for the stated one.
        signer: of the statement; None for the entity's fictitious signing key.
        network: that the statement names.
        named: the entity that the statement names; empty for the holder.
    """
    key = pair or pair_of(entity, sequence)
    statement = KeyStatement(
        network=network, entity=named or entity, sequence=sequence, public_key=key.public.hex(), time=now
    )
    proof = oprf.KeyPair((proving or key).secret, key.public)
    record = state_key(statement, proof, signer or keys_of(entity).signing)
    return HeldKey(holder=entity, public_key=key.public.hex(), statement=record)


def epoch_of(number: int, now: datetime, *held: HeldKey, ends: datetime | None = None) -> LocatorEpoch:
    """Return an epoch with a key of the coordinator, and those of entities."""
    own = HeldKey(holder=COORDINATOR_ID, public_key=pair_of(COORDINATOR_ID, number).public.hex())
    return LocatorEpoch(number=number, keys=(own, *held), started=now, ends=ends)


def ledger_bodies(context: NodeContext, kind: EntryType) -> list[Body]:
    """Return the bodies of one kind in the ledger of a node, in their order."""
    with context.snapshot() as session:
        ledger = own_ledger(context, session)
        leaves = [(Leaf.parse(ledger.leaf(each.index)), each) for each in ledger.store.bodies(0, ledger.size())]
        found = [read_body(leaf.type, each.body) for leaf, each in leaves if leaf.type is kind]
        return [body for body in found if body is not None]
