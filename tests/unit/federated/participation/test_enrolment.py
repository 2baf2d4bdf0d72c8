"""A node's place in a cohort: keys that their entities signed, one cohort a campaign, a key that is erased."""

from collections.abc import Iterator, Sequence

import pytest

from federated.campaign.manifest import manifest_sha256
from federated.errors import CohortTooSmall, KeyStatementInvalid, RoundRefused, TrainingMessageMalformed
from federated.participation.enrolment import Enrolments, EnrolmentStore, EntityIdentity, Secret
from federated.secagg.keys import KeyStatement, new_private_key, public_key, seal_key_statement
from federated.storage.sql_enrolments import SqlEnrolmentStore
from federated.studies.local_entity import MemoryEnrolments, PlainSealer
from tests.support import campaigns
from tests.support.campaigns import CAMPAIGN, reserved
from tests.support.clock import START
from trust.signing import Ed25519Signer, Envelope

ENTITIES = ("avila", "leon", "soria")
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
    )
    return seal_key_statement(content, SIGNERS[signer or entity]).to_json()


OTHERS = (statement("avila"), statement("leon"))


def accepted(enrolments: Enrolments, others: Sequence[bytes] = OTHERS) -> tuple[bytes, ...]:
    statements = (enrolments.statement(CAMPAIGN, DIGEST), *others)
    enrolments.accept(MANIFEST, DIGEST, statements)
    return statements


def test_the_mask_key_is_made_once_and_the_private_half_is_kept_apart(enrolments: Enrolments) -> None:
    first = enrolments.statement(CAMPAIGN, DIGEST)
    assert enrolments.statement(CAMPAIGN, DIGEST) == first
    private = enrolments.kept(CAMPAIGN, Secret.MASK_KEY)
    assert private is not None
    assert public_key(private).hex().encode() in Envelope.from_json(first).payload
    assert private not in first


def test_a_cohort_that_everybody_signed_is_accepted_and_found_again(enrolments: Enrolments) -> None:
    accepted(enrolments)
    cohort = enrolments.cohort(MANIFEST, DIGEST)
    assert tuple(cohort.keys) == ENTITIES
    assert enrolments.masker(cohort).pair_secret("leon") != enrolments.masker(cohort).pair_secret("avila")


def test_both_ends_of_a_pair_share_a_secret(enrolments: Enrolments) -> None:
    peer = Enrolments(MemoryEnrolments(), EntityIdentity("leon", SIGNERS["leon"], key_of), PlainSealer())
    statements = (enrolments.statement(CAMPAIGN, DIGEST), statement("avila"), peer.statement(CAMPAIGN, DIGEST))
    ours, theirs = (each.accept(MANIFEST, DIGEST, statements) for each in (enrolments, peer))
    assert ours.sha256 == theirs.sha256
    assert enrolments.masker(ours).pair_secret("leon") == peer.masker(theirs).pair_secret("soria")


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
        OTHERS[1].replace(b'"payload"', b'"other"'),
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
        accepted(enrolments, (OTHERS[0], forged))
    with pytest.raises(RoundRefused):
        enrolments.cohort(MANIFEST, DIGEST)


@pytest.mark.invariant(6)
def test_an_entity_has_one_place_only(enrolments: Enrolments) -> None:
    with pytest.raises(TrainingMessageMalformed):
        accepted(enrolments, (*OTHERS, OTHERS[0]))
    with pytest.raises(TrainingMessageMalformed):
        accepted(enrolments, (*OTHERS, statement("leon")))


@pytest.mark.invariant(6)
def test_two_entities_never_have_one_key(enrolments: Enrolments) -> None:
    key = public_key(new_private_key()).hex()
    with pytest.raises(KeyStatementInvalid):
        accepted(enrolments, (statement("avila", key=key), statement("leon", key=key)))


@pytest.mark.invariant(6)
def test_a_cohort_without_this_entitys_own_key_is_refused(enrolments: Enrolments) -> None:
    with pytest.raises(TrainingMessageMalformed):
        enrolments.accept(MANIFEST, DIGEST, OTHERS)  # it has not even joined
    enrolments.statement(CAMPAIGN, DIGEST)
    for statements in (OTHERS, (*OTHERS, statement("soria"))):
        with pytest.raises(TrainingMessageMalformed):
            enrolments.accept(MANIFEST, DIGEST, statements)


@pytest.mark.invariant(6)
def test_a_cohort_below_the_minimum_is_refused() -> None:
    manifest = campaigns.manifest(invited=(*ENTITIES, "zamora"), minimum_cohort=4)
    enrolments = Enrolments(MemoryEnrolments(), EntityIdentity("soria", SIGNERS["soria"], key_of), PlainSealer())
    with pytest.raises(CohortTooSmall):
        enrolments.accept(manifest, DIGEST, (enrolments.statement(CAMPAIGN, DIGEST), *OTHERS))


@pytest.mark.invariant(6)
def test_a_second_cohort_is_refused_and_the_first_again_changes_nothing(enrolments: Enrolments) -> None:
    statements = accepted(enrolments)
    first = enrolments.cohort(MANIFEST, DIGEST)
    enrolments.accept(MANIFEST, DIGEST, statements)
    with pytest.raises(RoundRefused):
        enrolments.accept(MANIFEST, DIGEST, (statements[0], statements[1], statement("leon")))
    assert enrolments.cohort(MANIFEST, DIGEST).sha256 == first.sha256


def test_an_entity_that_left_the_directory_is_not_in_a_cohort(store: EnrolmentStore) -> None:
    def suspended(entity: str) -> bytes:
        if entity == "leon":
            raise TrainingMessageMalformed("suspended")
        return key_of(entity)

    enrolments = Enrolments(store, EntityIdentity("soria", SIGNERS["soria"], suspended), PlainSealer())
    with pytest.raises(TrainingMessageMalformed):
        accepted(enrolments)


def test_an_erased_key_masks_nothing_more(enrolments: Enrolments) -> None:
    accepted(enrolments)
    cohort = enrolments.cohort(MANIFEST, DIGEST)
    enrolments.keep(CAMPAIGN, Secret.WEIGHTS, b"{}")
    enrolments.erase(CAMPAIGN)
    enrolments.erase(CAMPAIGN)
    assert [enrolments.kept(CAMPAIGN, secret) for secret in Secret] == [None] * 4
    with pytest.raises(RoundRefused):
        enrolments.masker(cohort)
    # The public half stays: the entity never makes a second key in the same campaign.
    assert enrolments.statement(CAMPAIGN, DIGEST) == enrolments.statement(CAMPAIGN, DIGEST)
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
    enrolments.statement(CAMPAIGN, DIGEST)
    for secret in Secret:
        enrolments.keep(CAMPAIGN, secret, secret.value.encode())
    assert [enrolments.kept(CAMPAIGN, secret) for secret in Secret] == [secret.value.encode() for secret in Secret]
    sealed = {store.secret(CAMPAIGN, secret) for secret in Secret}
    assert len({each.partition(b"\0")[0] for each in sealed if each is not None}) == 4


def test_an_enrolment_in_sql_is_there_after_a_restart() -> None:
    identity = EntityIdentity("soria", SIGNERS["soria"], key_of)
    with campaigns.session() as opened:
        campaigns.ledger(opened).reserve(reserved(CAMPAIGN, MANIFEST.stages), START)
        enrolments = Enrolments(SqlEnrolmentStore(opened), identity, PlainSealer())
        accepted(enrolments)
        before = enrolments.cohort(MANIFEST, DIGEST).sha256
        opened.commit()
        opened.expire_all()
        again = Enrolments(SqlEnrolmentStore(opened), identity, PlainSealer())
        assert again.cohort(MANIFEST, DIGEST).sha256 == before
