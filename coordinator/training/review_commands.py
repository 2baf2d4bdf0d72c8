"""Commands of a person on a campaign: review, correct, publish and recall its model, or stop the campaign."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from consent_ledger.exports.folders import new_folder
from coordinator.context import CoordinatorContext
from coordinator.training.campaign_register import Campaign
from coordinator.training.campaign_states import StopReason, require_review
from coordinator.training.errors import CampaignInvalid
from coordinator.training.model_card_input import model_card_input
from coordinator.training.release_publication import correct, draft_release, publish
from coordinator.training.stores import OpenStores
from federated.errors import EditInvalid
from federated.learning.manual_edits import edit, edit_in_order
from federated.learning.model_documents import AdditiveModel
from federated.release.model_release import ModelRelease
from presentation.messages import _

_MAX_REASON = 2000


@dataclass(frozen=True, slots=True)
class Correction:
    """One manual correction, as requested.

    Attributes:
        values: the new log-odds, one per bin; None for another kind of correction.
        direction: +1 for a rising curve, -1 for a falling one, 0 otherwise.
        remove: set all log-odds to 0.
    """

    feature: str
    reason: str
    values: tuple[float, ...] | None = None
    direction: int = 0
    remove: bool = False

    @classmethod
    def of(cls, feature: str, reason: str, *, values: str, rising: bool, falling: bool, remove: bool) -> Self:
        """Return the correction for the options of a command.

        Raises:
            CampaignInvalid: not exactly one kind of correction, or values that are not numbers.
            EditInvalid: no reason.
        """
        if sum((bool(values.strip()), rising, falling, remove)) != 1:
            raise CampaignInvalid(
                _("una corrección debe usar una sola de estas opciones: --set, --rising, --falling, --remove"),
                remedy=_("indique una sola opción"),
            )
        if not reason.strip() or len(reason) > _MAX_REASON:
            raise EditInvalid(
                _("una corrección necesita un motivo de {max_reason} caracteres como máximo", max_reason=_MAX_REASON)
            )
        if not values.strip():
            return cls(feature, reason, direction=int(rising) - int(falling), remove=remove)
        try:
            return cls(feature, reason, tuple(float(each) for each in values.split(",")))
        except ValueError as error:
            raise CampaignInvalid(_("--set admite números separados por comas: '-0.2, 0, 0.35'")) from error

    def __call__(self, model: AdditiveModel) -> AdditiveModel:
        """Return the corrected model.

        Raises:
            EditInvalid: it does not fit the model.
        """
        if self.direction:
            return edit_in_order(model, self.feature, 1 if self.direction > 0 else -1, reason=self.reason)
        return edit(model, self.feature, self._values_for(model), reason=self.reason)

    def _values_for(self, model: AdditiveModel) -> Sequence[float]:
        if self.values is not None:
            return self.values
        shape = model.shape(self.feature)
        return [0.0] * len(shape.log_odds) if shape is not None else []


def review(context: CoordinatorContext, open_stores: OpenStores, campaign_id: str) -> tuple[Campaign, ModelRelease]:
    """Return a campaign in review and its draft release.

    Raises:
        CampaignUnknown, CampaignOutOfStep: there is no such campaign, or it is not in review.
    """
    with context.snapshot() as session:
        stores = open_stores(session)
        campaign = stores.campaigns.get(campaign_id)
        require_review(campaign.state)
        return campaign, draft_release(stores, campaign, context.clock.now())


def write_draft(campaign: Campaign, draft: ModelRelease, folder: Path) -> None:
    """Write the model card and the impact assessment of a draft, with their plots, to a new folder.

    Raises:
        ExportUnusable: the folder is not empty, or cannot be written.
    """
    from federated.card.facts_from_release import card_facts  # noqa: PLC0415 - plots load numpy
    from federated.card.pages import pages_of  # noqa: PLC0415 - plots load numpy

    supplied = model_card_input(campaign.manifest)
    facts = card_facts(campaign.manifest, campaign.manifest_sha256, draft, supplied, is_draft=True)
    with new_folder(folder) as target:
        for name, data in pages_of(facts).items():
            (target / name).parent.mkdir(exist_ok=True)
            (target / name).write_bytes(data)


def amend(
    context: CoordinatorContext, open_stores: OpenStores, campaign_id: str, correction: Correction
) -> ModelRelease:
    """Apply a correction and return the draft release with it.

    Raises:
        CampaignUnknown, CampaignOutOfStep: there is no such campaign, or it is not in review.
        EditInvalid: the correction does not fit the model.
    """
    now = context.clock.now()
    with context.transaction() as session:
        stores = open_stores(session)
        return draft_release(stores, correct(stores, campaign_id, correction, now), now)


def publish_reviewed(context: CoordinatorContext, open_stores: OpenStores, campaign_id: str) -> Campaign:
    """Sign and release the model in review.

    Raises:
        CampaignUnknown, CampaignOutOfStep: there is no such campaign, or it is not in review.
    """
    with context.transaction() as session:
        stores = open_stores(session)
        campaign = stores.campaigns.get(campaign_id)
        require_review(campaign.state)
        return publish(stores, campaign, context.keys.signing, context.clock.now())


def stop_campaign(context: CoordinatorContext, open_stores: OpenStores, campaign_id: str, reason: str) -> Campaign:
    """End a campaign without a model; the service and the entities notice.

    Raises:
        CampaignUnknown: there is none with this id.
        CampaignOutOfStep: it has already ended.
        CampaignInvalid: no reason.
    """
    now = context.clock.now()
    with context.transaction() as session:
        stores = open_stores(session)
        campaign = stores.campaigns.stop(campaign_id, StopReason.WITHDRAWN, _given(reason), now)
        stores.tasks.cancel(campaign_id, now)
        return campaign


def recall(context: CoordinatorContext, open_stores: OpenStores, campaign_id: str, reason: str) -> Campaign:
    """Recall a released model in the whole network.

    Raises:
        CampaignUnknown: there is none with this id.
        CampaignOutOfStep: it is not released.
        CampaignInvalid: no reason.
    """
    with context.transaction() as session:
        campaigns = open_stores(session).campaigns
        return campaigns.recall(campaign_id, _given(reason), context.clock.now())


def _given(reason: str) -> str:
    if not reason.strip():
        raise CampaignInvalid(_("falta el motivo de esta operación"), remedy=_("indíquelo con --reason"))
    return reason
