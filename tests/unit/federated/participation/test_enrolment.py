"""A node's place in a cohort: keys that their entities signed, one cohort a campaign, a key that is erased."""

from collections.abc import Callable, Iterator, Mapping

import pytest

from federated.campaign.manifest import manifest_sha256
from federated.duplicates.group_key import share_commitment
from federated.errors import (
    CohortDisputed,
    KeyStatementInvalid,
    RoundRefused,
    TrainingMessageMalformed,
)
from federated.participation.enrolment import Enrolments, EnrolmentStore, EntityIdentity, Secret
from federated.secagg.agreement import COHORT_AGREEMENT_TYPE, CohortAgreement
from federated.secagg.keys import (
    KEY_COMMITMENT_TYPE,
    KeyCommitment,
    KeyStatement,
    new_private_key,
    public_key,
    seal_key_statement,
    seal_statement,
    statement_sha256,
)
from federated.storage.sql_enrolments import SqlEnrolmentStore
from federated.studies.local_entity import MemoryEnrolments, PlainSealer
from tests.support import campaigns
from tests.support.campaigns import CAMPAIGN, reserved
from tests.support.clock import START
from trust.signing import Ed25519Signer, Envelope

ENTITIES = ("avila", "leon", "soria")
ASKED = "e" * 64
SHARE = b"\x07" * 32
SIGNERS = {entity: Ed25519Signer.generate() for entity in (*ENTITIES, "zamora")}
MANIFEST = campaigns.manifest(invited=ENTITIES)
DIGEST = manifest_sha256(campaigns.sealed(MANIFEST))


def key_of(entity: str) -> bytes:
    return SIGNERS[entity].public_key


@pytest.fixture(params=["memory", "sql"])
def store(request: pytest.FixtureRequest) -> Iterator[EnrolmentStore]:
    if request.param == "memory":
        yield MemoryEnrolments()
        return
    with campaigns.session() as opened:
        campaigns.ledger(opened).reserve(reserved(CAMPAIGN, MANIFEST.stages), START)
        yield SqlEnrolmentStore(opened)


@pytest.fixture
def enrolments(store: EnrolmentStore) -> Enrolments:
    return Enrolments(store, EntityIdentity("soria", SIGNERS["soria"], key_of), PlainSealer())


def statement(
    entity: str, *, signer: str = "", campaign_id: str = CAMPAIGN, digest: str = DIGEST, key: str = ""
) -> bytes:
    content = KeyStatement(
        campaign_id=campaign_id,
        manifest_sha256=digest,
        entity=entity,
        channel_key=key or public_key(new_private_key()).hex(),
        group_commitment=share_commitment(SHARE, campaign=campaign_id, entity=entity),
    )
    return seal_key_statement(content, SIGNERS[signer or entity]).to_json()


def commitment(entity: str, revealed: bytes, *, signer: str = "", **changes: str) -> bytes:
    content = {"campaign_id": CAMPAIGN, "manifest_sha256": DIGEST, "entity": entity}
    content |= {"statement_sha256": statement_sha256(revealed)} | changes
    return seal_statement(KeyCommitment(**content), KEY_COMMITMENT_TYPE, SIGNERS[signer or entity]).to_json()


OTHERS = {"avila": statement("avila"), "leon": statement("leon")}


def revealed(enrolments: Enrolments, others: Mapping[str, bytes] = OTHERS) -> tuple[bytes, ...]:
    """Join and reveal beside others that committed to these statements; return the statements of all."""
    commitments = [commitment(entity, each) for entity, each in others.items()]
    own = enrolments.reveal(MANIFEST, DIGEST, (enrolments.commitment(CAMPAIGN, DIGEST), *commitments))
    return (own, *others.values())


def accepted(enrolments: Enrolments, others: Mapping[str, bytes] = OTHERS) -> tuple[bytes, ...]:
    statements = revealed(enrolments, others)
    enrolments.accept(MANIFEST, DIGEST, statements, ASKED)
    return statements


def agreement(entity: str, cohort_sha256: str, *, signer: str = "", request: str = ASKED) -> bytes:
    content = CohortAgreement(
        campaign_id=CAMPAIGN,
        manifest_sha256=DIGEST,
        entity=entity,
        cohort_sha256=cohort_sha256,
        request_sha256=request,
    )
    return seal_statement(content, COHORT_AGREEMENT_TYPE, SIGNERS[signer or entity]).to_json()


def agreed(enrolments: Enrolments) -> tuple[bytes, ...]:
    """Let all agree; return their agreements."""
    cohort = enrolments.accept(MANIFEST, DIGEST, revealed(enrolments), ASKED)
    others = [agreement(entity, cohort.sha256.hex()) for entity in OTHERS]
    agreements = (enrolments.agreement(CAMPAIGN), *others)
    enrolments.agree(MANIFEST, DIGEST, agreements, {})
    return agreements


def test_the_mask_key_is_made_once_and_the_private_half_is_kept_apart(enrolments: Enrolments) -> None:
    first = enrolments.commitment(CAMPAIGN, DIGEST)
    assert enrolments.commitment(CAMPAIGN, DIGEST) == first
    private = enrolments.kept(CAMPAIGN, Secret.MASK_KEY)
    assert private is not None
    own, *_ = revealed(enrolments)
    assert public_key(private).hex().encode() in Envelope.from_json(own).payload
    assert public_key(private).hex().encode() not in Envelope.from_json(first).payload
    assert statement_sha256(own).encode() in Envelope.from_json(first).payload
    assert private not in own


def test_a_cohort_that_everybody_agreed_on_is_found_again(enrolments: Enrolments) -> None:
    agreed(enrolments)
    cohort = enrolments.cohort(MANIFEST, DIGEST)
    assert tuple(cohort.keys) == ENTITIES
    assert enrolments.masker(cohort).pair_secret("leon") != enrolments.masker(cohort).pair_secret("avila")


@pytest.mark.invariant(6)
@pytest.mark.parametrize(
    "forged",
    [
        statement("leon", signer="zamora"),
        statement("zamora"),
        statement("leon", campaign_id="cd" * 16),
        statement("leon", digest="0" * 64),
        statement("leon", key="00" * 32),
        b"{}",
        b"\xff",
        b"[" * 10_000,
        OTHERS["leon"].replace(b'"payload"', b'"other"'),
    ],
    ids=[
        "signed by another",
        "uninvited",
        "for another campaign",
        "for another manifest",
        "a key whose secrets all know",
        "empty",
        "bytes",
        "deep",
        "no envelope",
    ],
)
def test_a_key_that_cannot_be_trusted_makes_no_cohort(enrolments: Enrolments, forged: bytes) -> None:
    with pytest.raises((TrainingMessageMalformed, KeyStatementInvalid)):
        accepted(enrolments, OTHERS | {"leon": forged})
    with pytest.raises(RoundRefused):
        enrolments.cohort(MANIFEST, DIGEST)
    with pytest.raises(RoundRefused):
        enrolments.agreement(CAMPAIGN)


@pytest.mark.invariant(6)
@pytest.mark.parametrize(
    "forged",
    [
        commitment("leon", OTHERS["leon"], signer="zamora"),
        commitment("zamora", OTHERS["leon"]),
        commitment("leon", OTHERS["leon"], campaign_id="cd" * 16),
        commitment("leon", OTHERS["leon"], manifest_sha256="0" * 64),
        commitment("avila", OTHERS["avila"]),
        OTHERS["leon"],
        b"{}",
    ],
    ids=["signed by another", "uninvited", "another campaign", "another manifest", "twice", "a key", "empty"],
)
def test_no_key_is_shown_to_commitments_that_cannot_be_trusted(enrolments: Enrolments, forged: bytes) -> None:
    own = enrolments.commitment(CAMPAIGN, DIGEST)
    with pytest.raises((TrainingMessageMalformed, KeyStatementInvalid)):
        enrolments.reveal(MANIFEST, DIGEST, (own, commitment("avila", OTHERS["avila"]), forged))


@pytest.mark.invariant(6)
def test_a_key_drawn_again_after_the_commitments_is_refused(enrolments: Enrolments) -> None:
    own, avila, _ = revealed(enrolments)
    with pytest.raises(TrainingMessageMalformed, match="leon"):
        enrolments.accept(MANIFEST, DIGEST, (own, avila, statement("leon")), ASKED)


@pytest.mark.invariant(6)
def test_an_entity_has_one_place_only(enrolments: Enrolments) -> None:
    own, avila, leon = revealed(enrolments)
    for twice in (avila, statement("leon")):
        with pytest.raises(TrainingMessageMalformed):
            enrolments.accept(MANIFEST, DIGEST, (own, avila, leon, twice), ASKED)


@pytest.mark.invariant(6)
def test_two_entities_never_have_one_key(enrolments: Enrolments) -> None:
    key = public_key(new_private_key()).hex()
    with pytest.raises(KeyStatementInvalid):
        accepted(enrolments, {"avila": statement("avila", key=key), "leon": statement("leon", key=key)})


@pytest.mark.invariant(6)
def test_a_cohort_without_this_entitys_own_key_is_refused(enrolments: Enrolments) -> None:
    with pytest.raises(TrainingMessageMalformed):
        enrolments.accept(MANIFEST, DIGEST, tuple(OTHERS.values()), ASKED)  # it has not even joined
    with pytest.raises(TrainingMessageMalformed):
        enrolments.reveal(MANIFEST, DIGEST, [commitment(entity, each) for entity, each in OTHERS.items()])
    revealed(enrolments)
    for statements in (tuple(OTHERS.values()), (*OTHERS.values(), statement("soria"))):
        with pytest.raises(TrainingMessageMalformed):
            enrolments.accept(MANIFEST, DIGEST, statements, ASKED)


@pytest.mark.invariant(6)
def test_no_sum_is_masked_before_all_agreed(enrolments: Enrolments) -> None:
    accepted(enrolments)
    with pytest.raises(RoundRefused):
        enrolments.cohort(MANIFEST, DIGEST)


def _missing(agreements: tuple[bytes, ...], _digest: str) -> tuple[bytes, ...]:
    return agreements[:-1]


def _forged(agreements: tuple[bytes, ...], digest: str) -> tuple[bytes, ...]:
    return (*agreements[:-1], agreement("leon", digest, signer="zamora"))


def _twice(agreements: tuple[bytes, ...], _digest: str) -> tuple[bytes, ...]:
    return (*agreements[:-1], agreements[1])


def _another_cohort(agreements: tuple[bytes, ...], _digest: str) -> tuple[bytes, ...]:
    return (*agreements[:-1], agreement("leon", "0" * 64))


def _another_request(agreements: tuple[bytes, ...], digest: str) -> tuple[bytes, ...]:
    return (*agreements[:-1], agreement("leon", digest, request="0" * 64))


@pytest.mark.invariant(6)
@pytest.mark.parametrize("lie", [_missing, _forged, _twice, _another_cohort, _another_request])
def test_without_the_signature_of_every_other_entity_over_the_same_nothing_is_masked(
    enrolments: Enrolments, lie: Callable[[tuple[bytes, ...], str], tuple[bytes, ...]]
) -> None:
    cohort = enrolments.accept(MANIFEST, DIGEST, revealed(enrolments), ASKED)
    digest = cohort.sha256.hex()
    true = (enrolments.agreement(CAMPAIGN), *(agreement(entity, digest) for entity in OTHERS))
    with pytest.raises((TrainingMessageMalformed, CohortDisputed)):
        enrolments.agree(MANIFEST, DIGEST, lie(true, digest), {})
    with pytest.raises(RoundRefused):
        enrolments.cohort(MANIFEST, DIGEST)
    enrolments.agree(MANIFEST, DIGEST, true, {})
    assert enrolments.cohort(MANIFEST, DIGEST).sha256 == cohort.sha256


def test_an_entity_that_left_the_directory_is_not_in_a_cohort(store: EnrolmentStore) -> None:
    def suspended(entity: str) -> bytes:
        if entity == "leon":
            raise TrainingMessageMalformed("suspended")
        return key_of(entity)

    enrolments = Enrolments(store, EntityIdentity("soria", SIGNERS["soria"], suspended), PlainSealer())
    with pytest.raises(TrainingMessageMalformed):
        accepted(enrolments)


def test_an_erased_key_masks_nothing_more(enrolments: Enrolments) -> None:
    agreed(enrolments)
    cohort = enrolments.cohort(MANIFEST, DIGEST)
    enrolments.keep(CAMPAIGN, Secret.WEIGHTS, b"{}")
    enrolments.erase(CAMPAIGN)
    enrolments.erase(CAMPAIGN)
    assert [enrolments.kept(CAMPAIGN, secret) for secret in Secret] == [None] * len(Secret)
    with pytest.raises(RoundRefused):
        enrolments.masker(cohort)
    # The public half stays: the entity never makes a second key in the same campaign.
    assert enrolments.commitment(CAMPAIGN, DIGEST) == enrolments.commitment(CAMPAIGN, DIGEST)
    with pytest.raises(RoundRefused):
        enrolments.masker(cohort)


class LabelledBox:
    """A box that says under which label it was asked to seal."""

    def seal(self, label: str, data: bytes) -> bytes:
        return label.encode() + b"\0" + data

    def open(self, label: str, sealed: bytes) -> bytes:
        found, _, data = sealed.partition(b"\0")
        assert found == label.encode()
        return data


def test_each_secret_is_sealed_under_a_label_of_its_own(store: EnrolmentStore) -> None:
    enrolments = Enrolments(store, EntityIdentity("soria", SIGNERS["soria"], key_of), LabelledBox())
    enrolments.commitment(CAMPAIGN, DIGEST)
    for secret in Secret:
        enrolments.keep(CAMPAIGN, secret, secret.value.encode())
    assert [enrolments.kept(CAMPAIGN, secret) for secret in Secret] == [secret.value.encode() for secret in Secret]
    sealed = {store.secret(CAMPAIGN, secret) for secret in Secret}
    assert len({each.partition(b"\0")[0] for each in sealed if each is not None}) == len(Secret)


def test_an_enrolment_in_sql_is_there_after_a_restart() -> None:
    identity = EntityIdentity("soria", SIGNERS["soria"], key_of)
    with campaigns.session() as opened:
        campaigns.ledger(opened).reserve(reserved(CAMPAIGN, MANIFEST.stages), START)
        enrolments = Enrolments(SqlEnrolmentStore(opened), identity, PlainSealer())
        agreed(enrolments)
        before = enrolments.cohort(MANIFEST, DIGEST).sha256
        opened.commit()
        opened.expire_all()
        again = Enrolments(SqlEnrolmentStore(opened), identity, PlainSealer())
        assert again.cohort(MANIFEST, DIGEST).sha256 == before
