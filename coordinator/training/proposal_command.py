"""Proposal of a campaign, the use case of ``training start``."""

from dataclasses import dataclass
from pathlib import Path

from coordinator.context import CoordinatorContext
from coordinator.registry import OpenRegistry
from coordinator.training.campaign_register import Campaign
from coordinator.training.errors import CampaignInvalid
from coordinator.training.proposal import LearningProblem, Proposal, compose, records_problem, table_problem
from coordinator.training.stores import OpenStores
from federated.campaign.manifest import DataSource, seal_manifest
from federated.tabular.evaluation_table import load_schema
from presentation.messages import _
from service.extras import require_training


@dataclass(frozen=True, slots=True)
class Source:
    """The source of the rows, as the administrator stated it.

    Attributes:
        schema: the table's schema file; None for records.
        dataset: the table's name at the entities; empty for records.
    """

    kind: DataSource
    schema: Path | None = None
    dataset: str = ""

    def problem(self) -> LearningProblem:
        """Return the learning problem.

        Raises:
            CampaignInvalid: a table without schema or name, or records with one.
            SchemaInvalid: the schema cannot be read.
        """
        if self.kind is DataSource.RECORDS:
            if self.schema is not None or self.dataset:
                raise CampaignInvalid(
                    _("--source records no admite --schema ni --dataset"), remedy=_("quite esas opciones")
                )
            return records_problem()
        if self.schema is None or not self.dataset:
            raise CampaignInvalid(
                _("--source table necesita --schema y --dataset"), remedy=_("indique las dos opciones")
            )
        schema = load_schema(self.schema)
        return table_problem(self.dataset, schema.features, schema.label)


def propose(
    context: CoordinatorContext,
    open_registry: OpenRegistry,
    open_stores: OpenStores,
    requested: tuple[Proposal, Source],
    *,
    review: bool = False,
) -> Campaign:
    """Sign the manifest of a new campaign and store it; the running service offers it to the invited entities.

    Args:
        context: of the coordinator.
        open_registry: opens the register of entities.
        open_stores: opens the register of campaigns.
        requested: the terms, and the source of the rows.
        review: hold the model, when the rounds are over, until a person publishes it.

    Raises:
        CampaignInvalid, PrivacyTermsInvalid, SchemaInvalid: it cannot be proposed like this; nothing was stored.
        ExtraMissing: this coordinator is to run the rounds and cannot.
    """
    if context.settings.own_rounds:
        require_training()  # or entities would approve what never begins
    proposal, source = requested
    problem, now = source.problem(), context.clock.now()
    with context.transaction() as session:
        parties = [view.party for view in open_registry(session).entities()]
        manifest = compose(proposal, problem, parties, network=context.settings.network, now=now)
        envelope = seal_manifest(manifest, context.keys.signing)
        return open_stores(session).campaigns.propose(envelope, now, review=review)
