"""The assurance policy: what opens which sensitivity, and the floor that nobody lowers."""

import pytest

from policies.assurance import Assurance, AssurancePolicy, assurance_label, assurance_of, default_policy
from policies.catalogue import Sensitivity, load_catalogue
from policies.decline_reasons import decline_reason, load_decline_reasons
from policies.errors import AssurancePolicyInvalid, UnknownTerm

P3 = next(spec.id for spec in load_catalogue().shareable() if spec.sensitivity is Sensitivity.P3)
P4 = next(spec.id for spec in load_catalogue().fields if spec.sensitivity is Sensitivity.P4)
ORDINARY = "person.language"


def changed(**accepted: list[str]) -> AssurancePolicy:
    document = default_policy().model_dump(mode="json")
    document["accepted"] |= accepted
    return AssurancePolicy.parse(document)


def test_the_word_of_another_entity_opens_nothing_by_default() -> None:
    policy = default_policy()
    assert not any(policy.opens(Assurance.DECLARED, spec.id) for spec in load_catalogue().fields)
    assert policy.lowered == ()


@pytest.mark.parametrize("assurance", [Assurance.PERSON_CODE, Assurance.E_SIGNATURE, Assurance.CONFIRMED])
def test_special_categories_need_more_than_a_code(assurance: Assurance) -> None:
    assert default_policy().opens(assurance, ORDINARY)
    assert default_policy().opens(assurance, P3) is (assurance is not Assurance.PERSON_CODE)


def test_nothing_opens_what_leaves_by_an_explicit_act_only() -> None:
    lowest = changed(P1=list(Assurance), P2=list(Assurance))
    assert not any(lowest.opens(assurance, P4) for assurance in Assurance)


def test_a_field_that_the_catalogue_does_not_list_is_never_opened() -> None:
    assert not default_policy().opens(Assurance.CONFIRMED, "person.shoe_size")


@pytest.mark.parametrize("assurance", ["declared", "person_code"])
def test_the_floor_of_special_categories_cannot_be_lowered(assurance: str) -> None:
    with pytest.raises(AssurancePolicyInvalid):
        changed(P3=["confirmed", assurance])


def test_a_lowered_policy_says_which_sensitivities_need_no_proof() -> None:
    assert changed(P2=["declared"]).lowered == (Sensitivity.P2,)


def test_equal_policies_have_one_digest_in_whatever_order_they_are_written() -> None:
    first, second = changed(P1=["confirmed", "person_code"]), changed(P1=["person_code", "confirmed", "confirmed"])
    assert first.sha256 == second.sha256 != default_policy().sha256
    assert AssurancePolicy.read(first.document) == first


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"accepted":{},"limits":{}}', "\x00"])
def test_what_is_no_policy_is_refused(text: str) -> None:
    with pytest.raises(AssurancePolicyInvalid):
        AssurancePolicy.read(text)


def test_an_assurance_that_does_not_exist_is_named_with_those_that_do() -> None:
    with pytest.raises(AssurancePolicyInvalid) as caught:
        assurance_of("hearsay")
    assert "e_signature" in str(caught.value.remedy)
    assert assurance_label("hearsay") == "hearsay"


def test_what_may_be_a_forgery_is_declined_in_silence() -> None:
    told = {code for code, reason in load_decline_reasons().items() if reason.told}
    assert told == {"form_unreadable", "signature_missing", "terms_differ"}
    with pytest.raises(UnknownTerm):
        decline_reason("no_reason")
