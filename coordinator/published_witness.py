"""Checks on the witness that an entity publishes."""

from consent_ledger.proofs.cosignature import CosignatureVerifier
from coordinator.errors import EntityInvalid
from coordinator.registry import Registry
from presentation.messages import _
from trust.parties import WitnessAddress
from trust.published import require_published_url


def require_own_witness(registry: Registry, entity: str, witness: WitnessAddress) -> None:
    """Check that others can be led to a witness, and that nobody else publishes its key.

    Raises:
        AddressRefused, EntityInvalid, MalformedDocument: others may not call its URL; its key is taken, or is none.
    """
    settings = registry.settings
    require_published_url(witness.url, settings.callable_networks(settings.address))
    key = CosignatureVerifier.from_vkey(witness.vkey).public_key
    if any(CosignatureVerifier.from_vkey(other).public_key == key for other in registry.witness_keys(but=entity)):
        raise EntityInvalid(
            _("la clave de testigo ya es de otra entidad o del coordinador"), remedy=_("ejecute de nuevo init")
        )
