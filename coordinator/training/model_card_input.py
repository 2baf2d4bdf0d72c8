"""Contents of a model card that are not in the campaign itself: the plain names of its features, and a contact.

No figure enters by hand: an exact one about an entity's people would leave its node outside every budget (invariant
14).
"""

from collections.abc import Mapping

from federated.campaign.manifest import CampaignManifest, DataSource
from federated.card.facts_from_release import SuppliedFacts
from policies.training_features import load_training_features


def model_card_input(manifest: CampaignManifest, contact: str = "") -> SuppliedFacts:
    """Return the contents of a campaign's model card beside manifest and release; without a contact, the Gerencia."""
    return SuppliedFacts(contact=contact or f"Gerencia, {manifest.network}", described=_described(manifest))


def _described(manifest: CampaignManifest) -> Mapping[str, tuple[str, str]]:
    if manifest.source is not DataSource.RECORDS:
        return {}
    chosen = load_training_features()
    return {each.name: (each.es, each.en) for each in (*chosen.features, chosen.label)}
