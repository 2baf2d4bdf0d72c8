"""The node's side of the duplicate check (`federated.duplicates`): table out, weights in, its secrets stored sealed."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from federated.campaign.manifest import CampaignManifest
from federated.campaign.steps import TableRequest, WeightsReply, WeightsRequest, encode_document
from federated.duplicates.group_key import draw_group_key, key_generator_of, open_group_key, seal_group_key
from federated.duplicates.person_weights import PersonBins
from federated.errors import RoundRefused
from federated.participation.enrolment import Enrolments, Secret
from federated.participation.table_replies import TableParticipant, require_counted
from federated.secagg.cohort import Cohort
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

    def wrapped_keys(self, enrolments: Enrolments, manifest: CampaignManifest, cohort: Cohort) -> dict[str, bytes]:
        """Return the group key sealed for each other entity, if this entity generates it; else nothing."""
        members = tuple(cohort.keys)
        if not manifest.counts_entities or key_generator_of(members) != enrolments.entity:
            return {}
        key = enrolments.kept(manifest.campaign_id, Secret.GROUP_KEY)
        if key is None:
            key = draw_group_key()
            enrolments.keep(manifest.campaign_id, Secret.GROUP_KEY, key)
        secret = enrolments.masker(cohort).pair_secret
        return {
            other: seal_group_key(
                key,
                lambda _own, peer: secret(peer),
                campaign=manifest.campaign_id,
                sender=enrolments.entity,
                recipient=other,
            )
            for other in members
            if other != enrolments.entity
        }

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
            RoundRefused: requested from another cohort.
            DuplicateCheckInvalid: the group key was not sealed for this entity, or the people are not distinguishable.
        """
        campaign_id = participant.manifest.campaign_id
        key = enrolments.kept(campaign_id, Secret.GROUP_KEY)
        if key is None:
            key = self._unwrapped(enrolments, participant.cohort, request.wrapped_key)
        known = dict(people_store(self._context, session).documents())
        documents = {person: known[person].canonical if person in known else None for person in people}
        bins = PersonBins.of(participant.tables(key), documents)
        reply = participant.table(request, key, bins)
        enrolments.keep(campaign_id, Secret.GROUP_KEY, key)
        enrolments.keep(campaign_id, Secret.PERSON_BINS, bins.to_json())
        return reply

    def weigh(self, enrolments: Enrolments, participant: TableParticipant, request: WeightsRequest) -> bytes:
        """Check the sum of the tables, and keep each person's weight with the entities for which it holds.

        Raises:
            RoundRefused: this entity sent no table.
            SecureSumRefused, DuplicateCheckInvalid, DuplicateCountWrong, TrainingMessageMalformed: the sum is not what
                these entities sent: nothing will be contributed.
        """
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

    def _unwrapped(self, enrolments: Enrolments, cohort: Cohort, wrapped_key: bytes) -> bytes:
        secret = enrolments.masker(cohort).pair_secret
        return open_group_key(
            wrapped_key,
            lambda _own, peer: secret(peer),
            campaign=cohort.campaign_id,
            sender=key_generator_of(tuple(cohort.keys)),
            recipient=enrolments.entity,
        )
