import pytest

from federated.campaign.steps import JoinReply, MaskRequest, TagsRequest, encode_document, read_reply
from federated.errors import TrainingMessageMalformed
from federated.participation.enrolment import Enrolment, Secret
from federated.studies.local_entity import MemoryEnrolments, PlainSealer
from tests.support.cohort import MemoryCohort


def test_what_is_kept_in_memory_is_found_and_erased_by_campaign() -> None:
    store = MemoryEnrolments()
    assert store.get("a") is None
    store.put(Enrolment("a", b"statement"))
    for campaign in "ab":
        store.put_secret(campaign, Secret.MASK_KEY, campaign.encode())
    store.erase_secrets("a")
    assert store.get("a") == Enrolment("a", b"statement")
    assert (store.secret("a", Secret.MASK_KEY), store.secret("b", Secret.MASK_KEY)) == (None, b"b")
    assert PlainSealer().open("x", PlainSealer().seal("x", b"data")) == b"data"


def test_an_entity_joins_with_one_key_and_takes_part_in_nothing_before_it_knows_the_cohort() -> None:
    cohort = MemoryCohort()
    named = {"campaign_id": cohort.manifest.campaign_id, "manifest_sha256": cohort.digest}
    entity, (asked, *_) = cohort.entities["soria"], cohort.state_machine().requests().values()
    first = read_reply(entity.answer(asked)).document
    assert isinstance(first, JoinReply)
    assert entity.answer(asked) == entity.answer(asked)
    mask = MaskRequest(**named, round=1, parameters=b"", cohort_sha256="0" * 64, transcript="0" * 64)
    for raw in (encode_document(mask), encode_document(TagsRequest(**named)), b"nonsense"):
        with pytest.raises(TrainingMessageMalformed):
            entity.answer(raw)
