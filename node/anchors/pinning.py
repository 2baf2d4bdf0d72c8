"""Pinning anchors: the data-protection officer chooses whose cosignatures this node asks for.

The officer types the fingerprint that the anchor printed; the key with that fingerprint is pinned, and the ledger notes
the change. A directory that lists another key for the entity does not get past this.
"""

from collections.abc import Callable
from dataclasses import dataclass

from consent_ledger.directories.anchors import (
    MAX_ANCHORS,
    Anchor,
    AnchorPolicy,
    fingerprint,
    majority,
    same_fingerprint,
)
from consent_ledger.log.bodies import PolicyChangedBody
from consent_ledger.log.entry import EntryType, NewEntry
from node.anchors.errors import AnchorFingerprintDiffers, AnchorQuorumInvalid, AnchorsTooMany, AnchorUnknown
from node.context import NodeContext
from node.identity.reach import own_cosigner
from node.ledger.own import own_ledger
from node.pinned_anchors import pinned_anchors, replace_anchors
from presentation.messages import _
from trust.directory import Directory
from trust.errors import DirectoryExpired

POLICY_CODE = "directory_anchors"


@dataclass(frozen=True, slots=True)
class AnchorChange:
    """The anchors in force after a change, and its entry in the ledger; None when nothing changed."""

    policy: AnchorPolicy
    ledger_index: int | None


def own_fingerprint(context: NodeContext) -> tuple[str, str]:
    """Return the witness key of this entity and its fingerprint, for those who pin it.

    Raises:
        RedpactError: settings or keys are unusable.
    """
    vkey = own_cosigner(context.settings, context.keys).vkey
    return vkey, fingerprint(vkey)


def pin(context: NodeContext, entity: str, typed: str, quorum: int | None = None) -> AnchorChange:
    """Pin an entity whose witness key has the typed fingerprint; without a quorum, more than half of all must cosign.

    Raises:
        AnchorUnknown: it is not in the directory, is this entity, or witnesses nothing.
        AnchorFingerprintDiffers: the directory lists another key for it.
        AnchorQuorumInvalid, AnchorsTooMany: out of bounds.
    """
    vkey = _listed_key(context, entity)
    if not same_fingerprint(vkey, typed):
        raise AnchorFingerprintDiffers(
            _("el directorio da a {entity} la huella {found}", entity=entity, found=fingerprint(vkey)),
            remedy=_("compárela con la que imprime esa entidad: redpact-node anchors fingerprint"),
        )

    def with_it(before: AnchorPolicy) -> AnchorPolicy:
        others = tuple(each for each in before.anchors if each.entity != entity)
        return _policy((*others, Anchor(entity, vkey)), quorum)

    return _change(context, with_it)


def typed_anchor(text: str) -> tuple[str, str]:
    """Return the entity and the fingerprint of an anchor typed as ``ENTITY=FINGERPRINT``.

    Raises:
        AnchorUnknown: it has not that form.
    """
    entity, separator, typed = text.partition("=")
    if not (entity and separator and typed):
        raise AnchorUnknown(
            _("{text!r} no es una entidad con su huella", text=text),
            remedy=_("escríbala así: --anchor burgos=1a2b-3c4d-5e6f-7a8b-9c0d-1e2f-3a4b-5c6d"),
        )
    return entity, typed


def unpin(context: NodeContext, entity: str, quorum: int | None = None) -> AnchorChange:
    """Pin an entity no longer.

    Raises:
        AnchorUnknown: it is not pinned.
        AnchorQuorumInvalid: out of bounds.
    """

    def without_it(before: AnchorPolicy) -> AnchorPolicy:
        others = tuple(each for each in before.anchors if each.entity != entity)
        if len(others) == len(before.anchors):
            raise AnchorUnknown(
                _("{entity} no es ancla de este nodo", entity=entity), remedy=_("consulte: redpact-node anchors show")
            )
        return _policy(others, quorum if others else None)

    return _change(context, without_it)


def set_quorum(context: NodeContext, quorum: int) -> AnchorChange:
    """Change the number of anchors that must have cosigned a directory.

    Raises:
        AnchorQuorumInvalid: out of bounds.
    """
    return _change(context, lambda before: _policy(before.anchors, quorum))


def _policy(anchors: tuple[Anchor, ...], quorum: int | None) -> AnchorPolicy:
    if len(anchors) > MAX_ANCHORS:
        raise AnchorsTooMany(
            _("un nodo fija {most} anclas como máximo", most=MAX_ANCHORS),
            remedy=_("quite una: redpact-node anchors unpin"),
        )
    needed = majority(len(anchors)) if quorum is None else quorum
    if needed > len(anchors) or (anchors and needed < 1):
        raise AnchorQuorumInvalid(
            _("{needed} cofirmas de {count} anclas no es posible", needed=needed, count=len(anchors)),
            remedy=_("indique otro --quorum"),
        )
    return AnchorPolicy(tuple(sorted(anchors, key=lambda each: each.entity)), needed)


def _change(context: NodeContext, change: Callable[[AnchorPolicy], AnchorPolicy]) -> AnchorChange:
    with context.transaction() as session:
        ledger = own_ledger(context, session)
        ledger.lock()
        before, now = pinned_anchors(session, context.keys.cipher), context.clock.now()
        after = change(before)
        if after == before:
            return AnchorChange(before, None)
        old = before.sha256 if before.anchors else None
        body = PolicyChangedBody(policy=POLICY_CODE, old_sha256=old, new_sha256=after.sha256)
        (entry,) = ledger.append([NewEntry(EntryType.POLICY_CHANGED, body)], now)
        replace_anchors(session, context.keys.cipher, after, now)
    return AnchorChange(after, entry.index)


def _listed_key(context: NodeContext, entity: str) -> str:
    directory = _newest(context)
    witness = directory.party(entity).witness if entity in directory else None
    if witness is None or entity == context.settings.entity:
        raise AnchorUnknown(
            _("{entity} no es otra entidad del directorio que cofirme registros", entity=entity),
            remedy=_("consulte: redpact-node status"),
        )
    return witness.vkey


def _newest(context: NodeContext) -> Directory:
    directory = context.directory.newest()
    if directory is None:
        raise DirectoryExpired(
            _("este nodo aún no tiene directorio"), remedy=_("compruebe la conexión con el coordinador y ejecute serve")
        )
    return directory
