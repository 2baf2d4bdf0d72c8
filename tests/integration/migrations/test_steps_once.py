"""Migrations node 0022 and coordinator 0011: lists of tags and what was made of them are erased, the rest goes on."""

import json
from datetime import UTC, datetime

import numpy as np
import pytest
from sqlalchemy import Engine, text

from federated.campaign.steps import StepKind
from federated.coordination.progress import Progress
from service import migrate
from service.storage import transaction
from tests.support.migrating import downgrade_to, put, upgrade_to

MOMENT = datetime(2026, 1, 1, 8, 30, tzinfo=UTC)
COORDINATOR = "coordinator:migrations"
FORMER = {
    "round": 1,
    "vectors": {"people": ""},
    "transcript": "0" * 64,
    "statements": {},
    "handed": {"leon": "AAE="},
    "survivors": [],
    "evaluation": [],
    "contributors": [],
    "lost": 0,
}


def progress_of(engine: Engine, campaign: str) -> bytes | None:
    with transaction(engine) as session:
        query = text("SELECT checkpoint FROM training_campaigns WHERE campaign_id = :campaign")
        found: bytes | None = session.execute(query, {"campaign": campaign}).scalar_one()
    return found


@pytest.mark.invariant(5)
def test_the_coordinator_deletes_lists_of_tags_and_counts_and_keeps_everything_else(engine: Engine) -> None:
    upgrade_to(engine, "0009", scripts=COORDINATOR)
    with engine.begin() as connection:
        for number, step in enumerate(("join", "tags", "weights", "mask")):
            put(
                connection,
                "federated_grid_tasks",
                task_id=f"{number:032d}",
                campaign_id="a" * 32,
                entity="leon",
                step=step,
                message=b"asked",
                created_at=MOMENT,
                expires_at=MOMENT,
                reply=b"a list of tags" if step == "tags" else b"reply",
                replied_at=MOMENT,
            )
            put(
                connection,
                "training_campaigns",
                campaign_id=str(number) * 32,
                name="campaign",
                state="running",
                manifest=b"{}",
                proposed_at=MOMENT,
                rounds_completed=0,
                checkpoint=json.dumps({"step": step, **FORMER}).encode(),
            )
    migrate.upgrade(engine, COORDINATOR)
    with transaction(engine) as session:
        steps = set(session.execute(text("SELECT step FROM federated_grid_tasks")).scalars())
    assert steps == {"join", "mask"}
    assert progress_of(engine, "1" * 32) is progress_of(engine, "2" * 32) is None
    stored = progress_of(engine, "3" * 32)
    assert stored is not None
    assert Progress.from_json(stored).step is StepKind.MASK
    counting = Progress(StepKind.OPENING, 1, {"people": np.zeros(1)}, "0" * 64, table=b"\x07")
    with transaction(engine) as session:
        session.execute(
            text("UPDATE training_campaigns SET checkpoint = :made WHERE campaign_id = :campaign"),
            {"made": counting.to_json(), "campaign": "0" * 32},
        )
    downgrade_to(engine, "0009", scripts=COORDINATOR)
    assert progress_of(engine, "0" * 32) is None
    assert json.loads(progress_of(engine, "3" * 32) or b"{}") == {"step": "mask", **FORMER}


@pytest.mark.invariant(5)
def test_a_node_erases_the_tags_and_weights_of_former_counts(engine: Engine) -> None:
    upgrade_to(engine, "0016")
    with engine.begin() as connection:
        put(connection, "federated_budgets", dataset="records", epsilon_limit=8.0, delta=1e-5, changed_at=MOMENT)
        reservation = {"dataset": "records", "stages": "[]", "reserved_at": MOMENT, "closed_at": None}
        put(connection, "federated_reservations", campaign_id="a" * 32, **reservation)
        put(connection, "federated_enrolments", campaign_id="a" * 32, statement=b"{}")
        for secret in ("mask_key", "group_key", "tag_sheet", "weights"):
            put(connection, "federated_enrolment_secrets", campaign_id="a" * 32, secret=secret, sealed=b"sealed")
    migrate.upgrade(engine, "node:migrations")
    with transaction(engine) as session:
        left = set(session.execute(text("SELECT secret FROM federated_enrolment_secrets")).scalars())
    assert left == {"mask_key", "group_key"}
