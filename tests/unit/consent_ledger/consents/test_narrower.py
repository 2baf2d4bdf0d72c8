"""A consent only ever gets narrower, where it was given; a no counts for the purposes and recipients that it names."""

import pytest

from consent_ledger.consents.model import ConsentGrant, ConsentRenewal, ConsentScope
from consent_ledger.errors import ConsentInvalid
from consent_ledger.log.bodies import ConsentBody
from consent_ledger.log.given_elsewhere import ConsentOrigin
from tests.support.clock import START
from tests.support.ledgers import DIGEST, grant_of, new_register

FIELDS, PURPOSES, RECIPIENTS = ("work.status", "health.conditions_flag"), ("casework", "coordination"), ("b", "c")
WIDE = ConsentGrant.model_validate(
    grant_of(fields=FIELDS, purposes=PURPOSES, recipients=RECIPIENTS).model_dump()
    | {"special_fields": FIELDS[1:], "purpose_types": ("dpv:One", "dpv:Two")}
)


@pytest.mark.parametrize(
    "scope",
    [
        ConsentScope(fields=("work.status", "edu.level")),
        ConsentScope(purposes=("referral",)),
        ConsentScope(recipients=("b", "d")),
        ConsentScope(holders=("d",)),
        ConsentScope(fields=FIELDS, purposes=PURPOSES, recipients=RECIPIENTS),
        ConsentScope(),
    ],
    ids=["field", "purpose", "recipient", "holder", "the-same", "nothing"],
)
def test_what_would_not_be_narrower_is_refused(scope: ConsentScope) -> None:
    register = new_register()
    view = register.grant(WIDE, START)
    with pytest.raises(ConsentInvalid):
        register.narrow(view.consent_id, scope, START)
    assert register.get(view.consent_id) == view


def test_what_belongs_to_a_field_or_a_purpose_goes_with_it() -> None:
    register = new_register()
    consent = register.grant(WIDE, START).consent_id
    record = register.narrow(consent, ConsentScope(fields=FIELDS[:1], purposes=PURPOSES[1:]), START).record
    assert (record.fields, record.special_fields) == (FIELDS[:1], ())
    assert (record.purposes, record.purpose_types) == (PURPOSES[1:], ("dpv:Two",))


def test_what_was_given_elsewhere_is_neither_renewed_nor_narrowed_here() -> None:
    register = new_register()
    origin = ConsentOrigin(entity="ong-x", index=0, leaf_hash=DIGEST, acted_at=START)
    values = WIDE.model_dump() | {"consent_id": "c-1", "controller": "ong-a", "origin": origin}
    register.adopt(ConsentBody.model_validate(values), START)
    with pytest.raises(ConsentInvalid, match="given at ong-x"):
        register.narrow("c-1", ConsentScope(fields=FIELDS[:1]), START)
    with pytest.raises(ConsentInvalid, match="given at ong-x"):
        register.renew("c-1", ConsentRenewal(valid_until=WIDE.valid_until), START)


def test_a_copy_under_the_id_of_a_consent_given_here_is_refused() -> None:
    register = new_register()
    view = register.grant(WIDE, START)
    origin = ConsentOrigin(entity="ong-x", index=9, leaf_hash=DIGEST, acted_at=START)
    with pytest.raises(ConsentInvalid, match="another consent"):
        register.adopt(view.record.model_copy(update={"origin": origin}), START)


def test_a_no_for_one_purpose_and_recipient_leaves_the_others() -> None:
    register = new_register()
    register.grant(WIDE, START)
    register.refuse(grant_of(fields=FIELDS, purposes=("casework",), recipients=("b",)), START)
    live = {(to, why): bool(register.live("p1", why, to, START)) for to in RECIPIENTS for why in PURPOSES}
    assert [each for each, found in live.items() if not found] == [("b", "casework")]
