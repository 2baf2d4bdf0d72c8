"""The entities and fields that a new consent may name, looked up in the newest directory and the catalogue."""

from collections.abc import Sequence
from dataclasses import dataclass

from consent_ledger.log.bodies import PartyDetail
from node.consents.errors import RecipientNotAllowed
from node.consents.recipients import referral_fields
from node.consents.terms import shareable_fields
from node.context import NodeContext
from presentation.messages import _
from trust.parties import EntityKind, Party


@dataclass(frozen=True, slots=True)
class GrantScope:
    """The scope of a new consent.

    Attributes:
        recipients: entity ids, in the order in which they were named.
        holders: entity ids of the other entities that share under it.
        parties: this entity, recipients and holders by name.
        fields: catalogue ids.
    """

    recipients: tuple[str, ...]
    holders: tuple[str, ...]
    parties: tuple[PartyDetail, ...]
    fields: tuple[str, ...]


def grant_scope(
    context: NodeContext,
    *,
    recipients: Sequence[str],
    holders: Sequence[str],
    purposes: Sequence[str],
    fields: Sequence[str],
) -> GrantScope:
    """Return the scope of a new consent; without fields it is the minimum summary.

    Raises:
        UnknownTerm: an unknown field.
        UnknownParty, PartySuspended, RecipientNotAllowed: an entity that cannot be one.
        FieldNotShareable: a field that no general consent covers.
    """
    directory = context.directory.newest() or context.directory.current(context.clock.now())
    own = context.settings.entity
    named = [directory.active_party(name) for name in dict.fromkeys(recipients)]
    others = [directory.active_party(name) for name in dict.fromkeys(holders)]
    us = [directory.party(own)] if own in directory else []
    if own in recipients and not holders:
        raise RecipientNotAllowed(
            _("{name} es esta misma entidad", name=own),
            remedy=_("indique con --holder las entidades a las que esta puede pedir datos"),
        )
    if others and us and us[0].kind is EntityKind.COLLABORATOR:
        raise RecipientNotAllowed(
            _("una entidad colaboradora no recoge consentimientos para otras (Ley 4/2018, art. 7)"),
            remedy=_("pida a la persona que lo firme en una entidad pública o con intervención profesional"),
        )
    for party in others:
        _require_holder(party, own)
    details = {party.id: _detail(party) for party in (*us, *named, *others)}
    limited = referral_fields((details[party.id] for party in named if party.id != own), purposes, fields)
    return GrantScope(
        recipients=tuple(party.id for party in named),
        holders=tuple(party.id for party in others),
        parties=tuple(details.values()),
        fields=shareable_fields(limited or fields),
    )


def _require_holder(party: Party, own: str) -> None:
    if party.kind is EntityKind.COLLABORATOR or party.id == own:
        raise RecipientNotAllowed(
            _("{party} no tiene fichas que pueda compartir con este consentimiento", party=party.id),
            remedy=_("indique otras entidades que tienen los datos, de clase public o agent; esta ya está incluida"),
        )


def _detail(party: Party) -> PartyDetail:
    return PartyDetail(id=party.id, name=party.name, kind=party.kind.value)
