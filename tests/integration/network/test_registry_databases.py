from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from coordinator.setup import set_up
from coordinator.wiring import Coordinator
from service.clock import SystemClock
from tests.support.network import coordinator_settings
from tests.support.postgres import postgres_server, server_programs
from trust.directory import open_directory
from trust.parties import EntityKind


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def coordinator(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Coordinator]:
    if request.param == "sqlite":
        made = set_up(tmp_path, coordinator_settings(), SystemClock())
        yield made
        made.close()
        return
    if server_programs() is None:
        pytest.skip("no PostgreSQL server on this machine: run make system")
    with postgres_server() as url:
        made = set_up(tmp_path, coordinator_settings(database=url), SystemClock())
        yield made
        made.close()


def test_directories_signed_at_once_have_consecutive_serials(coordinator: Coordinator) -> None:
    def publish(_index: int) -> int:
        with coordinator.context.transaction() as session:
            envelope = coordinator.registry(session).publish(coordinator.context.clock.now())
        return open_directory(envelope, coordinator_key=coordinator.context.keys.signing.public_key).serial

    with ThreadPoolExecutor(4) as pool:
        serials = sorted(pool.map(publish, range(12)))
    assert serials == list(range(2, 14))


def test_times_are_the_same_whatever_the_database(coordinator: Coordinator) -> None:
    now = coordinator.context.clock.now()
    with coordinator.context.transaction() as session:
        coordinator.registry(session).invite(
            "leon", name="León", kind=EntityKind.AGENT, valid_for=timedelta(hours=1), now=now
        )
    with coordinator.context.snapshot() as session:
        assert [row.entity for row in coordinator.registry(session).invitations(now)] == ["leon"]
        (invitation,) = coordinator.registry(session).invitations(now)
        assert invitation.expires_at == now + timedelta(hours=1)


def test_new_settings_are_in_the_next_directory(coordinator: Coordinator) -> None:
    from coordinator.maintenance import publish_if_due

    coordinator.context.settings.model_copy(update={"address": "moved.example:7400"}).save(coordinator.context.home)
    moved = Coordinator(coordinator.context.home)
    publish_if_due(moved.context, moved.registry)
    publish_if_due(moved.context, moved.registry)
    with moved.context.snapshot() as session:
        envelope = moved.registry(session).directory()
    directory = open_directory(envelope, coordinator_key=coordinator.context.keys.signing.public_key)
    assert (directory.serial, directory.coordinator_address) == (2, "moved.example:7400")
    moved.close()
