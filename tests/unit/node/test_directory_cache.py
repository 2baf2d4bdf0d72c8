from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from node.directory_cache import CA_FILE, FILE, DirectoryCache
from tests.support.clock import START
from tests.support.directory_log import DirectoryLog
from trust.directory import Directory, seal_directory
from trust.errors import (
    DirectoryExpired,
    DirectoryOvertaken,
    DirectoryRollback,
    MalformedDocument,
    SignatureInvalid,
    TrustError,
)
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


def cache(home: Path, signer: Ed25519Signer, **options: object) -> DirectoryCache:
    return DirectoryCache(home, network=NETWORK, coordinator_key=signer.public_key, **options)  # type: ignore[arg-type]


@pytest.fixture
def log(coordinator: Ed25519Signer) -> DirectoryLog:
    return DirectoryLog(NETWORK, coordinator)


def test_a_directory_is_kept_for_every_process_of_the_node(
    tmp_path: Path, coordinator: Ed25519Signer, log: DirectoryLog
) -> None:
    one, other = cache(tmp_path, coordinator), cache(tmp_path, coordinator)
    assert other.newest() is None
    for serial in (1, 2):
        log.give(one, log.add(directory(coordinator, serial)), START)
        assert other.current(START).serial == serial


def test_without_a_directory_nothing_is_exchanged(tmp_path: Path, coordinator: Ed25519Signer) -> None:
    with pytest.raises(DirectoryExpired):
        cache(tmp_path, coordinator).current(START)


def test_a_directory_holds_until_it_expires(tmp_path: Path, coordinator: Ed25519Signer, log: DirectoryLog) -> None:
    kept = cache(tmp_path, coordinator)
    log.give(kept, log.add(directory(coordinator, 1)), START)
    assert kept.current(START + timedelta(days=6.9)).serial == 1
    with pytest.raises(DirectoryExpired):
        kept.current(START + timedelta(days=7))


def test_an_older_directory_does_not_replace_a_newer_one(
    tmp_path: Path, coordinator: Ed25519Signer, log: DirectoryLog
) -> None:
    kept = cache(tmp_path, coordinator)
    old = log.add(directory(coordinator, 4))
    log.give(kept, log.add(directory(coordinator, 5)), START)
    before = (tmp_path / FILE).read_bytes()
    with pytest.raises(DirectoryRollback):
        log.give(kept, old, START)
    assert (tmp_path / FILE).read_bytes() == before


def test_a_directory_by_another_key_is_not_believed(
    tmp_path: Path, coordinator: Ed25519Signer, log: DirectoryLog
) -> None:
    forger, kept = Ed25519Signer.generate(), cache(tmp_path, coordinator)
    with pytest.raises(SignatureInvalid):
        kept.accept(DirectoryLog(NETWORK, forger).add(directory(forger, 1)), START)
    with pytest.raises(MalformedDocument):
        kept.accept(log.add(directory(forger, 1)), START)
    assert not (tmp_path / FILE).exists()


def test_a_directory_of_another_network_is_not_believed(
    tmp_path: Path, coordinator: Ed25519Signer, log: DirectoryLog
) -> None:
    with pytest.raises(MalformedDocument):
        cache(tmp_path, coordinator).accept(log.add(directory(coordinator, 1, network="other.example")), START)


def test_an_expired_directory_is_not_accepted(tmp_path: Path, coordinator: Ed25519Signer, log: DirectoryLog) -> None:
    with pytest.raises(DirectoryExpired):
        cache(tmp_path, coordinator).accept(log.add(directory(coordinator, 1, days=-1)), START)


def test_a_file_that_was_tampered_with_is_not_believed(
    tmp_path: Path, coordinator: Ed25519Signer, log: DirectoryLog
) -> None:
    cache(tmp_path, coordinator).accept(log.add(directory(coordinator, 1)), START)
    original = (tmp_path / FILE).read_bytes()
    for content in (b"", b"{}", original[:-20], original.replace(b'"sig":"', b'"sig":"AAAA')):
        (tmp_path / FILE).write_bytes(content)
        with pytest.raises(TrustError):
            cache(tmp_path, coordinator).current(START)


def test_the_directory_of_an_earlier_version_serves_until_the_first_one_of_the_log(
    tmp_path: Path, coordinator: Ed25519Signer, log: DirectoryLog
) -> None:
    (tmp_path / FILE).write_bytes(seal_directory(directory(coordinator, 7), coordinator).to_json())
    kept = cache(tmp_path, coordinator)
    assert (kept.current(START).serial, kept.size()) == (7, 0)
    old = log.add(directory(coordinator, 6))
    with pytest.raises(DirectoryRollback):
        log.give(kept, old, START)
    log.give(kept, log.add(directory(coordinator, 7)), START)
    assert kept.size() == 7


def test_trusted_authorities_follow_the_directory(
    tmp_path: Path, coordinator: Ed25519Signer, log: DirectoryLog
) -> None:
    kept = cache(tmp_path, coordinator)
    for serial, ca in ((1, "first"), (2, "second")):
        log.give(kept, log.add(directory(coordinator, serial, ca=ca)), START)
        assert (tmp_path / CA_FILE).read_text() == ca


def test_directories_that_arrive_at_once_leave_the_newest(
    tmp_path: Path, coordinator: Ed25519Signer, log: DirectoryLog
) -> None:
    logged = [log.add(directory(coordinator, serial)) for serial in range(1, 21)]

    def accept(index: int) -> None:
        own = cache(tmp_path, coordinator)
        while True:
            try:
                log.give(own, logged[index], START)
            except DirectoryOvertaken:
                continue
            except DirectoryRollback:
                return  # a newer one was there first
            return

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(accept, range(20)))
    assert cache(tmp_path, coordinator).current(START).serial == 20
