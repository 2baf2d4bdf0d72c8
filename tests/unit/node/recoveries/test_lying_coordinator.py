"""A coordinator that lies about recoveries, step by step in any order, against one node that takes its directories.

It may state any times, count early, take back, tell again, replace, forge vetoes and remove them; its log of
directories only grows, as a fork is refused before anything here.
"""

from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from typing_extensions import override

from tests.support.clock import START, FrozenClock
from tests.support.parts import SignedDirectory, context_of, keys_of
from tests.support.recoveries import listed_party, publish_ahead, recovered, recovery_of, veto_of, vetoed
from trust.errors import TrustError
from trust.parties import EntityKind, EntityStatus
from trust.recovery import WAIT, Recovery

HOURS = st.sampled_from([0.0, 0.2, 1.0, 24.0, 47.0, 47.9, 48.0, 49.0])
STRANGERS = ("thief", "leon, new machine")


class LyingCoordinator(RuleBasedStateMachine):
    """Node Soria, entity Leon, and whatever the coordinator signs about Leon.

    Attributes:
        told: when each recovery was first in a directory that Soria took, by Soria's clock; forgotten when one is gone.
        ahead: how many hours the coordinator dates its directories in the future.
        vetoes: the recoveries that Leon vetoed and Soria heard of.
    """

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.clock = FrozenClock()
        self.directory = SignedDirectory(self.clock, dict.fromkeys(("leon", "soria"), EntityKind.PUBLIC))
        self.directory.parties["leon"] = listed_party(self.directory.parties["leon"])
        self.honest = self.directory.parties["leon"]
        self.soria = context_of("soria", Path(self.folder.name, "soria"), self.directory)
        self.made: list[Recovery] = []
        self.told: dict[str, datetime] = {}
        self.vetoes: set[str] = set()
        self.ahead = 0.0

    @override
    def teardown(self) -> None:
        """Close the node."""
        self.soria.close()
        self.folder.cleanup()

    @initialize()
    def begin(self) -> None:
        """Make a recovery that may be told or not."""
        self.made.append(recovery_of(self.honest, keys_of(STRANGERS[0]), START))

    # ---- time

    @rule(hours=HOURS)
    def wait(self, hours: float) -> None:
        """Let time pass."""
        self.clock.advance(hours=hours)

    @rule()
    def poll(self) -> None:
        """Let the node do what it does in the background."""
        self.soria.directory.reconsider(self.clock.now())

    @rule(hours=HOURS)
    def date_ahead(self, hours: float) -> None:
        """Date the next directories in the future."""
        self.ahead = hours

    # ---- what the coordinator signs

    @rule(who=st.sampled_from(STRANGERS), shift=st.sampled_from([0.0, -1.0, -47.0, -48.0, -200.0, 1.0]))
    def state(self, who: str, shift: float) -> None:
        """Make a recovery that is dated as the coordinator likes."""
        self.made.append(recovery_of(self.honest, keys_of(who), self.clock.now() + timedelta(hours=shift)))

    @rule(data=st.data(), opened=st.sampled_from([None, 0.0, -48.0]), forged=st.booleans())
    def tell(self, data: st.DataObject, opened: float | None, forged: bool) -> None:
        """Tell of a recovery, at its own date or at another, perhaps with a forged veto."""
        recovery = data.draw(st.sampled_from(self.made))
        if opened is not None:
            recovery = recovery.model_copy(update={"opened": self.clock.now() + timedelta(hours=opened)})
        if forged:
            recovery = vetoed(recovery, keys_of("thief"))
        self.publish(self.honest.model_copy(update={"recovery": recovery}))

    @rule(who=st.sampled_from(STRANGERS))
    def open(self, who: str) -> None:
        """Open a recovery as an honest coordinator does."""
        recovery = recovery_of(self.honest, keys_of(who), self.clock.now())
        self.made.append(recovery)
        self.publish(self.honest.model_copy(update={"recovery": recovery}))

    @rule()
    def count_what_waits(self) -> None:
        """List the keys of the recovery that the node was told of last."""
        kept = self.soria.directory.kept()
        recovery = kept.signed.party("leon").recovery if kept else None
        if recovery is not None:
            self.publish(recovered(self.honest, recovery.model_copy(update={"veto": None})))

    @rule(hours=HOURS, who=st.sampled_from(STRANGERS))
    def count_what_nobody_was_told_of(self, hours: float, who: str) -> None:
        """List new keys as if the recovery had been opened some hours ago."""
        recovery = recovery_of(self.honest, keys_of(who), self.clock.now() - timedelta(hours=hours))
        self.publish(recovered(self.honest, recovery))

    @rule()
    def take_back(self) -> None:
        """Tell of no recovery any more."""
        self.publish(self.honest)

    @rule(data=st.data(), opened=st.sampled_from([None, -48.0, -49.0]))
    def count(self, data: st.DataObject, opened: float | None) -> None:
        """List the new keys, at once or after the wait."""
        recovery = data.draw(st.sampled_from(self.made))
        if opened is not None:
            recovery = recovery.model_copy(update={"opened": self.clock.now() + timedelta(hours=opened)})
        self.publish(recovered(self.honest, recovery))

    @rule(status=st.sampled_from(list(EntityStatus)))
    def set_status(self, status: EntityStatus) -> None:
        """Suspend or reinstate."""
        kept = self.soria.directory.kept()
        assert kept is not None
        self.publish(kept.signed.party("leon").model_copy(update={"status": status}))

    @rule()
    def renew(self) -> None:
        """Sign the same once more."""
        kept = self.soria.directory.kept()
        assert kept is not None
        self.publish(kept.signed.party("leon"))

    # ---- the owner

    @rule(data=st.data())
    def veto(self, data: st.DataObject) -> None:
        """Give the node a veto of Leon, which is obeyed when the directory tells of that recovery."""
        recovery = data.draw(st.sampled_from(self.made))
        with suppress(TrustError):
            self.soria.directory.veto("leon", veto_of(recovery, keys_of("leon")), self.clock.now())
            self.vetoes.add(recovery.id)

    def publish(self, party: object) -> None:
        """Sign a directory and give it to the node, which may refuse it."""
        self.directory.parties["leon"] = party  # type: ignore[assignment]
        with suppress(TrustError):
            publish_ahead(self.directory, self.soria, self.ahead)
        kept = self.soria.directory.kept()
        assert kept is not None
        listed = kept.signed.party("leon")
        ids = {each.id for each in (*listed.recoveries, *([listed.recovery] if listed.recovery else []))}
        self.told = {each: self.told.get(each, self.clock.now()) for each in ids}

    # ---- what holds

    @invariant()
    def other_keys_exchange_nothing_before_their_time(self) -> None:
        """Keys without a statement of the old ones count 48 hours after this node was told, and never after a veto."""
        directory = self.soria.directory.newest()
        assert directory is not None
        party = directory.party("leon")
        if party.status is not EntityStatus.ACTIVE or party.signing_key == self.honest.signing_key:
            return
        (recovery,) = party.recoveries
        assert recovery.id not in self.vetoes
        assert self.clock.now() >= self.told[recovery.id] + WAIT

    @invariant()
    def whoever_recovers_keys_exchanges_nothing_with_the_old_ones(self) -> None:
        """While a recovery waits that nobody vetoed, the entity is held back."""
        directory = self.soria.directory.newest()
        assert directory is not None
        party = directory.party("leon")
        pending = party.pending_recovery
        assert pending is None or pending.id in self.vetoes or party.status is EntityStatus.SUSPENDED


def test_a_lying_coordinator_shortens_no_wait() -> None:
    run_state_machine_as_test(
        LyingCoordinator, settings=settings(max_examples=40, stateful_step_count=25, deadline=None)
    )
