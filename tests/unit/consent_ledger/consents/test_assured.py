"""The fields that a consent opens by its assurance: the rule of releases and of their audit."""

import pytest

from consent_ledger.consents.assured import opened_fields, strongest
from consent_ledger.log.given_elsewhere import ConsentOrigin, ProofFound
from policies.assurance import Assurance, AssurancePolicy, default_policy
from policies.catalogue import Sensitivity, load_catalogue
from tests.support.assurance_policies import TRUSTING
from tests.support.clock import START

P1, P2, P3 = (
    next(spec.id for spec in load_catalogue().shareable() if spec.sensitivity is level)
    for level in (Sensitivity.P1, Sensitivity.P2, Sensitivity.P3)
)
FIELDS = (P1, P2, P3)


def proof(assurance: Assurance, **limits: object) -> ProofFound:
    values = {"assurance": assurance, "terms_sha256": "a" * 64, "evidence_sha256": "b" * 64, **limits}
    return ProofFound.model_validate(values)


def origin(*proofs: ProofFound, **more: object) -> ConsentOrigin:
    values = {"entity": "ngo", "index": 0, "leaf_hash": "c" * 64, "acted_at": START, "proofs": proofs, **more}
    return ConsentOrigin.model_validate(values)


def opened(
    given: ConsentOrigin | None,
    policy: AssurancePolicy | None = None,
    *,
    recipient: str = "town",
    why: str = "casework",
) -> frozenset[str]:
    return opened_fields(FIELDS, given, policy or default_policy(), purpose=why, recipient=recipient)


def test_a_consent_given_here_opens_its_fields() -> None:
    assert opened(None) == set(FIELDS)


@pytest.mark.invariant(1)
@pytest.mark.parametrize("given", [origin(), origin(proofs=None)], ids=["no proof", "before proofs were asked"])
def test_the_word_of_another_entity_opens_nothing(given: ConsentOrigin) -> None:
    assert opened(given) == frozenset()


@pytest.mark.parametrize(
    ("assurance", "fields"),
    [
        (Assurance.PERSON_CODE, {P1, P2}),
        (Assurance.E_SIGNATURE, {P1, P2, P3}),
        (Assurance.CONFIRMED, {P1, P2, P3}),
        (Assurance.DECLARED, set()),
    ],
)
def test_each_proof_opens_what_the_policy_says(assurance: Assurance, fields: set[str]) -> None:
    assert opened(origin(proof(assurance))) == fields


def test_proofs_add_up() -> None:
    both = origin(proof(Assurance.PERSON_CODE), proof(Assurance.CONFIRMED))
    assert opened(both) == set(FIELDS)
    assert strongest(both) is Assurance.CONFIRMED
    assert strongest(origin()) is Assurance.DECLARED


def test_a_code_is_good_for_no_more_than_what_is_printed_beside_it() -> None:
    code = origin(proof(Assurance.PERSON_CODE, ceiling="P1", purposes=("casework",)))
    assert opened(code) == {P1}
    assert opened(code, why="referral") == frozenset()


@pytest.mark.invariant(1)
def test_the_entity_that_would_receive_the_data_needs_a_proof_whatever_the_policy() -> None:
    assert opened(origin(), TRUSTING) == {P1, P2}
    assert opened(origin(), TRUSTING, recipient="ngo") == frozenset()
    assert opened(origin(proof(Assurance.PERSON_CODE)), recipient="ngo") == {P1, P2}


@pytest.mark.invariant(1)
def test_what_a_professional_declined_opens_nothing_whatever_else_was_found() -> None:
    declined = origin(proof(Assurance.E_SIGNATURE), declined="person_denies")
    assert opened(declined, TRUSTING) == frozenset()
