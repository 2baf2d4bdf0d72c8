"""Two key holders over real mutual TLS: an entity's key beside the coordinator's, from the offer to the rotation."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from coordinator.locator.errors import KeyHolderUnknown, KeyOfferRefused, LocatorRotationUnderWay
from coordinator.locator.maintenance import delete_expired
from coordinator.locator.report import locator_document, locator_text
from coordinator.locator.rotation import change_holder, follow_holders
from coordinator.maintenance import publish_if_due
from node.locator.errors import KeyHoldersChanged, KeyHolderUnreachable, LocatorQuotaReached, LocatorRefused
from node.locator.key_holders import KeyHolders
from node.locator.key_holders_report import check_key_holders, key_holders_state, key_holders_text
from node.locator.publishing import Publisher
from node.pseudonym_key.answering import evaluations as evaluations_of
from node.pseudonym_key.background import do_due
from node.pseudonym_key.errors import PseudonymKeyMissing
from node.pseudonym_key.holding import own_keys
from node.pseudonym_key.report import check_pseudonym_key, log_document, log_text, pseudonym_key_state
from node.wiring import Node
from presentation.messages import in_language
from records_exchange import oprf
from records_exchange.errors import RequestReplayed
from records_exchange.key_holding.query_log import QueryLog
from records_exchange.key_holding.statements import KeyStatement, state_key
from records_exchange.locator_messages import evaluation_request, seal_message
from records_exchange.network_pseudonym import combine, locator_input, locator_token
from service.findings import Level
from service.running import Service
from tests.support.clock import FrozenClock
from tests.support.exchange import OTHER_PERSON, PERSON, STRANGER, grant
from tests.support.locating import consent, kept_pseudonym, locate, member, publish, refresh_all
from tests.support.network import NETWORK, Network, network
from tests.support.oprf import evaluate_directly
from tests.support.waiting import eventually
from trust.locator_terms import KeyStatementRecord
from trust.parties import COORDINATOR_ID, EntityKind

AT_ONCE = timedelta(0)


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path, clock=FrozenClock(datetime.now(UTC))) as made:
        for entity, people in (("leon", (PERSON,)), ("soria", (PERSON, OTHER_PERSON)), ("burgos", ())):
            member(made, entity, *people)
        refresh_all(made)
        yield made


def hold_key(net: Network, entity: str = "burgos", overlap: timedelta = AT_ONCE) -> Service:
    """Let an entity serve a key, and the Gerencia choose it."""
    service = net.serve(entity)
    net.nodes[entity].key_holding.serve()
    choose(net, entity, overlap)
    return service


def choose(net: Network, entity: str, overlap: timedelta = AT_ONCE) -> None:
    made = net.coordinator
    change_holder(
        made.context, made.registry, made.locator_epochs, lambda holders, now: holders.choose(entity, now), overlap
    )
    refresh_all(net)


def dismiss(net: Network, entity: str, overlap: timedelta) -> None:
    made = net.coordinator
    change_holder(
        made.context, made.registry, made.locator_epochs, lambda holders, _now: holders.dismiss(entity), overlap
    )
    refresh_all(net)


def pass_days(net: Network, days: int) -> None:
    """Let days pass, and let the coordinator do what is due by then."""
    assert isinstance(net.clock, FrozenClock)
    net.clock.advance(days=days, seconds=1)
    delete_expired(net.coordinator.context, net.coordinator.locator_epochs)
    publish_if_due(net.coordinator.context, net.coordinator.registry)
    refresh_all(net)


def evaluations(node: Node, asker: str) -> int:
    with node.context.snapshot() as session:
        used = QueryLog(session).usages(node.context.clock.now() - timedelta(hours=1))
    return sum(each.evaluations for each in used if each.entity == asker)


def test_holders_are_found_with_two_keys_and_both_are_asked_once_for_each_person(net: Network) -> None:
    hold_key(net)
    consent(net, "soria", "leon")
    assert locate(net, "leon").holders == ("soria",)
    assert locate(net, "leon", STRANGER).holders == ()
    assert locate(net, "leon").holders == ("soria",)
    assert evaluations(net.nodes["burgos"], "leon") == 2  # the person of leon is kept
    epoch, _ = kept_pseudonym(net.nodes["leon"], PERSON)
    assert epoch.holders == {COORDINATOR_ID, "burgos"}


def test_one_key_alone_tells_nothing(net: Network) -> None:
    """Invariant 5: what the coordinator's disk holds, its key too, or the entity's, gives no token of the person."""
    hold_key(net)
    consent(net, "soria", "leon")
    epoch, _ = kept_pseudonym(net.nodes["soria"], PERSON)
    both = {
        COORDINATOR_ID: net.coordinator.locator_keys.read(epoch.number).secret,
        "burgos": net.nodes["burgos"].key_holding.files.read(1).secret,
    }

    def token(secrets: dict[str, bytes]) -> bytes:
        outputs = {
            holder: evaluate_directly(secret, locator_input(NETWORK, PERSON.canonical))
            for holder, secret in secrets.items()
        }
        return bytes.fromhex(locator_token(combine(NETWORK, epoch, outputs), "leon", "casework"))

    with net.coordinator.context.snapshot() as session:
        document = locator_document(net.coordinator.context, session, net.coordinator.locator_epochs(session))
    assert document["epochs"][-1]["entries"] == 1
    disk = b"".join(path.read_bytes() for path in net.coordinator.context.home.rglob("*") if path.is_file())
    assert token(both) in disk
    guess = oprf.derive_key_pair(b"\1" * 32, b"t").secret
    for holder, key in both.items():
        assert token({**dict.fromkeys(both, guess), holder: key}) not in disk
        assert token(dict.fromkeys(both, key)) not in disk
    assert both["burgos"] not in disk  # the coordinator never had it
    assert both["burgos"].hex().encode() not in disk


def test_a_key_holder_that_is_down_is_named_and_people_known_before_are_still_found(net: Network) -> None:
    """Invariant 9: what needs no new pseudonym goes on."""
    service = hold_key(net)
    consent(net, "soria", "leon")
    assert locate(net, "leon").holders == ("soria",)
    service.stop()
    net.services.remove(service)
    assert locate(net, "leon").holders == ("soria",)
    with pytest.raises(KeyHolderUnreachable) as caught:
        locate(net, "leon", STRANGER)
    assert "burgos" in caught.value.message
    assert "--from" in caught.value.remedy


def test_a_publisher_that_misses_a_key_holder_spends_little_of_the_quota_of_the_other(net: Network) -> None:
    service = hold_key(net)
    service.stop()
    net.services.remove(service)
    soria = net.nodes["soria"]
    for document in (PERSON, OTHER_PERSON):
        grant(soria, "leon", document=document)
    publisher = Publisher(soria.context, soria.locator_client())
    for _unused in range(3):
        with pytest.raises(KeyHolderUnreachable):
            publisher.step()
    with net.coordinator.context.snapshot() as session:
        (usage,) = QueryLog(session).usages(net.clock.now() - timedelta(hours=1))
    assert usage.evaluations == 2 + 1 + 1  # the first try was for both people
    net.serve("burgos")

    def published() -> bool:
        try:
            done = publisher.step()
        except KeyHolderUnreachable:  # the connection is tried again after a moment
            return False
        return done is not None and (done.entries, done.waiting) == (2, 0)

    assert eventually(published)


def test_a_key_holder_that_never_comes_back_is_left_behind(net: Network) -> None:
    service = hold_key(net)
    consent(net, "soria", "leon")
    service.stop()
    net.services.remove(service)
    dismiss(net, "burgos", timedelta(days=1))
    for entity in ("leon", "soria"):
        KeyHolders(net.nodes[entity].context).require([])
    grant(net.nodes["soria"], "leon", document=OTHER_PERSON)
    with pytest.raises(KeyHolderUnreachable):
        publish(net.nodes["soria"])  # in the epoch before; in the new one it is done
    assert locate(net, "leon", OTHER_PERSON).holders == ("soria",)


def test_a_key_is_offered_proved_and_chosen_and_the_program_says_so(net: Network) -> None:
    burgos, made = net.nodes["burgos"], net.coordinator
    with pytest.raises(KeyHolderUnknown):
        choose(net, "burgos")
    with pytest.raises(PseudonymKeyMissing):
        burgos.key_holding.rotate()
    net.serve("burgos")
    assert not burgos.key_holding.serve()
    assert not burgos.key_holding.serve()  # again: the same key
    with burgos.context.snapshot() as session:
        (key,) = own_keys(session)
    with made.context.snapshot() as session:
        document = locator_document(made.context, session, made.locator_epochs(session))
    (offered,) = document["offered_keys"]
    assert (offered["entity"], offered["public_key"], offered["holder"]) == ("burgos", key.public_key, False)
    assert "burgos" in locator_text(document, "es")
    assert burgos.key_holding.files.path(1).stat().st_mode & 0o077 == 0
    choose(net, "burgos")
    with made.context.snapshot() as session:
        document = locator_document(made.context, session, made.locator_epochs(session))
    assert [sorted(epoch["keys"]) for epoch in document["epochs"]] == [["burgos", "coordinator"]]
    with burgos.context.snapshot() as session:
        assert pseudonym_key_state(burgos.context, session)["keys"][0]["epochs"] == [2]
    assert [each.level for each in check_pseudonym_key(burgos.context)] == [Level.OK]


def test_rotation_of_the_entitys_key_begins_an_epoch_by_itself_and_the_old_key_ends(net: Network) -> None:
    hold_key(net)
    consent(net, "soria", "leon")
    made, burgos = net.coordinator, net.nodes["burgos"]
    assert not follow_holders(made.context, made.registry, made.locator_epochs)
    assert burgos.key_holding.rotate()
    assert follow_holders(made.context, made.registry, made.locator_epochs)
    assert not follow_holders(made.context, made.registry, made.locator_epochs)
    refresh_all(net)
    publish(net.nodes["soria"])
    assert locate(net, "leon").holders == ("soria",)  # both epochs are answered
    assert burgos.key_holding.rotate()
    assert not follow_holders(made.context, made.registry, made.locator_epochs)  # one rotation after the other
    with pytest.raises(LocatorRotationUnderWay):
        dismiss(net, "burgos", timedelta(days=1))
    pass_days(net, 14)
    assert follow_holders(made.context, made.registry, made.locator_epochs)
    refresh_all(net)
    assert burgos.key_holding.destroy_ended() == (1,)
    assert not burgos.key_holding.files.path(1).exists()
    publish(net.nodes["soria"])
    assert locate(net, "leon").holders == ("soria",)
    with net.nodes["leon"].context.snapshot() as session:
        numbers = [each["number"] for each in key_holders_state(net.nodes["leon"].context, session)["epochs"]]
    assert numbers == [3, 4]


def test_a_key_holder_that_disappears_is_noticed_and_the_officer_decides(net: Network) -> None:
    hold_key(net)
    consent(net, "soria", "leon")
    locate(net, "leon")
    dismiss(net, "burgos", timedelta(days=1))
    leon = net.nodes["leon"]
    assert locate(net, "leon").holders == ("soria",)  # in the epoch before, until it ends
    publish(net.nodes["soria"])
    assert check_key_holders(leon.context).level is Level.FAILED
    assert leon.inbox_sweep.run() > 0
    pass_days(net, 1)
    with pytest.raises(KeyHoldersChanged) as caught:
        locate(net, "leon")
    assert "burgos" in caught.value.message
    for entity in ("leon", "soria"):
        assert KeyHolders(net.nodes[entity].context).require([]) is not None  # the officers accept it
    publish(net.nodes["soria"])
    assert locate(net, "leon").holders == ("soria",)


def test_an_officer_requires_a_key_holder_before_there_is_one(net: Network) -> None:
    leon = net.nodes["leon"]
    KeyHolders(leon.context).require(["burgos"])
    assert KeyHolders(leon.context).require(["burgos"]) is None
    with pytest.raises(KeyHoldersChanged):
        locate(net, "leon")
    hold_key(net)
    assert locate(net, "leon").holders == ()
    assert check_key_holders(leon.context).level is Level.OK
    with leon.context.snapshot() as session:
        text = key_holders_text(key_holders_state(leon.context, session), "es")
    assert "burgos" in text


def test_an_epoch_that_is_not_used_keeps_nothing_of_this_node(net: Network) -> None:
    consent(net, "soria", "leon")
    assert locate(net, "leon").holders == ("soria",)
    KeyHolders(net.nodes["soria"].context).require(["burgos"])
    with pytest.raises(KeyHoldersChanged):
        publish(net.nodes["soria"])
    assert list(net.nodes["soria"].locator_client().published(1)) == []


def test_each_key_holder_has_its_own_quota_and_signed_log(tmp_path: Path) -> None:
    with network(tmp_path, clock=FrozenClock(datetime.now(UTC))) as net:
        for entity in ("leon", "burgos"):
            member(net, entity)
        refresh_all(net)
        burgos = net.nodes["burgos"]
        burgos.context.settings.model_copy(update={"locator_evaluations_hour": 2}).save(burgos.context.home)
        burgos.context.__dict__.pop("settings")
        hold_key(net)
        locate(net, "leon")
        locate(net, "leon", OTHER_PERSON)
        for _unused in range(2):
            with pytest.raises(LocatorQuotaReached) as caught:
                locate(net, "leon", STRANGER)
            assert "burgos" in caught.value.message
        with burgos.context.snapshot() as session:
            state = pseudonym_key_state(burgos.context, session)
            queries = log_document(burgos.context, session, days=1, entity="leon")
            assert log_document(burgos.context, session, days=1, entity="soria") == []
        assert [each["alarm"] for each in state["alarms"]] == ["volume"]
        assert [each.amount for each in queries] == [0, 1, 1]
        assert queries[1].document()["envelope"]["payloadType"].endswith("locator-evaluation.v1+json")
        assert "leon" in log_text(queries, "es")
        assert [each.level for each in check_pseudonym_key(burgos.context)] == [Level.WARNING]
        assert do_due(burgos.context, burgos.key_holding, frozenset())


def test_sybils_that_share_the_guessing_are_bounded_together_and_bar_nobody(tmp_path: Path) -> None:
    with network(tmp_path, clock=FrozenClock(datetime.now(UTC))) as net:
        for entity in ("leon", "soria", "avila", "burgos"):
            member(net, entity)
        refresh_all(net)
        burgos = net.nodes["burgos"]
        quotas = {"hour": 20, "day": 20, "total_day": 2}
        changed = {f"locator_evaluations_{name}": amount for name, amount in quotas.items()}
        burgos.context.settings.model_copy(update=changed).save(burgos.context.home)
        burgos.context.__dict__.pop("settings")
        hold_key(net)
        for sybil in ("leon", "soria"):
            locate(net, sybil)
        locate(net, "leon", OTHER_PERSON)  # the tenth that is left to each
        with pytest.raises(LocatorQuotaReached):
            locate(net, "leon", STRANGER)
        locate(net, "avila")  # who asks about the person before them
        with burgos.context.snapshot() as session:
            state = pseudonym_key_state(burgos.context, session)
        assert {each["alarm"] for each in state["alarms"]} == {"volume", "total"}
        found = check_pseudonym_key(burgos.context)
        assert [each.level for each in found] == [Level.WARNING]
        assert "entre todas las entidades" in in_language(found[0].text, "es")


def test_who_may_not_ask_the_coordinator_may_not_ask_an_entity_either(net: Network) -> None:
    hold_key(net)
    member(net, "ong", kind=EntityKind.COLLABORATOR)
    refresh_all(net)
    with pytest.raises(LocatorRefused):
        locate(net, "ong")
    assert evaluations(net.nodes["burgos"], "ong") == 0


def test_an_offer_is_taken_from_reachable_entities_in_their_order(net: Network) -> None:
    burgos = net.nodes["burgos"]
    net.serve("burgos")
    burgos.key_holding.serve()
    burgos.key_holding.rotate()
    files, context = burgos.key_holding.files, burgos.context

    def record(sequence: int, **changes: object) -> KeyStatementRecord:
        pair = files.read(min(sequence, 2))
        values = {"network": NETWORK, "entity": "burgos", "sequence": sequence, "public_key": pair.public.hex()}
        statement = KeyStatement.model_validate(values | {"time": net.clock.now()} | changes)
        return state_key(statement, pair, context.keys.signing)

    requests = net.coordinator.locator_requests
    with pytest.raises(KeyOfferRefused):
        requests.offer_key("burgos", record(1))
    with pytest.raises(KeyOfferRefused):
        requests.offer_key("burgos", record(3, time=net.clock.now() - timedelta(hours=1)))
    assert requests.offer_key("burgos", record(2)) is False


def test_a_request_to_a_key_holder_is_answered_once(net: Network) -> None:
    hold_key(net)
    leon, burgos = net.nodes["leon"], net.nodes["burgos"]
    points = (oprf.blind(b"x").element,)
    request = evaluation_request("leon", 2, points, net.clock.now())
    envelope = seal_message(request, leon.context.keys.signing)
    answering = evaluations_of(burgos.context, burgos.key_holding.files)
    assert answering.evaluate("leon", envelope, points).points
    with pytest.raises(RequestReplayed):
        answering.evaluate("leon", envelope, points)
