"""The anchors that this node asks for in every sum of training, by its settings and the keys its officer pinned.

A node that lacks them approves no campaign; `status` and `doctor` say so beforehand.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from federated.participation.required_entities import RequiredEntities
from node.context import NodeContext
from node.pinned_anchors import pinned_anchors
from policies.errors import RedpactError
from presentation.messages import Message, _, plural
from service.extras import missing_training_libraries
from service.findings import Finding, Level


def required_anchors(context: NodeContext, session: Session) -> RequiredEntities:
    """Return the anchors that count, and the number of them that must be in a sum.

    An anchor counts while the directory in use lists it with exactly the witness key that the officer pinned, and is
    cosigned by a quorum of the anchors: only then is its signing key theirs as far as this node can know.
    """
    needed, policy = context.settings.training_anchors, pinned_anchors(session, context.keys.cipher)
    directory, pinned = context.directory.newest(), frozenset(each.entity for each in policy.anchors)
    if directory is None or not policy.vouches(context.directory.vouching()):
        return RequiredEntities(frozenset(), needed, pinned)
    parties = {each.entity: directory.party(each.entity) for each in policy.anchors if each.entity in directory}
    listed = (
        each.entity
        for each in policy.anchors
        if each.entity in parties and (witness := parties[each.entity].witness) and witness.vkey == each.vkey
    )
    return RequiredEntities(frozenset(listed), needed, pinned)


def training_anchors_state(context: NodeContext) -> dict[str, Any]:
    """Return the anchors asked for in every sum, as JSON values; `enough` also where this node cannot train at all.

    Raises:
        RedpactError: settings, directory or database are unusable.
    """
    with context.snapshot() as session:
        required = required_anchors(context, session)
    return {
        "needed": required.needed,
        "counting": sorted(required.entities),
        "pinned": sorted(required.pinned),
        "enough": required.enough or bool(missing_training_libraries()),
    }


def training_anchors_lines(state: Mapping[str, Any], lang: str) -> tuple[str, ...]:
    """Return the state for people, nothing when there are enough."""
    if state["enough"]:
        return ()
    return (_lacking(state).in_language(lang), _remedy(state).in_language(lang))


def check_training_anchors(context: NodeContext) -> Finding:
    """Check that so many anchors count that this node can approve a campaign."""
    try:
        state = training_anchors_state(context)
    except RedpactError as error:
        return Finding.of_error("training-anchors", error)
    if state["enough"]:
        return Finding("training-anchors", Level.OK, _("Hay anclas bastantes para aprobar campañas de entrenamiento"))
    return Finding("training-anchors", Level.WARNING, _lacking(state), _remedy(state))


def _lacking(state: Mapping[str, Any]) -> Message:
    return plural(
        "AVISO: este nodo no aprueba campañas de entrenamiento: exige {n} ancla en cada suma y cuentan {counting}",
        "AVISO: este nodo no aprueba campañas de entrenamiento: exige {n} anclas en cada suma y cuentan {counting}",
        state["needed"],
        counting=len(state["counting"]),
    )


def _remedy(state: Mapping[str, Any]) -> Message:
    return RequiredEntities(frozenset(state["counting"]), state["needed"], frozenset(state["pinned"])).remedy()
