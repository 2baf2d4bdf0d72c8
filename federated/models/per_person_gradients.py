"""Per-person gradients by Opacus, clipped, weighted, quantised and summed exactly."""

from typing import Final

import numpy as np
import torch
from opacus.grad_sample import GradSampleModule
from opacus.optimizers import DPOptimizer
from torch import nn

from federated.privacy.quantisation import UNITS_PER_BOUND, IntMatrix, IntVector
from federated.privacy.quantised_contributions import INTERCEPT_UNITS, contribution_bounds, quantise, within_limits
from federated.tabular.features import FloatMatrix
from federated.tabular.rows import Rows

# The matrices are small, so more threads cost more than they gain, and several nodes may share a machine.
torch.set_num_threads(1)

_BATCH: Final = 4096
"""Rows at a time: per-person gradients of a batch fit in a few MB."""


class QuantisingOptimizer(DPOptimizer):  # type: ignore[misc]  # opacus ships no annotations
    """Opacus's `DPOptimizer` with the sum of clipped gradients kept as whole numbers.

    Opacus adds floats and draws its noise from torch's generator. Here each person's clipped gradient is truncated
    towards zero to multiples of ``max_grad_norm / UNITS_PER_BOUND``: truncation never lengthens it, so the bound holds
    exactly, and the sum has no rounding error that depends on a person. Noise is added outside.
    """

    def __init__(self, model: nn.Module, bound: float) -> None:
        plain = torch.optim.SGD(model.parameters(), lr=1.0)
        super().__init__(
            plain, noise_multiplier=0.0, max_grad_norm=bound, expected_batch_size=None, loss_reduction="sum"
        )
        self.quantised_sum: IntVector = np.zeros(sum(p.numel() for p in model.parameters()), dtype=np.int64)

    def clip_and_accumulate(self, limit: IntVector | None = None) -> None:
        """Add the batch's clipped gradients to `quantised_sum`; `limit` as in `clip_and_quantise`."""
        rows = torch.cat([g.reshape(len(g), -1) for g in self.grad_samples], dim=1).numpy().astype(np.float64)
        most = np.full(len(rows), UNITS_PER_BOUND, dtype=np.int64) if limit is None else limit
        clipped = clip_and_quantise(rows[:, :-1], self.max_grad_norm, most)
        # A residual p - y is at most 1 in size; its quarter is exact, so it stays within a quarter of the limit.
        whole = quantise(rows[:, -1] * (INTERCEPT_UNITS / UNITS_PER_BOUND), most)
        self.quantised_sum = self.quantised_sum + np.append(clipped.sum(axis=0), whole.sum())


def clip_and_quantise(rows: FloatMatrix, bound: float, limit: IntVector) -> IntMatrix:
    """Return (people, parameters) gradients clipped to L2 norm `bound`, as int64 quantised units.

    Args:
        rows: (people, parameters) float64 gradients; one that is not finite becomes zero.
        bound: clipping bound, at least `LEAST_CLIPPING_BOUND`.
        limit: (people,) int64, the units that `bound` is worth for each person: 2^20, or less for a weight below 1.

    Returns:
        Rows that are at most `limit` units long.
    """
    finite = np.where(np.isfinite(rows).all(axis=1, keepdims=True), rows, 0.0)
    # Scaled by its largest entry, so that no square overflows or vanishes.
    largest = np.maximum(np.abs(finite).max(axis=1, keepdims=True, initial=0.0), bound)
    shapes = finite / largest
    directions = shapes / np.maximum(np.linalg.norm(shapes, axis=1, keepdims=True), bound / largest)
    return within_limits(np.trunc(directions * limit[:, None]).astype(np.int64), limit)


def clipped_gradients(model: nn.Module, rows: Rows, bound: float) -> IntVector:
    """Return the sum over people of their log-loss gradients, clipped and weighted, in quantised units.

    Args:
        model: maps (people, columns) float64 to (people, 1) log-odds; its parameters are taken in their own order, and
            the last is the intercept.
        rows: the people; one of weight w adds at most ``w * GRADIENT_SENSITIVITY`` units.
        bound: clipping bound on one person's gradient without the intercept's part.

    Returns:
        (parameters,) int64; the last is the sum of whole residuals ``p - y``, `INTERCEPT_UNITS` each.
    """
    sampled = GradSampleModule(model, loss_reduction="sum")
    optimizer = QuantisingOptimizer(sampled, bound)
    loss = nn.BCEWithLogitsLoss(reduction="sum")
    limit = contribution_bounds(rows.weights)
    for start in range(0, len(rows), _BATCH):
        batch = slice(start, start + _BATCH)
        # Opacus's backward hook warns when no input asks for a gradient.
        inputs = torch.from_numpy(rows.matrix[batch]).requires_grad_()
        optimizer.zero_grad(set_to_none=True)
        loss(sampled(inputs).squeeze(1), torch.from_numpy(rows.labels[batch])).backward()
        optimizer.clip_and_accumulate(limit[batch])
    return optimizer.quantised_sum
