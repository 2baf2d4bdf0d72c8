"""Corrections of an additive model by hand. They look at no data, so they cost no privacy, and each leaves a trace."""

import math
from collections.abc import Sequence
from typing import Final, Literal

import numpy as np

from federated.errors import EditInvalid
from federated.learning.curves import in_order
from federated.learning.model_documents import MAX_EDITS, AdditiveModel, Edit, LearnedModel, Shape, as_row
from presentation.messages import _

SET: Final = "set"
_ORDERS: Final[dict[str, Literal[-1, 1]]] = {"monotone:+1": 1, "monotone:-1": -1}


def edit(model: AdditiveModel, feature: str, log_odds: Sequence[float], *, reason: str) -> AdditiveModel:
    """Return the model with one feature's log-odds set, bin by bin.

    Args:
        model: stays as it is.
        feature: whose curve to change.
        log_odds: one per bin; all zeros take the feature out of the model.
        reason: why, in the editor's words; kept in the document.

    Raises:
        EditInvalid: no such feature, another number of bins, values that are no log-odds, or no reason.
    """
    return _edited(model, feature, as_row(np.array(log_odds, dtype=np.float64)), SET, reason)


def edit_in_order(model: AdditiveModel, feature: str, direction: Literal[-1, 1], *, reason: str) -> AdditiveModel:
    """Return the model with the nearest curve for a feature that only rises (+1) or only falls (-1).

    Raises:
        EditInvalid: no such feature, or no reason.
    """
    shape = _shape(model, feature)
    curve = in_order(np.array(shape.log_odds), np.array(shape.people), direction)
    return _edited(model, feature, as_row(curve), f"monotone:{direction:+d}", reason)


def with_edits(model: LearnedModel, edits: Sequence[Edit]) -> LearnedModel:
    """Return the model with the corrections of another copy of it made again, in their order.

    Of each only what was asked is taken; what it started from and, of an order, what it led to are worked out anew, so
    that whoever compares the result with a released model finds a correction that does not fit.

    Raises:
        EditInvalid: a model without curves, or a correction of a kind that is not known or that does not fit.
    """
    for each in edits:
        if not isinstance(model, AdditiveModel):
            raise EditInvalid(
                _("solo un modelo aditivo se puede corregir a mano"), remedy=_("entrene uno con: --model additive")
            )
        direction = _ORDERS.get(each.how)
        if direction is not None:
            model = edit_in_order(model, each.feature, direction, reason=each.reason)
        elif each.how == SET:
            model = edit(model, each.feature, each.after, reason=each.reason)
        else:
            raise EditInvalid(
                _("no se conoce la corrección {how!r}", how=each.how[:100]), remedy=_("actualice RedPACT")
            )
    return model


def _edited(model: AdditiveModel, feature: str, after: tuple[float, ...], how: str, reason: str) -> AdditiveModel:
    shape = _shape(model, feature)
    if len(after) != len(shape.log_odds) or not all(math.isfinite(value) and abs(value) <= 1e9 for value in after):  # noqa: PLR2004 - the documents' bound
        raise EditInvalid(
            _(
                "{feature} necesita {log_odds_count} valores de log-odds finitos",
                feature=feature,
                log_odds_count=len(shape.log_odds),
            ),
            remedy=_("indique un número por tramo"),
        )
    if not reason.strip() or len(model.edits) >= MAX_EDITS:
        raise EditInvalid(_("una corrección necesita un motivo, y un modelo admite como máximo mil correcciones"))
    trace = Edit(feature=feature, how=how, reason=reason, before=shape.log_odds, after=after)
    shapes = tuple(
        Shape(feature=each.feature, edges=each.edges, log_odds=after, people=each.people) if each is shape else each
        for each in model.shapes
    )
    return model.model_copy(update={"shapes": shapes, "edits": (*model.edits, trace)})


def _shape(model: AdditiveModel, feature: str) -> Shape:
    found = model.shape(feature)
    if found is None:
        known = ", ".join(shape.feature for shape in model.shapes)
        raise EditInvalid(
            _("el modelo no tiene la variable {feature!r}", feature=feature),
            remedy=_("elija una de: {known}", known=known),
        )
    return found
