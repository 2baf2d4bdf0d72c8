"""Proposing a campaign: what ``training start`` does."""

from dataclasses import dataclass
from pathlib import Path

from coordinator.training.campaign_register import Campaign
from coordinator.training.errors import CampaignInvalid
from coordinator.training.proposal import Proposal, Question, compose, records_question, table_question
from coordinator.wiring import Coordinator
from federated.campaign.manifest import DataSource, seal_manifest
from federated.tabular.evaluation_table import load_schema
from presentation.messages import _


@dataclass(frozen=True, slots=True)
class Source:
    """Where the rows come from, as the administrator said it.

    Attributes:
        schema: the table's schema file; None for records.
        dataset: the table's name at the entities; empty for records.
    """

    kind: DataSource
    schema: Path | None = None
    dataset: str = ""

    def question(self) -> Question:
        """Return what is asked of the data.

        Raises:
            CampaignInvalid: a table without schema or name, or records with one.
            SchemaInvalid: the schema cannot be read.
        """
        if self.kind is DataSource.RECORDS:
            if self.schema is not None or self.dataset:
                raise CampaignInvalid(
                    _("--source records no admite --schema ni --dataset"), remedy=_("quite esas opciones")
                )
            return records_question()
        if self.schema is None or not self.dataset:
            raise CampaignInvalid(
                _("--source table necesita --schema y --dataset"), remedy=_("indique las dos opciones")
            )
        schema = load_schema(self.schema)
        return table_question(self.dataset, schema.features, schema.label)


def propose(coordinator: Coordinator, proposal: Proposal, source: Source, *, review: bool = False) -> Campaign:
    """Sign the manifest of a new campaign and store it; the running service offers it to the invited entities.

    With `review`, its model waits, when the rounds are over, until somebody publishes it.

    Raises:
        CampaignInvalid, PrivacyTermsInvalid, SchemaInvalid: it cannot be proposed like this; nothing was stored.
    """
    question = source.question()
    now = coordinator.clock.now()
    with coordinator.transaction() as session:
        parties = [view.party for view in coordinator.registry(session).entities()]
        manifest = compose(proposal, question, parties, network=coordinator.settings.network, now=now)
        envelope = seal_manifest(manifest, coordinator.keys.signing)
        return coordinator.training(session).campaigns.propose(envelope, now, review=review)
