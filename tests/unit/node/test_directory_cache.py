from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from node.directory_cache import CA_FILE, FILE, DirectoryCache
from tests.support.clock import START
from trust.directory import Directory, seal_directory
from trust.errors import DirectoryExpired, DirectoryRollback, MalformedDocument, SignatureInvalid, TrustError
from trust.signing import Ed25519Signer

NETWORK = "red.example"


@pytest.fixture(scope="module")
def coordinator() -> Ed25519Signer:
    return Ed25519Signer.generate()


def directory(
    signer: Ed25519Signer, serial: int, *, network: str = NETWORK, ca: str = "CA", days: float = 7
) -> Directory:
    return Directory(
        network=network,
        serial=serial,
        issued=START,
        expires=START + timedelta(days=days),
        coordinator_key=signer.public_key.hex(),
        coordinator_address="c.example:7400",
        ca_pem=ca,
        entities=(),
    )


def cache(home: Path, signer: Ed25519Signer) -> DirectoryCache:
    return DirectoryCache(home, network=NETWORK, coordinator_key=signer.public_key)


def test_a_directory_is_kept_for_every_process_of_the_node(tmp_path: Path, coordinator: Ed25519Signer) -> None:
    one, other = cache(tmp_path, coordinator), cache(tmp_path, coordinator)
    assert other.newest() is None
    for serial in (1, 2):
        one.accept(seal_directory(directory(coordinator, serial), coordinator), START)
        assert other.current(START).serial == serial


def test_without_a_directory_nothing_is_exchanged(tmp_path: Path, coordinator: Ed25519Signer) -> None:
    with pytest.raises(DirectoryExpired):
        cache(tmp_path, coordinator).current(START)


def test_a_directory_holds_until_it_expires(tmp_path: Path, coordinator: Ed25519Signer) -> None:
    kept = cache(tmp_path, coordinator)
    kept.accept(seal_directory(directory(coordinator, 1), coordinator), START)
    assert kept.current(START + timedelta(days=6.9)).serial == 1
    with pytest.raises(DirectoryExpired):
        kept.current(START + timedelta(days=7))


def test_an_older_directory_does_not_replace_a_newer_one(tmp_path: Path, coordinator: Ed25519Signer) -> None:
    kept = cache(tmp_path, coordinator)
    kept.accept(seal_directory(directory(coordinator, 5), coordinator), START)
    before = (tmp_path / FILE).read_bytes()
    for attempt in (directory(coordinator, 4), directory(coordinator, 5, ca="another for the same serial")):
        with pytest.raises(DirectoryRollback):
            kept.accept(seal_directory(attempt, coordinator), START)
    assert (tmp_path / FILE).read_bytes() == before


def test_a_directory_by_another_key_is_not_believed(tmp_path: Path, coordinator: Ed25519Signer) -> None:
    forger, kept = Ed25519Signer.generate(), cache(tmp_path, coordinator)
    with pytest.raises(SignatureInvalid):
        kept.accept(seal_directory(directory(forger, 1), forger), START)
    with pytest.raises(MalformedDocument):
        kept.accept(seal_directory(directory(forger, 1), coordinator), START)
    assert not (tmp_path / FILE).exists()


def test_a_directory_of_another_network_is_not_believed(tmp_path: Path, coordinator: Ed25519Signer) -> None:
    with pytest.raises(MalformedDocument):
        cache(tmp_path, coordinator).accept(
            seal_directory(directory(coordinator, 1, network="other.example"), coordinator), START
        )


def test_an_expired_directory_is_not_accepted(tmp_path: Path, coordinator: Ed25519Signer) -> None:
    with pytest.raises(DirectoryExpired):
        cache(tmp_path, coordinator).accept(seal_directory(directory(coordinator, 1, days=-1), coordinator), START)


def test_a_file_that_was_tampered_with_is_not_believed(tmp_path: Path, coordinator: Ed25519Signer) -> None:
    cache(tmp_path, coordinator).accept(seal_directory(directory(coordinator, 1), coordinator), START)
    original = (tmp_path / FILE).read_bytes()
    for content in (b"", b"{}", original[:-20], original.replace(b'"sig":"', b'"sig":"AAAA')):
        (tmp_path / FILE).write_bytes(content)
        with pytest.raises(TrustError):
            cache(tmp_path, coordinator).current(START)


def test_trusted_authorities_follow_the_directory(tmp_path: Path, coordinator: Ed25519Signer) -> None:
    kept = cache(tmp_path, coordinator)
    for serial, ca in ((1, "first"), (2, "second")):
        kept.accept(seal_directory(directory(coordinator, serial, ca=ca), coordinator), START)
        assert (tmp_path / CA_FILE).read_text() == ca


def test_directories_that_arrive_at_once_leave_the_newest(tmp_path: Path, coordinator: Ed25519Signer) -> None:
    envelopes = [seal_directory(directory(coordinator, serial), coordinator) for serial in range(1, 21)]

    def accept(index: int) -> None:
        try:
            cache(tmp_path, coordinator).accept(envelopes[index], START)
        except DirectoryRollback:
            return  # a newer one was there first

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(accept, range(20)))
    assert cache(tmp_path, coordinator).current(START).serial == 20
