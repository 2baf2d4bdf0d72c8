"""Flower's central differential privacy in one process, as an operator of stock Flower gets it.

Its unit is the client: epsilon says how little the release tells about one *entity* taking part, with all its people.
That is a stronger promise than one about a person, to be had only from very many clients; and it is made by the server,
which sees each entity's update in the clear. The clients' weights are equal, without which its sensitivity is wrong.
"""

import logging
from typing import Final

import numpy as np
from flwr.app import Array, ArrayRecord, Message, Metadata, MetricRecord, RecordDict
from flwr.app.message.message import make_message
from flwr.serverapp.strategy import DifferentialPrivacyServerSideFixedClipping, FedAvg

from federated.privacy.accountant import noise_multiplier_for
from federated.studies.plain_regression import fit_logistic
from federated.tabular.evaluation_table import Table
from federated.tabular.features import FloatVector

ROUNDS: Final = 1
CLIPPING_NORM: Final = 1.0
"""Best on the tuning seeds at epsilon 1 of 1, 3 and 10 rounds and norms 0.3, 1 and 3, within the spread."""


def stock_client_level(
    training: Table, *, epsilon: float, delta: float, seed: int, rounds: int = ROUNDS, norm: float = CLIPPING_NORM
) -> FloatVector:
    """Return the weights (columns + 1,) of a logistic model, the intercept last.

    Each client fits its own rows, starting from the server's weights, and sends the result; clipping, averaging and
    noise are the strategy's.
    """
    logging.getLogger("flwr").setLevel(logging.ERROR)
    np.random.seed(seed)  # noqa: NPY002 - the strategy draws its noise from the global generator
    sites = [training.take(training.sites == site) for site in training.site_names]
    multiplier = noise_multiplier_for(epsilon, delta, rounds)
    strategy = DifferentialPrivacyServerSideFixedClipping(FedAvg(), multiplier, norm, len(sites))
    arrays = ArrayRecord({"weights": Array(np.zeros(training.matrix.shape[1] + 1))})
    for number in range(1, rounds + 1):
        strategy.current_arrays = arrays
        replies = [_reply(index, number, rows) for index, rows in enumerate(sites, start=2)]
        aggregated, _ = strategy.aggregate_train(number, replies)
        if aggregated is None:
            raise RuntimeError("the strategy refused the replies")
        arrays = aggregated
    (weights,) = arrays.to_numpy_ndarrays()
    found: FloatVector = weights.astype(np.float64)
    return found


def _reply(node: int, number: int, rows: Table) -> Message:
    # The plain fit has one solution, wherever it starts from.
    weights = fit_logistic(rows.matrix, rows.labels, l2_penalty=1e-2)
    arrays, metrics = ArrayRecord({"weights": Array(weights)}), MetricRecord({"num-examples": 1})
    metadata = Metadata(
        run_id=1,
        message_id=f"{number}-{node}",
        src_node_id=node,
        dst_node_id=1,
        reply_to_message_id=f"{number}-{node}-asked",
        group_id=str(number),
        created_at=0.0,
        ttl=3600.0,
        message_type="train",
    )
    return make_message(metadata, content=RecordDict({"arrays": arrays, "metrics": metrics}))
