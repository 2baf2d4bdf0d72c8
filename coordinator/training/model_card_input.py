"""Contents of a model card that are not in the campaign itself: the names of its fields and codes, and a contact.

No figure enters by hand: an exact one about an entity's people would leave its node outside every budget (invariant
14).
"""

from federated.campaign.manifest import CampaignManifest, DataSource
from federated.card.facts_from_release import SuppliedFacts
from policies.model_words import PLAIN_WORDS, ModelWords, load_model_words


def model_card_input(manifest: CampaignManifest, contact: str = "") -> SuppliedFacts:
    """Return the contents of a campaign's model card beside manifest and release; without a contact, the Gerencia."""
    return SuppliedFacts(contact=contact or f"Gerencia, {manifest.network}", words=words_of(manifest))


def words_of(manifest: CampaignManifest) -> ModelWords:
    """Return the names of a campaign's fields and codes; the columns of a table have none."""
    return load_model_words() if manifest.source is DataSource.RECORDS else PLAIN_WORDS
