"""The locator over real mutual TLS: who finds whom, and who does not."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from typing_extensions import override

from coordinator.locator.maintenance import delete_expired
from coordinator.locator.report import locator_document
from coordinator.locator.rotation import rotate
from coordinator.maintenance import publish_if_due
from node.clients import relay
from node.clients.locator import Evaluated, LocatorClient
from node.directory_cache import FILE as DIRECTORY_FILE
from node.fetch.located_report import located_document, located_text
from node.locator.errors import LocatorMissing, LocatorQuotaReached, LocatorRefused, LocatorUnreachable
from node.locator.tables import LocatorAnswerRow, LocatorPseudonymRow
from node.messages.no_answer import NoAnswer, no_answer_label
from node.people.documents import parse_document
from node.people.linkage_code import grouped, new_linkage_code
from node.wiring import Node
from presentation.messages import in_language
from records_exchange import oprf
from records_exchange.errors import AnswerUnbound, OprfProofInvalid, OprfValueInvalid
from records_exchange.key_holding.query_log import QueryLog
from records_exchange.locator_messages import locator_question, open_locator_answer, seal_message
from records_exchange.network_pseudonym import locator_token
from tests.support.clock import FrozenClock
from tests.support.exchange import OTHER_PERSON, PERSON, STRANGER, grant, hold, person_record
from tests.support.locating import consent, fetch, kept_pseudonym, locate, member, publish, refresh_all
from tests.support.network import Network, network
from trust import canonical
from trust.parties import EntityKind
from trust.signing import Envelope


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path) as made:
        for entity, people in (("leon", (PERSON,)), ("burgos", (PERSON,)), ("soria", (PERSON, OTHER_PERSON))):
            member(made, entity, *people)
        refresh_all(made)
        yield made


class Tampering(LocatorClient):
    """Changes what comes back from the locator."""

    def __init__(self, node: Node, *, points: Sequence[bytes] | None = None, proof: bytes | None = None) -> None:
        super().__init__(node.coordinator_channel, lambda _: [node.coordinator_channel()])
        self.points, self.proof = points, proof
        self.answers: list[Envelope] = []
        self.kept: Envelope | None = None

    @override
    def evaluate(self, key_holder: str, request: Envelope, points: Sequence[bytes]) -> Evaluated:
        done = super().evaluate(key_holder, request, points)
        changed = done.points if self.points is None else tuple(self.points)
        return Evaluated(changed, done.proof if self.proof is None else self.proof, done.remaining)

    @override
    def find(self, question: Envelope) -> Envelope:
        self.answers.append(super().find(question))
        return self.kept or self.answers[-1]


def rows(node: Node, table: type[LocatorAnswerRow | LocatorPseudonymRow]) -> int:
    with node.context.snapshot() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_holders_of_a_live_consent_are_found_by_the_asker_it_names_for_its_purpose(net: Network) -> None:
    consent(net, "burgos", "leon")
    consent(net, "soria", "leon", "burgos")
    assert locate(net, "leon").holders == ("burgos", "soria")
    assert locate(net, "burgos").holders == ("soria",)
    assert locate(net, "soria").holders == ()
    assert locate(net, "leon", purpose="coordination").holders == ()
    assert locate(net, "leon", OTHER_PERSON).holders == ()


def test_nothing_consented_equals_nothing_known_byte_for_byte(net: Network) -> None:
    consent(net, "burgos", "leon")
    client = Tampering(net.nodes["leon"])
    for person in (PERSON, OTHER_PERSON, STRANGER):  # consented; known to soria without consent; known to nobody
        locate(net, "leon", person, client=client)
    hit, known, unknown = client.answers
    assert len({len(answer.payload) for answer in client.answers}) == 1
    assert b"burgos" in hit.payload
    contents = [canonical.decode(answer.payload) for answer in (known, unknown)]
    for content in contents:
        del content["request_sha256"], content["issued"]  # of the question, and of the clock
    assert contents[0] == contents[1]


def test_a_row_of_another_asker_is_never_shown_even_to_an_entity_that_knows_the_pseudonym(net: Network) -> None:
    consent(net, "burgos", "soria")
    assert locate(net, "leon").holders == ()
    leon = net.nodes["leon"]
    epoch, pseudonym = kept_pseudonym(leon, PERSON)
    now = net.clock.now()
    stolen = locator_question("leon", epoch.number, locator_token(pseudonym, "soria", "casework"), "casework", now)
    question = seal_message(stolen, leon.context.keys.signing)
    answer = leon.locator_client().find(question)
    key = bytes.fromhex(leon.context.settings.coordinator_key)
    assert open_locator_answer(answer, question, coordinator_key=key, now=now).holders == ()


@pytest.mark.invariant(4)
def test_a_withdrawal_an_end_and_an_erasure_take_the_rows_away(net: Network) -> None:
    first = consent(net, "burgos", "leon")
    consent(net, "soria", "leon")
    consent(net, "soria", "leon", document=OTHER_PERSON)
    net.nodes["burgos"].consents.withdraw(first)
    publish(net.nodes["burgos"])
    assert locate(net, "leon").holders == ("soria",)
    net.nodes["soria"].erasures.erase_person(PERSON, "eu-gdpr:A17-1-a")
    publish(net.nodes["soria"])
    assert locate(net, "leon").holders == ()
    assert locate(net, "leon", OTHER_PERSON).holders == ("soria",)


def test_one_of_two_consents_for_the_same_asker_and_purpose_keeps_the_holder_shown(net: Network) -> None:
    more = grant(net.nodes["burgos"], "leon", fields=("person.language",))
    consent(net, "burgos", "leon")
    net.nodes["burgos"].consents.withdraw(more)  # says no to its own field alone
    publish(net.nodes["burgos"])
    assert locate(net, "leon").holders == ("burgos",)


def test_a_withdrawal_of_the_same_scope_ends_what_an_older_consent_shows(net: Network) -> None:
    consent(net, "burgos", "leon")
    later = consent(net, "burgos", "leon")
    net.nodes["burgos"].consents.withdraw(later)
    publish(net.nodes["burgos"])
    assert locate(net, "leon").holders == ()


def test_a_suspended_entity_is_neither_answered_nor_shown(net: Network) -> None:
    consent(net, "burgos", "leon", "soria")
    with net.coordinator.context.transaction() as session:
        net.coordinator.registry(session).suspend("burgos", reason="prueba", now=net.clock.now())
    assert locate(net, "leon").holders == ()
    with pytest.raises(LocatorRefused) as caught:
        locate(net, "burgos")
    assert "suspended" in caught.value.message
    assert "--from" in caught.value.remedy
    with net.coordinator.context.transaction() as session:
        net.coordinator.registry(session).reinstate("burgos", now=net.clock.now())
    net.nodes["leon"].directory_follower.refresh()
    assert locate(net, "leon").holders == ("burgos",)


def test_a_holder_that_this_nodes_directory_does_not_list_as_active_is_not_asked_and_that_is_told(net: Network) -> None:
    consent(net, "burgos", "leon")
    with net.coordinator.context.transaction() as session:
        net.coordinator.registry(session).suspend("burgos", reason="prueba", now=net.clock.now())
    net.nodes["leon"].directory_follower.refresh()
    with net.coordinator.context.transaction() as session:
        net.coordinator.registry(session).reinstate("burgos", now=net.clock.now())
    located = locate(net, "leon")
    assert (located.holders, located.unlisted) == ((), 1)
    found = fetch(net, "leon")
    assert found.partial
    assert "1 entidad nombrada" in located_text(found)


def test_a_collaborating_entity_is_refused(net: Network) -> None:
    member(net, "banco", kind=EntityKind.COLLABORATOR)
    with pytest.raises(LocatorRefused):
        locate(net, "banco")
    publish(net.nodes["banco"])  # does not even try


def test_a_tampered_proof_another_key_and_points_that_are_none_are_noticed(net: Network) -> None:
    consent(net, "burgos", "leon")
    other = oprf.derive_key_pair(b"\x05" * 32, b"another")
    bad = oprf.evaluate(other.secret, oprf.blind(b"x").element)
    leon = net.nodes["leon"]
    for client, error in (
        (Tampering(leon, proof=b"\1" * 64), OprfProofInvalid),
        (Tampering(leon, proof=b""), OprfProofInvalid),
        (Tampering(leon, points=(bad,)), OprfProofInvalid),
        (Tampering(leon, points=(b"\0" * 32,)), OprfValueInvalid),
        (Tampering(leon, points=()), OprfValueInvalid),
    ):
        with pytest.raises(error):
            locate(net, "leon", STRANGER, client=client)
    assert rows(leon, LocatorAnswerRow) == 0


def test_an_old_answer_is_not_taken_for_a_new_one(net: Network) -> None:
    consent(net, "burgos", "leon")
    client = Tampering(net.nodes["leon"])
    locate(net, "leon", client=client)
    client.kept = client.answers[0]
    with pytest.raises(AnswerUnbound):
        locate(net, "leon", client=client)


def test_a_person_without_papers_is_found_by_the_code_on_their_card(net: Network) -> None:
    code = new_linkage_code()
    document = parse_document(code)
    hold(net.nodes["burgos"], person_record(document))
    consent(net, "burgos", "leon", document=document)
    assert locate(net, "leon", parse_document(grouped(code).lower())).holders == ("burgos",)


def test_fetch_without_names_asks_all_who_hold_something_and_shows_what_is_missing(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    consent(net, "burgos", "leon")
    consent(net, "soria", "leon")
    for entity in ("burgos", "soria"):
        net.serve(entity)
    refresh_all(net)
    whole = fetch(net, "leon")
    assert [reply.released for reply in whole.fetched.replies] == [True, True]
    assert not whole.partial
    net.services[-1].stop()
    monkeypatch.setitem(relay.pass_on.__kwdefaults__ or {}, "seconds", 1.0)  # nobody takes a call out of the relay
    part = fetch(net, "leon")
    assert [reply.released for reply in part.fetched.replies] == [True, False]
    document = located_document(part)
    assert (document["partial"], document["exit_code"]) == (True, 0)
    assert document["located"]["holders"] == ["burgos", "soria"]
    text = " ".join(located_text(part).split())
    assert any(
        f"1 de 2: {in_language(no_answer_label(why), 'es')}" in text for why in (NoAnswer.NOT_REACHED, NoAnswer.SILENT)
    )
    nobody = fetch(net, "leon", STRANGER)
    assert located_document(nobody)["exit_code"] == 1
    assert "No consta" in located_text(nobody)
    assert "No entity" in located_text(nobody, lang="en")


@pytest.mark.invariant(9)
def test_with_the_coordinator_down_the_error_names_the_way_on(net: Network) -> None:
    net.stop_coordinator()
    with pytest.raises(LocatorUnreachable) as caught:
        locate(net, "leon")
    assert "--from" in caught.value.remedy
    assert "--from" in caught.value.sentence


def test_a_network_without_locator_says_so(net: Network) -> None:
    leon = net.nodes["leon"]
    known = leon.context.directory.current(net.clock.now())
    bare = known.model_copy(update={"locator": None, "serial": known.serial + 1})
    (leon.context.home / DIRECTORY_FILE).unlink()  # a node that knew a locator does not let go of it
    log = net.directory_log()
    log.give(leon.context.directory, log.add(bare), net.clock.now())
    with pytest.raises(LocatorMissing):
        locate(net, "leon")


def test_the_pseudonyms_of_own_people_are_kept_sealed_and_gone_with_the_person(net: Network) -> None:
    leon = net.nodes["leon"]
    locate(net, "leon")
    locate(net, "leon")
    locate(net, "leon", STRANGER)
    assert (rows(leon, LocatorPseudonymRow), rows(leon, LocatorAnswerRow)) == (1, 3)
    _, pseudonym = kept_pseudonym(leon, PERSON)
    assert pseudonym not in b"".join(path.read_bytes() for path in leon.context.home.glob("node.sqlite*"))
    with net.coordinator.context.snapshot() as session:
        (usage,) = QueryLog(session).usages(net.clock.now() - timedelta(hours=1))
        assert (usage.evaluations, usage.questions) == (2, 3)
    leon.erasures.erase_person(PERSON, "eu-gdpr:A17-1-a")
    assert (rows(leon, LocatorPseudonymRow), rows(leon, LocatorAnswerRow)) == (0, 1)  # left: of the stranger


class Erasing(LocatorClient):
    """Erases the person at the node while the locator answers."""

    def __init__(self, node: Node) -> None:
        super().__init__(node.coordinator_channel, lambda _: [node.coordinator_channel()])
        self._node = node

    @override
    def find(self, question: Envelope) -> Envelope:
        self._node.erasures.erase_person(PERSON, "eu-gdpr:A17-1-a")
        return super().find(question)


def test_a_person_erased_while_the_locator_is_asked_is_not_named_in_the_question_log(net: Network) -> None:
    consent(net, "burgos", "leon")
    leon = net.nodes["leon"]
    assert locate(net, "leon", client=Erasing(leon)).holders == ("burgos",)
    with leon.context.snapshot() as session:
        assert list(session.scalars(select(LocatorAnswerRow.person_ref))) == [None]


def test_questions_beyond_the_quota_are_refused_and_noted(tmp_path: Path) -> None:
    with network(tmp_path, locator_questions_hour=3, locator_evaluations_hour=4) as net:
        member(net, "leon", PERSON)
        for _ in range(3):
            locate(net, "leon")
        with pytest.raises(LocatorQuotaReached) as caught:
            locate(net, "leon")
        assert "--from" in caught.value.remedy
        with net.coordinator.context.snapshot() as session:
            document = locator_document(net.coordinator.context, session, net.coordinator.locator_epochs(session))
        assert [alarm["alarm"] for alarm in document["alarms"]] == ["volume"]
        assert document["entities"][0]["refused"] == 1


def test_during_a_rotation_both_keys_are_answered_and_afterwards_the_new_one_alone(tmp_path: Path) -> None:
    clock = FrozenClock(datetime.now(UTC))
    with network(tmp_path, clock=clock) as net:
        member(net, "leon")
        member(net, "burgos", PERSON)
        member(net, "soria", PERSON)
        consent(net, "burgos", "leon")
        rotate(net.coordinator.context, net.coordinator.registry, net.coordinator.locator_epochs, timedelta(days=3))
        refresh_all(net)
        assert locate(net, "leon").holders == ("burgos",)  # burgos has not followed yet
        consent(net, "soria", "leon")  # publishes under both
        assert locate(net, "leon").holders == ("burgos", "soria")
        publish(net.nodes["burgos"])
        clock.advance(days=3)
        delete_expired(net.coordinator.context, net.coordinator.locator_epochs)
        publish_if_due(net.coordinator.context, net.coordinator.registry)
        refresh_all(net)
        directory = net.nodes["leon"].context.directory.current(clock.now())
        assert directory.locator is not None
        assert [epoch.number for epoch in directory.locator.epochs] == [2]
        assert locate(net, "leon").holders == ("burgos", "soria")
        publish(net.nodes["burgos"])
        assert rows(net.nodes["burgos"], LocatorPseudonymRow) == 1  # of the new epoch
