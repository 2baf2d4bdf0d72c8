"""Checks on the keys and the witness that an entity publishes."""

from consent_ledger.proofs.cosignature import CosignatureVerifier
from consent_ledger.witnessing.assignment import own_address
from coordinator.errors import EntityInvalid
from coordinator.registry import Registry
from presentation.messages import _
from trust.errors import KeyRefused
from trust.parties import Party, WitnessAddress
from trust.published import require_published_url
from trust.published_keys import published_keys, require_distinct, require_strong


def require_own_keys(registry: Registry, party: Party) -> None:
    """Check that the keys of an entity are strong, and nobody else's.

    Raises:
        KeyRefused: one is not.
    """
    keys = published_keys(party)
    require_strong(keys, party.id)
    require_distinct((party.id, key) for key in keys.values())
    taken = {key for _owner, key in registry.keys_in_use(but=party.id)}
    for purpose, key in keys.items():
        if key in taken:
            raise KeyRefused(
                _("la clave «{purpose}» de {owner} ya la publica otra entidad", purpose=purpose.value, owner=party.id)
            )


def require_own_witness(registry: Registry, entity: str, witness: WitnessAddress, witness_key: str) -> None:
    """Check that others can be led to a witness, and that its key is the entity's witness key.

    Raises:
        AddressRefused, EntityInvalid, MalformedDocument: others may not call its URL; its key is another, or is none.
    """
    settings = registry.settings
    require_published_url(witness.url, settings.callable_networks(settings.address))
    if not own_address(settings.network, entity, witness):
        raise EntityInvalid(_("la clave de testigo lleva otro nombre"), remedy=_("ejecute de nuevo init"))
    if CosignatureVerifier.from_vkey(witness.vkey).public_key.hex() != witness_key:
        raise EntityInvalid(
            _("la clave de testigo no es la que publica la entidad"),
            remedy=_("para cambiarla: redpact-node keys rotate --witness"),
        )
