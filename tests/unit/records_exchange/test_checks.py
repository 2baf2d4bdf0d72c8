from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.access import AccessDecision, AccessPolicy, AccessRequest
from policies.catalogue import load_catalogue
from policies.errors import RedpactError
from policies.reasons import ReasonCode
from policies.vocabulary import load_vocabulary
from records_exchange.checks import MAX_CLOCK_SKEW, VerifiedRequest, decide, open_request, settle
from records_exchange.errors import (
    ExchangeError,
    RequestMalformed,
    RequestMisaddressed,
    RequestOutdated,
    RequestStale,
)
from records_exchange.request import OUTDATED_REQUEST_TYPE, REQUEST_TYPE, parse_request
from tests.support.clock import START
from tests.support.simulated_peer import NETWORK, SimulatedPeer, forged
from trust import canonical
from trust.directory import Directory
from trust.errors import DirectoryExpired, PartySuspended, SignatureInvalid, TrustError, UnknownParty
from trust.parties import EntityKind, EntityStatus
from trust.signing import Envelope, seal

HOLDER = "holder"
PEER = SimulatedPeer("asker")
OTHER = SimulatedPeer("other")
FIELDS = sorted(spec.id for spec in load_catalogue().fields)


def directory(*peers: SimulatedPeer, status: EntityStatus = EntityStatus.ACTIVE) -> Directory:
    return Directory(
        network=NETWORK,
        serial=1,
        issued=START,
        expires=START + timedelta(days=7),
        coordinator_key="00" * 32,
        coordinator_address="127.0.0.1:1",
        ca_pem="",
        entities=tuple(peer.party.model_copy(update={"status": status}) for peer in (peers or (PEER, OTHER))),
    )


def opened(envelope: Envelope, *, caller: str = "asker", now: timedelta = timedelta(0)) -> VerifiedRequest:
    return open_request(envelope, caller=caller, holder=HOLDER, directory=directory(), now=START + now)


def test_a_right_request_opens() -> None:
    verified = opened(PEER.ask(HOLDER, START))
    assert verified.asker == PEER.party
    assert verified.request.fields == ("person.sex", "work.status")
    assert verified.forget_at > verified.request.expires


@pytest.mark.invariant(8)
@pytest.mark.parametrize(
    ("make", "error"),
    [
        pytest.param(lambda: forged(PEER.ask(HOLDER, START)), SignatureInvalid, id="signed by another key"),
        pytest.param(lambda: OTHER.ask(HOLDER, START), SignatureInvalid, id="signed by another entity"),
        pytest.param(lambda: PEER.ask(HOLDER, START, asker="other"), RequestMisaddressed, id="in another's name"),
        pytest.param(lambda: PEER.ask("third", START), RequestMisaddressed, id="meant for another holder"),
        pytest.param(lambda: PEER.ask_for_long(HOLDER, START), RequestStale, id="valid for too long"),
        pytest.param(lambda: PEER.ask(HOLDER, START, expires=START), RequestStale, id="valid for no time"),
        pytest.param(lambda: PEER.ask(HOLDER, START - timedelta(hours=1)), RequestStale, id="expired"),
        pytest.param(lambda: PEER.ask(HOLDER, START + timedelta(minutes=5)), RequestStale, id="from the future"),
        pytest.param(lambda: seal(REQUEST_TYPE, b"{}", PEER.signing), RequestMalformed, id="empty"),
        pytest.param(lambda: seal(REQUEST_TYPE, b"[" * 9999, PEER.signing), RequestMalformed, id="deep"),
        pytest.param(lambda: seal(REQUEST_TYPE, b" " * 999_999, PEER.signing), RequestMalformed, id="huge"),
        pytest.param(lambda: seal("text/plain", b"{}", PEER.signing), SignatureInvalid, id="another type"),
    ],
)
def test_a_wrong_request_is_refused(make: Callable[[], Envelope], error: type[RedpactError]) -> None:
    with pytest.raises(error):
        opened(make())


@pytest.mark.invariant(8)
@given(st.binary(max_size=300))
def test_any_signed_bytes_raise_only_our_errors(payload: bytes) -> None:
    with pytest.raises((ExchangeError, TrustError)):
        opened(seal(REQUEST_TYPE, payload, PEER.signing))


@pytest.mark.invariant(8)
def test_a_request_of_an_older_node_is_refused_with_the_reason_and_the_remedy() -> None:
    """It does not say how the case was come to: nothing is supposed in its favour."""
    without = {key: value for key, value in signed_document().items() if key not in {"case_access", "opening_reason"}}
    payload = canonical.encode_plain({**without, "v": 1})
    with pytest.raises(RequestOutdated) as caught:
        opened(seal(OUTDATED_REQUEST_TYPE, payload, PEER.signing))
    assert caught.value.remedy
    with pytest.raises(RequestMalformed):
        opened(seal(REQUEST_TYPE, payload, PEER.signing))


@pytest.mark.invariant(8)
@pytest.mark.parametrize(
    "changes",
    [
        {"case_access": None},
        {"case_access": "boss"},
        {"case_access": ["team"]},
        {"case_access": "opened", "opening_reason": None},
        {"case_access": "team", "opening_reason": "attended_now"},
        {"case_access": "opened", "opening_reason": "Because I say so"},
        {"case_access": "opened", "opening_reason": 7},
        {"professional": "ana"},
    ],
)
def test_a_request_that_is_vague_about_the_case_is_malformed(changes: dict[str, object]) -> None:
    payload = canonical.encode_plain({**signed_document(), **changes})
    with pytest.raises(RequestMalformed):
        opened(seal(REQUEST_TYPE, payload, PEER.signing))


def signed_document() -> dict[str, object]:
    return parse_request(PEER.ask(HOLDER, START).payload).model_dump(mode="json")


def test_a_truncated_payload_is_refused() -> None:
    envelope = PEER.ask(HOLDER, START)
    with pytest.raises(SignatureInvalid):
        opened(replace(envelope, payload=envelope.payload[:-1]))


def test_a_caller_outside_the_directory_is_refused() -> None:
    with pytest.raises(UnknownParty):
        opened(PEER.ask(HOLDER, START), caller="nobody")


def test_a_suspended_caller_is_refused() -> None:
    suspended = directory(PEER, status=EntityStatus.SUSPENDED)
    with pytest.raises(PartySuspended):
        open_request(PEER.ask(HOLDER, START), caller="asker", holder=HOLDER, directory=suspended, now=START)


def test_nothing_is_answered_under_an_expired_directory() -> None:
    with pytest.raises(DirectoryExpired):
        opened(PEER.ask(HOLDER, START), now=timedelta(days=7))


@given(st.integers(min_value=-600, max_value=600))
def test_a_request_is_fresh_from_its_issue_to_its_expiry_give_or_take_the_clocks(seconds: int) -> None:
    moment = timedelta(seconds=seconds)
    if -MAX_CLOCK_SKEW <= moment < timedelta(minutes=2) + MAX_CLOCK_SKEW:
        assert opened(PEER.ask(HOLDER, START), now=moment).asker == PEER.party
    else:
        with pytest.raises(RequestStale):
            opened(PEER.ask(HOLDER, START), now=moment)


# ---- the decision


@dataclass(frozen=True)
class Consent:
    consent_id: str
    fields: frozenset[str]


class Generous:
    """A broken policy engine that allows everything."""

    def decide(self, request: AccessRequest) -> AccessDecision:
        return AccessDecision(dict.fromkeys(request.fields, ("rule",)), {}, "00" * 32)


def verified(
    fields: tuple[str, ...], *, role: str = "entity_technician", purpose: str = "casework", peer: SimulatedPeer = PEER
) -> VerifiedRequest:
    envelope = peer.ask(HOLDER, START, fields=fields, role=role, purpose=purpose)
    return VerifiedRequest(parse_request(envelope.payload), "ab" * 32, peer.party)


some_fields = st.lists(st.sampled_from(FIELDS), min_size=1, max_size=12, unique=True).map(tuple)
some_consents = st.lists(st.frozensets(st.sampled_from(FIELDS), max_size=10), max_size=3).map(
    lambda sets: [Consent(f"c-{number}", fields) for number, fields in enumerate(sets)]
)
roles = st.sampled_from([role.id for role in load_vocabulary().roles] + ["made_up"])
purposes = st.sampled_from([purpose.id for purpose in load_vocabulary().purposes] + ["made_up"])


@pytest.mark.invariant(1)
@given(some_fields, some_consents)
def test_no_field_passes_without_a_consent_even_when_the_policy_engine_says_yes(
    fields: tuple[str, ...], live: list[Consent]
) -> None:
    decision = decide(verified(fields), live, Generous(), holder=HOLDER)
    covered = {field for consent in live for field in consent.fields}
    assert set(decision.allowed) == set(fields) & covered
    assert (decision.refusal is None) == bool(decision.allowed)


@pytest.mark.invariant(1)
@given(some_fields, some_consents, roles, purposes, st.sampled_from(EntityKind))
def test_what_passes_is_consented_shareable_and_allowed_to_that_role(
    fields: tuple[str, ...], live: list[Consent], role: str, purpose: str, kind: EntityKind
) -> None:
    peer = SimulatedPeer("asker", kind=kind)
    decision = decide(verified(fields, role=role, purpose=purpose, peer=peer), live, AccessPolicy.load(), holder=HOLDER)
    for field in decision.allowed:
        assert load_catalogue().field(field).shareable
        assert any(field in consent.fields for consent in live)
        assert kind is not EntityKind.COLLABORATOR
        assert load_vocabulary().role(role).sees_records
    assert {*decision.allowed, *decision.withheld} == set(fields)


@given(some_fields, some_consents, roles, purposes)
def test_a_refusal_is_the_same_for_a_stranger_and_for_somebody_whose_consents_do_not_reach(
    fields: tuple[str, ...], live: list[Consent], role: str, purpose: str
) -> None:
    request = verified(fields, role=role, purpose=purpose)
    known = decide(request, live, AccessPolicy.load(), holder=HOLDER)
    stranger = decide(request, (), AccessPolicy.load(), holder=HOLDER)
    assert stranger.refusal is not None
    if known.refusal is not None:
        assert known.refusal == stranger.refusal


def test_a_release_without_any_recorded_value_is_a_refusal_that_tells_nothing() -> None:
    live = [Consent("c-1", frozenset({"person.sex"}))]
    decision = decide(verified(("person.sex",)), live, AccessPolicy.load(), holder=HOLDER)
    assert decision.allowed == ("person.sex",)
    assert settle(decision, ()).refusal is ReasonCode.NOTHING_TO_SHARE
    assert settle(decision, ("person.sex",)).refusal is None


def test_the_consents_named_are_those_that_cover_something_released() -> None:
    live = [Consent("c-1", frozenset({"person.sex"})), Consent("c-2", frozenset({"edu.level"}))]
    decision = decide(verified(("person.sex",)), live, AccessPolicy.load(), holder=HOLDER)
    assert decision.consent_ids == ("c-1",)
