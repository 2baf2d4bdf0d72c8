"""The anchors that this node asks for in every sum of training, by its settings and the keys its officer pinned."""

from sqlalchemy.orm import Session

from federated.participation.required_entities import RequiredEntities
from node.context import NodeContext
from node.pinned_anchors import pinned_anchors


def required_anchors(context: NodeContext, session: Session) -> RequiredEntities:
    """Return the anchors that count, and the number of them that must be in a sum.

    An anchor counts while the directory in use lists it with exactly the witness key that the officer pinned, and is
    cosigned by a quorum of the anchors: only then is its signing key theirs as far as this node can know.
    """
    needed, policy = context.settings.training_anchors, pinned_anchors(session, context.keys.cipher)
    directory = context.directory.newest()
    if directory is None or not policy.vouches(context.directory.vouching()):
        return RequiredEntities(frozenset(), needed)
    parties = {each.entity: directory.party(each.entity) for each in policy.anchors if each.entity in directory}
    listed = (
        each.entity
        for each in policy.anchors
        if each.entity in parties and (witness := parties[each.entity].witness) and witness.vkey == each.vkey
    )
    return RequiredEntities(frozenset(listed), needed)
