"""The steps that form a cohort, at the coordinator: what is forged, drawn again or missing, before any sum."""

from typing import Any

import pytest

from federated.campaign.steps import (
    CohortReply,
    JoinReply,
    MaskRequest,
    RevealReply,
    StepKind,
    encode_document,
    read_reply,
    read_request,
)
from federated.errors import CohortTooSmall
from federated.secagg.agreement import CohortAgreement
from federated.secagg.cohort_reading import AGREEMENT, STATEMENT, Kind
from federated.secagg.keys import (
    KEY_COMMITMENT_TYPE,
    EntityStatement,
    KeyCommitment,
    KeyStatement,
    new_private_key,
    public_key,
    seal_statement,
)
from tests.support.cohort import ENTITIES, MemoryCohort, additive_manifest, no_noise
from trust.signing import Ed25519Signer


@pytest.fixture
def cohort(monkeypatch: pytest.MonkeyPatch) -> MemoryCohort:
    monkeypatch.setattr("federated.participation.local_sums.discrete_gaussian", no_noise)
    return MemoryCohort()


def _signed(cohort: MemoryCohort, content: EntityStatement, kind: Kind[Any]) -> bytes:
    return seal_statement(content, kind[1], cohort.signers["leon"]).to_json()


def _key(cohort: MemoryCohort) -> KeyStatement:
    return KeyStatement(
        campaign_id=cohort.manifest.campaign_id,
        manifest_sha256=cohort.digest,
        entity="leon",
        channel_key=public_key(new_private_key()).hex(),
        group_commitment="0" * 64,
    )


@pytest.mark.invariant(6)
def test_a_commitment_that_its_entity_did_not_sign_does_not_enter_the_cohort(cohort: MemoryCohort) -> None:
    content = KeyCommitment(
        campaign_id=cohort.manifest.campaign_id,
        manifest_sha256=cohort.digest,
        entity="leon",
        statement_sha256="0" * 64,
    )
    forged = seal_statement(content, KEY_COMMITMENT_TYPE, Ed25519Signer.generate()).to_json()
    altered = encode_document(JoinReply(commitment=forged))
    cohort.altered = lambda name, asked, reply: altered if (name, asked) == ("leon", "join") else reply
    state_machine = cohort.state_machine()
    for _ in range(2):
        state_machine.accept(cohort.answers(state_machine.requests()))
    assert tuple(state_machine.cohort.keys) == ("avila", "soria", "zamora")


@pytest.mark.invariant(6)
def test_a_key_drawn_again_after_the_others_were_seen_does_not_enter_the_cohort(cohort: MemoryCohort) -> None:
    other = encode_document(RevealReply(statement=_signed(cohort, _key(cohort), STATEMENT)))
    cohort.altered = lambda name, asked, reply: other if (name, asked) == ("leon", "reveal") else reply
    state_machine = cohort.state_machine()
    for _ in range(2):
        state_machine.accept(cohort.answers(state_machine.requests()))
    assert tuple(state_machine.cohort.keys) == ("avila", "soria", "zamora")


@pytest.mark.invariant(8)
def test_an_agreement_on_another_cohort_ends_the_campaign(cohort: MemoryCohort) -> None:
    content = CohortAgreement(
        campaign_id=cohort.manifest.campaign_id,
        manifest_sha256=cohort.digest,
        entity="leon",
        cohort_sha256="0" * 64,
        request_sha256="0" * 64,
    )
    other = encode_document(CohortReply(agreement=_signed(cohort, content, AGREEMENT)))
    cohort.altered = lambda name, asked, reply: other if (name, asked) == ("leon", "cohort") else reply
    with pytest.raises(CohortTooSmall, match="leon"):
        cohort.run()


def test_without_the_agreement_of_one_entity_of_the_cohort_the_campaign_ends_before_any_sum(
    cohort: MemoryCohort,
) -> None:
    cohort.altered = lambda name, asked, reply: None if (name, asked) == ("leon", StepKind.COHORT) else reply
    state_machine = cohort.state_machine()
    with pytest.raises(CohortTooSmall, match="leon"):
        cohort.run(state_machine)
    assert not any(isinstance(read_request(raw).document, MaskRequest) for _, raw in cohort.asked)


def test_who_says_nothing_after_all_agreed_can_be_in_the_sums(cohort: MemoryCohort) -> None:
    cohort.altered = lambda name, asked, reply: None if (name, asked) == ("leon", StepKind.AGREE) else reply
    _, records = cohort.run()
    assert {record.contributors for record in records} == {ENTITIES}


@pytest.mark.invariant(8)
def test_without_the_share_of_one_entity_there_is_no_group_key_and_the_campaign_ends() -> None:
    cohort = MemoryCohort(additive_manifest(counts_entities=True))

    def without_shares(name: str, _asked: str, reply: bytes) -> bytes:
        document = read_reply(reply).document
        if not isinstance(document, CohortReply) or name != "leon":
            return reply
        return encode_document(document.model_copy(update={"shares": {}}))

    cohort.altered = without_shares
    state_machine = cohort.state_machine()
    with pytest.raises(CohortTooSmall, match="leon"):
        cohort.run(state_machine)
