"""A key of pseudonyms is an entity's when the entity signed for it and the key itself proves it."""

from dataclasses import dataclass
from datetime import timedelta

import pytest

from records_exchange.errors import HeldKeyUnproven
from records_exchange.key_holding.statements import require_stated, stated_key
from tests.support.clock import START
from tests.support.key_holders import held_key, pair_of
from tests.support.parts import NETWORK, keys_of, party_of
from trust.key_changes import KeyChange, KeyChangeRecord
from trust.key_proofs import KeyPurpose
from trust.locator_terms import HeldKey, KeyStatementRecord
from trust.parties import Party
from trust.signing import Ed25519Signer

TOWN = party_of("town", keys_of("town"))


@dataclass(frozen=True, slots=True)
class Rotated:
    """An entity that replaced its signing key."""

    party: Party
    new: Ed25519Signer


def rotated(at_hours: float) -> Rotated:
    new, old = Ed25519Signer.generate(), keys_of("town").signing
    change = KeyChange(
        network=NETWORK,
        entity="town",
        purpose=KeyPurpose.SIGNING,
        sequence=1,
        time=START + timedelta(hours=at_hours),
        old=old.public_key.hex(),
        new=new.public_key.hex(),
    )
    record = KeyChangeRecord.signed(change, signing_key=old, old=old, new=new)
    party = TOWN.model_copy(update={"signing_key": new.public_key.hex(), "key_changes": (record,)})
    return Rotated(party, new)


def test_a_key_that_its_holder_states_and_proves_is_its_own() -> None:
    held = held_key("town", START)
    statement = require_stated(held, TOWN, NETWORK)
    assert (statement.entity, statement.sequence, statement.public_key) == ("town", 1, held.public_key)
    assert pair_of("town").secret.hex() not in held.model_dump_json()


FALSE = {
    "no statement": HeldKey(holder="town", public_key=pair_of("town").public.hex()),
    "signed by somebody else": held_key("town", START, signer=keys_of("ngo").signing),
    "of another entity": held_key("town", START, named="ngo"),
    "of another network": held_key("town", START, network="other.example"),
    "without the key": held_key("town", START, pair=pair_of("coordinator"), proving=pair_of("town")),
    "of another key": held_key("town", START).model_copy(update={"public_key": pair_of("town", 2).public.hex()}),
    "no JSON": HeldKey(
        holder="town",
        public_key=pair_of("town").public.hex(),
        statement=KeyStatementRecord(payload="{", by_signing="00" * 64, possession="00" * 64),
    ),
}


@pytest.mark.invariant(8)
@pytest.mark.parametrize("held", FALSE.values(), ids=FALSE.keys())
def test_what_is_not_proved_is_no_key_of_the_entity(held: HeldKey) -> None:
    with pytest.raises(HeldKeyUnproven):
        require_stated(held, TOWN, NETWORK)


def test_a_statement_outlives_the_signing_key_and_a_replaced_one_makes_no_new_ones() -> None:
    before, after = held_key("town", START), held_key("town", START + timedelta(hours=2))
    changed = rotated(1)
    assert require_stated(before, changed.party, NETWORK).sequence == 1
    with pytest.raises(HeldKeyUnproven):
        require_stated(after, changed.party, NETWORK)
    new = held_key("town", START + timedelta(hours=2), signer=changed.new)
    assert new.statement is not None
    assert stated_key(new.statement, changed.party, NETWORK).public_key == new.public_key
