"""Logistic regression: per-person gradients by Opacus, clipped and summed exactly on the integer grid."""

from typing import Final

import numpy as np
import torch
from opacus.grad_sample import GradSampleModule
from opacus.optimizers import DPOptimizer
from torch import nn

from federated.features import FloatMatrix, FloatVector
from federated.rounds import GRID_STEPS, IntVector

# The matrices are small: more threads only wait for each other, and several nodes may share a machine.
torch.set_num_threads(1)

_BATCH: Final = 16_384
"""Rows at a time: per-person gradients of a batch fit in a few MB."""


class GridOptimizer(DPOptimizer):  # type: ignore[misc]  # opacus ships no annotations
    """Opacus's `DPOptimizer` with the sum of clipped gradients kept as whole numbers.

    Opacus adds floats and draws its noise from torch's generator. Here each person's clipped gradient is cut, towards
    zero, to the grid of ``max_grad_norm / GRID_STEPS``: cutting never makes it longer, so the bound holds exactly, and
    the sum has no rounding error that could tell on somebody. Noise is added outside, in `federated.training`.
    """

    def __init__(self, model: nn.Module, bound: float) -> None:
        plain = torch.optim.SGD(model.parameters(), lr=1.0)
        super().__init__(
            plain, noise_multiplier=0.0, max_grad_norm=bound, expected_batch_size=None, loss_reduction="sum"
        )
        self.grid_sum: IntVector | None = None

    def clip_and_accumulate(self) -> None:
        """Add the batch's clipped gradients to `grid_sum`."""
        batch = clip_to_grid(torch.cat([g.reshape(len(g), -1) for g in self.grad_samples], dim=1), self.max_grad_norm)
        total = batch.sum(dim=0).numpy()
        self.grid_sum = total if self.grid_sum is None else self.grid_sum + total


def clip_to_grid(rows: torch.Tensor, bound: float) -> torch.Tensor:
    """Return (people, parameters) gradients clipped to L2 norm `bound`, as int64 grid units (a row: at most 2^20)."""
    norms = rows.norm(2, dim=1, keepdim=True)
    factors = torch.where(norms > bound, bound / norms, torch.ones_like(norms))
    units = (rows * factors * (GRID_STEPS / bound)).trunc().to(torch.int64)
    # Rounding in the norm could leave a row some 10^-10 units too long; whole numbers show it exactly.
    too_long = (units * units).sum(dim=1, keepdim=True) > GRID_STEPS**2
    return torch.where(too_long, units - units.sign(), units)


def clipped_sum(weights: FloatVector, matrix: FloatMatrix, labels: FloatVector, bound: float) -> IntVector:
    """Return the sum of the people's clipped log-loss gradients, in grid units (`federated.training.ClippedSum`).

    Args:
        weights: (columns + 1,) the intercept last.
        matrix: (people, columns).
        labels: (people,) of 0 and 1.
        bound: clipping bound on one person's gradient.

    Returns:
        (columns + 1,) int64, the intercept's part last.
    """
    columns = len(weights) - 1
    model = GradSampleModule(_linear(weights), loss_reduction="sum")
    optimizer = GridOptimizer(model, bound)
    loss = nn.BCEWithLogitsLoss(reduction="sum")
    for start in range(0, len(labels), _BATCH):
        # Opacus's backward hook warns when no input asks for a gradient.
        rows = torch.from_numpy(matrix[start : start + _BATCH]).requires_grad_()
        target = torch.from_numpy(labels[start : start + _BATCH])
        optimizer.zero_grad(set_to_none=True)
        loss(model(rows).squeeze(1), target).backward()
        optimizer.clip_and_accumulate()
    empty = np.zeros(columns + 1, dtype=np.int64)
    return optimizer.grid_sum if optimizer.grid_sum is not None else empty


def _linear(weights: FloatVector) -> nn.Linear:
    model = nn.Linear(len(weights) - 1, 1, dtype=torch.float64)
    with torch.no_grad():
        model.weight.copy_(torch.from_numpy(weights[None, :-1].copy()))
        model.bias.copy_(torch.from_numpy(weights[-1:].copy()))
    return model
