"""The node's side of the duplicate check (`federated.duplicates`): table out, weights in, its secrets stored sealed."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from federated.campaign.manifest import CampaignManifest
from federated.campaign.steps import TableRequest, WeightsReply, WeightsRequest, encode_document
from federated.duplicates.person_weights import PersonBins
from federated.errors import RoundRefused
from federated.participation.enrolment import Enrolments, Secret
from federated.participation.table_replies import TableParticipant, require_counted
from federated.tabular.features import FloatVector
from node.context import NodeContext
from node.people.store import people_store
from presentation.messages import _


class DuplicateCheck:
    """Computes the table of this entity's people and keeps their weights, for each campaign that counts people.

    Every method works inside the caller's transaction: the secrets of a step become durable with its reply.
    """

    def __init__(self, context: NodeContext) -> None:
        self._context = context

    def table(
        self,
        session: Session,
        enrolments: Enrolments,
        participant: TableParticipant,
        request: TableRequest,
        people: Sequence[str],
    ) -> bytes:
        """Return the reply with the table of this entity's people, and keep their bins.

        Raises:
            RoundRefused: requested from another cohort, or the group key is not drawn.
            DuplicateCheckInvalid: the people are not distinguishable.
        """
        campaign_id = participant.manifest.campaign_id
        key = enrolments.kept(campaign_id, Secret.GROUP_KEY)
        if key is None:
            raise RoundRefused(_("las entidades de la campaña aún no han sorteado la clave de grupo"))
        known = dict(people_store(self._context, session).documents())
        documents = {person: known[person].canonical if person in known else None for person in people}
        bins = PersonBins.of(participant.tables(key), documents)
        reply = participant.table(request, key, bins)
        enrolments.keep(campaign_id, Secret.PERSON_BINS, bins.to_json())
        return reply

    def weigh(self, enrolments: Enrolments, participant: TableParticipant, request: WeightsRequest) -> bytes:
        """Check the sum of the tables, and keep each person's weight with the entities for which it holds.

        Raises:
            RoundRefused: this entity sent no table.
            RequiredEntityMissing: too few of the required entities were counted.
            SecureSumRefused, DuplicateCheckInvalid, DuplicateCountWrong, TrainingMessageMalformed: the sum is not what
                these entities sent: nothing will be contributed.
        """
        enrolments.required.check(request.counted)
        campaign_id = participant.manifest.campaign_id
        key, bins = (enrolments.kept(campaign_id, secret) for secret in (Secret.GROUP_KEY, Secret.PERSON_BINS))
        if key is None or bins is None:
            raise RoundRefused(_("esta entidad no envió ninguna tabla para el recuento de personas"))
        weights = participant.weights(request, key, PersonBins.from_json(bins))
        content = {"counted": sorted(request.counted), "weights": dict(weights)}
        enrolments.keep(campaign_id, Secret.WEIGHTS, json.dumps(content, sort_keys=True).encode())
        return encode_document(WeightsReply())

    def weights(self, enrolments: Enrolments, manifest: CampaignManifest, people: Sequence[str]) -> FloatVector | None:
        """Return the weights (people,), or None where every person counts once.

        Raises:
            RoundRefused: people across entities are not counted yet.
        """
        if not manifest.counts_entities:
            return None
        known: dict[str, float] = self._kept(enrolments, manifest)["weights"]
        # A person recorded after the count weighs nothing: the other entities that know them are not counted.
        return np.array([known.get(person, 0.0) for person in people], dtype=np.float64)

    def require_counted(self, enrolments: Enrolments, manifest: CampaignManifest, survivors: Sequence[str]) -> None:
        """Check that every entity in a sum was counted together with this one.

        Raises:
            SecureSumRefused: an entity was not.
            RoundRefused: people across entities are not counted yet.
        """
        if manifest.counts_entities:
            require_counted(survivors, self._kept(enrolments, manifest)["counted"])

    def _kept(self, enrolments: Enrolments, manifest: CampaignManifest) -> dict[str, Any]:
        kept = enrolments.kept(manifest.campaign_id, Secret.WEIGHTS)
        if kept is None:
            raise RoundRefused(
                _("todavía no se han contado las personas comunes a varias entidades: no se aporta nada")
            )
        found: dict[str, Any] = json.loads(kept)
        return found
