"""Entities that form a cohort together: one cohort, the anchors in it, one group key that nobody chose."""

from collections.abc import Mapping

import pytest

from federated.campaign.manifest import CampaignManifest, manifest_sha256
from federated.duplicates.group_key import seal_share
from federated.errors import (
    CohortDisputed,
    CohortTooSmall,
    DuplicateCheckInvalid,
    RequiredEntityMissing,
    RoundRefused,
    TrainingMessageMalformed,
)
from federated.participation.enrolment import Enrolments, EntityIdentity, Secret
from federated.participation.required_entities import NOBODY_REQUIRED, RequiredEntities
from federated.studies.local_entity import MemoryEnrolments, PlainSealer
from tests.support import campaigns
from tests.support.campaigns import CAMPAIGN
from tests.support.forming import Forming, in_memory
from trust.signing import Ed25519Signer

ENTITIES = ("avila", "leon", "soria")
ASKED = "e" * 64
SHARE = b"\x07" * 32
SIGNERS = {entity: Ed25519Signer.generate() for entity in (*ENTITIES, "zamora")}
MANIFEST = campaigns.manifest(invited=ENTITIES)
DIGEST = manifest_sha256(campaigns.sealed(MANIFEST))


def key_of(entity: str) -> bytes:
    return SIGNERS[entity].public_key


def members(manifest: CampaignManifest = MANIFEST, **required: RequiredEntities) -> dict[str, Enrolments]:
    """Return the enrolments of all in memory."""
    return {
        entity: Enrolments(
            MemoryEnrolments(),
            EntityIdentity(entity, SIGNERS[entity], key_of, required.get(entity, NOBODY_REQUIRED)),
            PlainSealer(),
        )
        for entity in manifest.invited
    }


def forming(entities: Mapping[str, Enrolments], manifest: CampaignManifest = MANIFEST) -> Forming:
    return Forming({entity: in_memory(each) for entity, each in entities.items()}, manifest, DIGEST)


def test_both_ends_of_a_pair_share_a_secret() -> None:
    entities = members()
    forming(entities).whole()
    soria, leon = (entities[entity] for entity in ("soria", "leon"))
    ours, theirs = (each.cohort(MANIFEST, DIGEST) for each in (soria, leon))
    assert ours.sha256 == theirs.sha256
    assert soria.masker(ours).pair_secret("leon") == leon.masker(theirs).pair_secret("soria")


@pytest.mark.invariant(6)
def test_no_cohort_is_accepted_before_this_entity_saw_the_commitments() -> None:
    entities = members()
    started = forming(entities).join().reveal()
    late = members()["soria"]
    late.commitment(CAMPAIGN, DIGEST)
    with pytest.raises(TrainingMessageMalformed):
        late.accept(MANIFEST, DIGEST, tuple(started.statements.values()), ASKED)


@pytest.mark.invariant(6)
def test_a_cohort_below_the_minimum_is_refused() -> None:
    manifest = campaigns.manifest(invited=(*ENTITIES, "zamora"), minimum_cohort=4)
    entities = members(manifest)
    started = forming(entities, manifest).join()
    three = [started.commitments[entity] for entity in ENTITIES]
    with pytest.raises(CohortTooSmall):
        entities["soria"].reveal(manifest, DIGEST, three)
    started.reveal()
    with pytest.raises(CohortTooSmall):
        entities["soria"].accept(manifest, DIGEST, [started.statements[entity] for entity in ENTITIES], ASKED)


@pytest.mark.invariant(6)
def test_a_second_cohort_is_refused_and_the_first_again_changes_nothing() -> None:
    manifest = campaigns.manifest(invited=(*ENTITIES, "zamora"))
    entities = members(manifest)
    started = forming(entities, manifest).join().reveal()
    soria, all_four = entities["soria"], tuple(started.statements.values())
    first = soria.accept(manifest, DIGEST, all_four, ASKED)
    signed = soria.agreement(CAMPAIGN)
    assert soria.accept(manifest, DIGEST, all_four, ASKED).sha256 == first.sha256
    assert soria.agreement(CAMPAIGN) == signed
    for again in ((all_four[:3], ASKED), (all_four, "f" * 64)):
        with pytest.raises(RoundRefused):
            soria.accept(manifest, DIGEST, *again)
    with pytest.raises(RoundRefused):
        soria.reveal(manifest, DIGEST, tuple(started.commitments.values())[:3])


@pytest.mark.invariant(6)
def test_keys_of_a_directory_shown_to_one_entity_alone_are_found_out_by_what_the_others_sign() -> None:
    """The coordinator shows one node a directory with its own keys for all others, and answers in their names."""
    puppets = {entity: Ed25519Signer.generate() for entity in ("avila", "leon")}

    def false_key_of(entity: str) -> bytes:
        return puppets[entity].public_key if entity in puppets else key_of(entity)

    deceived, *false = (
        Enrolments(MemoryEnrolments(), EntityIdentity(entity, signer, false_key_of), PlainSealer())
        for entity, signer in {"soria": SIGNERS["soria"], **puppets}.items()
    )
    shown = forming({"soria": deceived} | dict(zip(puppets, false, strict=True))).join().reveal().accept()
    honest = members()
    true = forming(honest).join().reveal().accept()
    # The agreements that the true entities signed are the only ones that a node with the true directory takes.
    with pytest.raises((TrainingMessageMalformed, CohortDisputed)):
        deceived.agree(MANIFEST, DIGEST, tuple({**true.agreements, "soria": shown.agreements["soria"]}.values()), {})


@pytest.mark.invariant(6)
def test_without_enough_of_the_anchors_no_key_is_shown_and_no_cohort_accepted() -> None:
    manifest = campaigns.manifest(invited=(*ENTITIES, "zamora"))
    anchored = RequiredEntities(frozenset({"zamora"}), 1)
    entities = members(manifest, soria=anchored)
    started = forming(entities, manifest).join()
    puppets = [started.commitments[entity] for entity in ENTITIES]
    with pytest.raises(RequiredEntityMissing):
        entities["soria"].reveal(manifest, DIGEST, puppets)
    started.reveal()
    with pytest.raises(RequiredEntityMissing):
        entities["soria"].accept(manifest, DIGEST, [started.statements[entity] for entity in ENTITIES], ASKED)
    started.accept().agree()
    assert "zamora" in entities["soria"].cohort(manifest, DIGEST).keys


COUNTING = campaigns.manifest(invited=ENTITIES, counts_entities=True)


def group_keys(entities: Mapping[str, Enrolments]) -> set[bytes | None]:
    return {each.kept(CAMPAIGN, Secret.GROUP_KEY) for each in entities.values()}


@pytest.mark.invariant(6)
def test_the_group_key_is_of_all_and_nobody_can_change_its_part_after_seeing_the_others() -> None:
    entities = members(COUNTING)
    started = forming(entities, COUNTING).whole()
    (key,) = group_keys(entities)
    assert key is not None
    # Avila, which sorts first and drew the whole key before, would rather have another share in it.
    cohort = entities["avila"].cohort(COUNTING, DIGEST)
    secret = entities["avila"].masker(cohort).pair_secret
    names = {"campaign": CAMPAIGN, "sender": "avila", "recipient": "soria"}
    chosen = {**started.shares_for("soria"), "avila": seal_share(SHARE, lambda _, peer: secret(peer), **names)}
    agreements = tuple(started.agreements.values())
    with pytest.raises(DuplicateCheckInvalid, match="avila"):
        entities["soria"].agree(COUNTING, DIGEST, agreements, chosen)
    without = {sender: share for sender, share in started.shares_for("soria").items() if sender != "leon"}
    with pytest.raises(DuplicateCheckInvalid, match="leon"):
        entities["soria"].agree(COUNTING, DIGEST, agreements, without)
    assert group_keys(entities) == {key}
