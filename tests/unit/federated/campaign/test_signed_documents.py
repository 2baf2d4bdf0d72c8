"""Manifest, decision and release: what is signed is what was said, and nothing else is accepted."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federated.campaign.code_hash import code_sha256, hash_folder
from federated.campaign.decision import DECISION_TYPE, Verdict, open_decision
from federated.campaign.manifest import MANIFEST_TYPE, open_manifest
from federated.errors import FederatedError, ManifestInvalid, ReleaseInvalid
from federated.evaluation.plan import EvaluationPlan, Slice
from federated.learning.model_documents import NeuralModel
from federated.release.model_release import RELEASE_TYPE, open_release, seal_release
from tests.support import campaigns
from tests.support.campaigns import COORDINATOR, ENTITY, MODEL, NODE, release
from tests.support.clock import START
from trust import canonical
from trust.errors import SignatureInvalid, TrustError
from trust.signing import Ed25519Signer, seal

KEY = COORDINATOR.public_key


def test_a_manifest_comes_back_as_it_was_signed() -> None:
    content = campaigns.manifest()
    assert open_manifest(campaigns.sealed(content), coordinator_key=KEY) == content


def test_a_decision_comes_back_as_it_was_signed_and_speaks_for_one_entity() -> None:
    envelope = campaigns.decision(campaigns.sealed())
    assert open_decision(envelope, entity=ENTITY, entity_key=NODE.public_key).verdict is Verdict.APPROVED
    with pytest.raises(ManifestInvalid):
        open_decision(envelope, entity="leon", entity_key=NODE.public_key)
    with pytest.raises(SignatureInvalid):
        open_decision(envelope, entity=ENTITY, entity_key=KEY)


TRAIN, EVALUATE = ({"kind": kind, "rounds": 1, "noise_multiplier": 9.0} for kind in ("train", "evaluate"))
EVALUATES_A_FEATURE = EvaluationPlan.around(
    0.5, capacity=0.2, slices=(Slice(name="tenure", values=("own", "rent")),)
).model_dump(mode="json")


@pytest.mark.parametrize(
    "changes",
    [
        {"epsilon": 0},
        {"epsilon": 21},
        {"delta": 0.01},
        {"stages": []},
        {"stages": [TRAIN, TRAIN]},
        {"stages": [EVALUATE, TRAIN]},
        {"stages": [EVALUATE]},
        {"stages": [{**TRAIN, "rounds": 0}]},
        {"stages": [{**TRAIN, "rounds": 500}, EVALUATE]},
        {"stages": [{**TRAIN, "noise_multiplier": 0.0}]},
        {"purpose": "sanction"},
        {"unit": "record"},
        {"minimum_cohort": 2},
        {"minimum_cohort": 4},
        {"invited": (ENTITY, ENTITY)},
        {"invited": ()},
        {"features": ()},
        {"features": campaigns.FEATURES * 2},
        {"label": {"name": "age", "positive": "1"}},
        {"noise_shares": 4},
        {"noise_shares": 0},
        {"people_cap": 0},
        {"evaluation": EVALUATES_A_FEATURE},
        {"terms": {"kind": "oracle"}},
        {"ends": START + timedelta(days=1)},
        {"extra": 1},
        {"campaign_id": "../../etc"},
    ],
    ids=str,
)
@pytest.mark.invariant(8)
def test_a_signed_manifest_that_makes_no_sense_is_refused(changes: dict[str, Any]) -> None:
    document = {**campaigns.manifest().model_dump(mode="json"), **_plain(changes)}
    envelope = seal(MANIFEST_TYPE, canonical.encode(document), COORDINATOR)
    with pytest.raises(ManifestInvalid):
        open_manifest(envelope, coordinator_key=KEY)


def _plain(changes: dict[str, Any]) -> dict[str, Any]:
    plain = dict(changes)
    if "ends" in plain:
        plain["ends"] = plain["ends"].isoformat()
    if "features" in plain:
        plain["features"] = [feature.model_dump(mode="json") for feature in plain["features"]]
    return plain


@pytest.mark.invariant(8)
@given(st.binary(max_size=80), st.sampled_from([MANIFEST_TYPE, DECISION_TYPE, RELEASE_TYPE]))
def test_signed_nonsense_gives_our_errors_only(payload: bytes, payload_type: str) -> None:
    envelope = seal(payload_type, payload, COORDINATOR)
    for opening in (
        lambda: open_manifest(envelope, coordinator_key=KEY),
        lambda: open_decision(envelope, entity=ENTITY, entity_key=KEY),
        lambda: open_release(envelope, manifest=campaigns.sealed(), coordinator_key=KEY),
    ):
        with pytest.raises((TrustError, FederatedError)):
            opening()


OTHER_FEATURES = MODEL.model_copy(
    update={"features": (campaigns.FEATURES[0].model_copy(update={"max": 99}), campaigns.FEATURES[1])}
)
ANOTHER_KIND = NeuralModel(
    features=campaigns.FEATURES,
    hidden=((0.0, 0.0, 0.0),),
    hidden_bias=(0.0,),
    output=(0.0,),
    intercept=0.0,
    reference=(0.0, 0.0, 0.0),
)


def test_a_release_comes_back_with_the_manifest_it_follows() -> None:
    envelope = campaigns.sealed()
    opened, manifest = open_release(
        seal_release(release(envelope), COORDINATOR), manifest=envelope, coordinator_key=KEY
    )
    assert (opened, manifest) == (release(envelope), campaigns.manifest())


@pytest.mark.parametrize(
    "changes",
    [
        {"manifest_sha256": "1" * 64},
        {"model": OTHER_FEATURES},
        {"model": ANOTHER_KIND},
        {"epsilon": 1.0},
        {"delta": 1e-6},
        {"epsilon_spent": 2.1},
        {"rounds_completed": 7},
        {"contributors": ("avila", "leon", "unknown")},
        {"contributors": ("avila", "leon")},
        {"contributors": ("leon", "leon", "soria")},
        {"network": "other.example"},
        {"campaign_id": "cd" * 16},
        {"expires": START},
    ],
    ids=str,
)
def test_a_release_that_does_not_follow_its_manifest_is_refused(changes: dict[str, Any]) -> None:
    envelope = campaigns.sealed()
    with pytest.raises(ReleaseInvalid):
        open_release(seal_release(release(envelope, **changes), COORDINATOR), manifest=envelope, coordinator_key=KEY)


def test_a_release_signed_by_somebody_else_is_refused() -> None:
    envelope = campaigns.sealed()
    with pytest.raises(SignatureInvalid):
        open_release(seal_release(release(envelope), Ed25519Signer.generate()), manifest=envelope, coordinator_key=KEY)


def test_the_hash_of_the_code_moves_with_every_byte_and_every_name(tmp_path: Any) -> None:
    (tmp_path / "a.py").write_text("one = 1\n")
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "b.py").write_text("two = 2\n")
    first = hash_folder(tmp_path)
    (tmp_path / "notes.txt").write_text("not code")
    assert hash_folder(tmp_path) == first
    (tmp_path / "a.py").write_text("one = 2\n")
    second = hash_folder(tmp_path)
    (tmp_path / "inner" / "b.py").rename(tmp_path / "inner" / "c.py")
    assert len({first, second, hash_folder(tmp_path)}) == 3
    assert len(code_sha256()) == 64
