"""Corrections of an additive model by hand. They use no data, so they cost no privacy; the model lists each one."""

import math
from collections.abc import Sequence
from typing import Final, Literal

import numpy as np

from federated.errors import EditInvalid
from federated.learning.curves import in_order
from federated.learning.model_documents import MAX_EDITS, AdditiveModel, Edit, LearnedModel, Shape, as_row
from presentation.messages import _, plural

SET: Final = "set"
_ORDERS: Final[dict[str, Literal[-1, 1]]] = {"monotone:+1": 1, "monotone:-1": -1}


def edit(model: AdditiveModel, feature: str, log_odds: Sequence[float], *, reason: str) -> AdditiveModel:
    """Return the model with one feature's log-odds set, bin by bin.

    Args:
        model: unchanged by the call.
        feature: name of the feature.
        log_odds: one per bin; all zeros remove the feature from the model.
        reason: in the editor's words; stored in the document.

    Raises:
        EditInvalid: no such feature, another number of bins, values that are not finite, or no reason.
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
    """Return the model with the corrections of a release applied again, in their order.

    Of each correction only its request is used; the curve before it and, for an order, the curve after it are computed
    again. A comparison of the result with the release thus reveals a correction that does not fit.

    Raises:
        EditInvalid: a model without curves, or a correction of an unknown kind or that does not fit.
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
            plural(
                "{feature} necesita {n} valor de log-odds finito",
                "{feature} necesita {n} valores de log-odds finitos",
                len(shape.log_odds),
                feature=feature,
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
