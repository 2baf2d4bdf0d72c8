"""Invariant 5 for training: what the coordinator receives and stores holds no entity's unmasked vector."""

from pathlib import Path

import numpy as np
import pytest

from coordinator.training.campaign_states import CampaignState
from federated.secagg import client, server
from federated.secagg.derivation import MaskVector
from tests.support.running_campaigns import approve_all, ended, propose_campaign, serving, until
from tests.support.traces import Haystack, Traces, files, uniform_p_value

IMPROBABLE = 1e-9
"""Below this a vector is not uniform, even if it is the worst of hundreds."""


def watched(root: Path, model: str, patch: pytest.MonkeyPatch) -> tuple[Traces, Haystack]:
    """Run a campaign over mutual TLS; what was computed, and what the coordinator got of it."""
    traces = Traces()
    traces.listen(patch)
    with serving(root, round_seconds=60) as net:
        campaign = propose_campaign(net, model=model)
        approve_all(net, campaign)
        done = until(net, campaign, ended)
        stored = files(net.coordinator.context.home)
    assert done.state is CampaignState.RELEASED
    assert len(traces.noised) == len(traces.exact) == len(traces.masked) == 4 * done.manifest.rounds
    return traces, Haystack([*traces.received, *stored, *files(root / "coordinator")])


@pytest.mark.slow
@pytest.mark.invariant(5)
@pytest.mark.parametrize("model", ["additive", "logistic"])
def test_no_histogram_and_no_gradient_of_one_entity_reaches_the_coordinator_unmasked(
    tmp_path: Path, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    traces, received = watched(tmp_path, model, monkeypatch)
    assert all(received.holds(vector) for vector in traces.masked)
    assert not any(received.holds(vector) for vector in (*traces.exact, *traces.noised))
    assert min(uniform_p_value(vector) for vector in traces.masked) > IMPROBABLE
    assert uniform_p_value(np.concatenate(traces.masked)) > IMPROBABLE


@pytest.mark.slow
def test_without_masks_the_search_finds_every_vector_and_none_of_them_is_uniform(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (client, server):
        monkeypatch.setattr(module, "expand", _no_mask)
    traces, received = watched(tmp_path, "logistic", monkeypatch)
    assert all(received.holds(vector) for vector in traces.noised)
    assert not any(received.holds(vector) for vector in traces.exact)
    assert max(uniform_p_value(vector) for vector in traces.noised) < IMPROBABLE


def _no_mask(_key: bytes, length: int) -> MaskVector:
    return np.zeros(length, dtype=np.uint64)
