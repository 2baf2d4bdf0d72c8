"""The machine of a coordinator that repeats, reorders, alters, withholds and forks every message of a campaign."""

import shutil
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from typing_extensions import override

from federated.campaign.steps import StepKind, WeightsRequest, pack, unpack
from tests.support.hostile_campaign.coordinator import Coordinator
from tests.support.hostile_campaign.promises import check
from tests.support.hostile_campaign.town import ENTITIES, HONEST, SYBIL, make_town

if TYPE_CHECKING:
    from federated.coordination.progress import Progress

NODES = st.sampled_from(HONEST)
LISTS = st.sampled_from(
    [ENTITIES, *(tuple(each for each in ENTITIES if each != gone) for gone in ENTITIES), ("avila", SYBIL), HONEST[:2]]
)
ROUNDS = st.integers(1, 2)
FIELDS = st.sampled_from(["previous", "cohort_sha256", "counted_sha256", "transcript", "manifest_sha256", "model"])


class CampaignMachine(RuleBasedStateMachine):
    """One campaign with four real nodes and one entity of the coordinator's."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = Path(mkdtemp(prefix="redpact-campaign-"))
        self._patch = pytest.MonkeyPatch()
        self.town = make_town(self._folder, self._patch)
        self.coordinator = Coordinator(self.town)
        self.kept: list[Progress] = []

    @override
    def teardown(self) -> None:
        """Check once more, and leave nothing behind."""
        try:
            check(self.town)
        finally:
            self.town.close()
            self._patch.undo()
            shutil.rmtree(self._folder)

    @property
    def joined(self) -> bool:
        """True when the cohort is known."""
        return bool(self.coordinator.machine.progress.statements)

    @rule()
    def go_on(self) -> None:
        """The honest next step."""
        self.kept.append(self.coordinator.machine.progress)
        self.coordinator.step()

    @rule()
    def begin(self) -> None:
        """The honest steps up to the first round."""
        while self.coordinator.machine.progress.step is not StepKind.MASK and self.coordinator.step():
            self.kept.append(self.coordinator.machine.progress)

    @rule(gone=NODES)
    def withhold(self, gone: str) -> None:
        """The next step, without one entity."""
        self.coordinator.step(withheld=[gone])

    @precondition(lambda self: self.kept)
    @rule(back=st.integers(1, 4))
    def restore_the_coordinator(self, back: int) -> None:
        """The coordinator goes on from an older copy."""
        self.coordinator.go_back(self.kept[-min(back, len(self.kept))])

    @precondition(lambda self: self.town.told)
    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        """A message that was answered, again."""
        each = data.draw(st.sampled_from(self.town.told))
        again = self.coordinator.ask(each.entity, each.raw)
        assert each.entity == SYBIL or again in {None, each.reply}

    @precondition(lambda self: self.town.told)
    @rule(data=st.data(), name=FIELDS, on_chain=st.booleans())
    def alter(self, data: st.DataObject, name: str, on_chain: bool) -> None:
        """A message that was answered, with one thing changed, on its own chain or on the present one."""
        each = data.draw(st.sampled_from(self.town.told))
        other: Any = b"{}" if name == "model" else "1" * 64
        changed = each.request.model_copy(update={name: other} if hasattr(each.request, name) else {})
        self.coordinator.ask(each.entity, self.coordinator.addressed(each.entity, changed) if on_chain else changed)

    @precondition(lambda self: self.town.told)
    @rule(data=st.data(), to=NODES)
    def carry_elsewhere(self, data: st.DataObject, to: str) -> None:
        """The message for one entity, to another."""
        each = data.draw(st.sampled_from(self.town.told))
        self.coordinator.ask(to, self.coordinator.addressed(to, each.request))

    @precondition(lambda self: self.joined)
    @rule(entity=NODES, listed=LISTS)
    def open_tables(self, entity: str, listed: tuple[str, ...]) -> None:
        """The opening of the tables over a list."""
        self.coordinator.open_tables(entity, listed)

    @precondition(lambda self: self.joined)
    @rule(listed=LISTS)
    def count_over(self, listed: tuple[str, ...]) -> None:
        """The whole count over a list, to everybody on it."""
        for entity in listed:
            self.coordinator.open_tables(entity, listed)
        for entity in listed:
            self.coordinator.tell_weights(entity, listed)

    @rule(entity=NODES, place=st.integers(0, 200), less=st.integers(1, 255))
    def lower_a_count(self, entity: str, place: int, less: int) -> None:
        """The weights from a changed table."""
        for each in self.coordinator.answers("weights"):
            if isinstance(each.request, WeightsRequest):
                words = unpack(each.request.table, "<u8").astype(np.uint64)
                words[place] -= np.uint64(less)
                lie = each.request.model_copy(update={"table": pack(words)})
                self.coordinator.ask(entity, self.coordinator.addressed(entity, lie))
                return

    @precondition(lambda self: self.joined)
    @rule(entity=NODES, number=ROUNDS)
    def ask_a_round(self, entity: str, number: int) -> None:
        """A round, out of its turn."""
        self.coordinator.mask(entity, number)

    @precondition(lambda self: self.joined)
    @rule(number=ROUNDS)
    def ask_everybody_a_round(self, number: int) -> None:
        """A round, of everybody, with the same content."""
        named = self.coordinator.answers("weights")
        counted = named[-1].request.shared_sha256 if named else "0" * 64
        for entity in ENTITIES:
            self.coordinator.mask(entity, number, counted)

    @precondition(lambda self: self.joined)
    @rule(entity=NODES, number=ROUNDS, listed=LISTS)
    def unmask(self, entity: str, number: int, listed: tuple[str, ...]) -> None:
        """A round's sum over a list."""
        self.coordinator.unmask(entity, number, listed)

    @rule(entity=NODES)
    def restart(self, entity: str) -> None:
        """A node's process ends, and another one takes over."""
        self.town.restart(entity)

    @rule(entity=NODES)
    def kill_before_the_commit(self, entity: str) -> None:
        """A node's process will end just before it stores its next answer."""
        self.town.kill_at_commit.add(entity)

    @invariant()
    def promises(self) -> None:
        """Every promise, after every rule."""
        check(self.town)
