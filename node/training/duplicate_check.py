"""The node's side of the duplicate check (`federated.duplicates`): tags out, weights in, all stored sealed."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from federated.campaign.manifest import CampaignManifest
from federated.duplicates.entity_tags import CheckTerms, EntityTags, prepare_tags
from federated.duplicates.multiplicities import pack_tags, unpack_counts
from federated.errors import RoundRefused, SecureSumRefused
from federated.participation.enrolment import Enrolments, Secret
from federated.secagg.cohort import Cohort
from federated.tabular.features import FloatVector
from node.context import NodeContext
from node.people.store import people_store
from presentation.messages import _, listing


class DuplicateCheck:
    """Computes tags of this entity's people and keeps their weights, for each campaign that counts across entities."""

    def __init__(self, context: NodeContext) -> None:
        self._context = context

    def tags(self, session: Session, enrolments: Enrolments, cohort: Cohort, people: Sequence[str]) -> bytes:
        """Return the tags of this entity's people; repeated calls return the same ones.

        Raises:
            RoundRefused: the entities have not drawn the group key.
            DuplicateCheckInvalid: the people are not distinguishable.
        """
        kept = enrolments.kept(cohort.campaign_id, Secret.ENTITY_TAGS)
        if kept is not None:
            return pack_tags(EntityTags.from_json(kept).tags)
        key = enrolments.kept(cohort.campaign_id, Secret.GROUP_KEY)
        if key is None:
            raise RoundRefused(_("las entidades de la campaña aún no han sorteado la clave de grupo"))
        terms = CheckTerms(cohort.campaign_id, enrolments.entity, tuple(cohort.keys), key)
        known = dict(people_store(self._context, session).documents())
        documents = {person: known[person].canonical if person in known else None for person in people}
        secret = enrolments.masker(cohort).pair_secret
        sheet = prepare_tags(terms, documents, lambda _own, peer: secret(peer))
        enrolments.keep(cohort.campaign_id, Secret.ENTITY_TAGS, sheet.to_json())
        return pack_tags(sheet.tags)

    def weigh(
        self, enrolments: Enrolments, manifest: CampaignManifest, multiplicities: bytes, counted: Sequence[str]
    ) -> None:
        """Verify the coordinator's counts, and store each person's weight with the entities for which it holds.

        Raises:
            RoundRefused: this entity sent no tags.
            RequiredEntityMissing: too few of the required entities were counted.
            DuplicateCheckInvalid, DuplicateCountWrong: the counts are impossible: nothing will be contributed.
        """
        enrolments.required.check(counted)
        kept = enrolments.kept(manifest.campaign_id, Secret.ENTITY_TAGS)
        if kept is None:
            raise RoundRefused(_("esta entidad no envió marcas para el recuento de personas"))
        counts = unpack_counts(multiplicities)
        weights = EntityTags.from_json(kept).weights(counts, counted=counted, people_cap=manifest.people_cap)
        content = {"counted": sorted(counted), "weights": weights}
        enrolments.keep(manifest.campaign_id, Secret.WEIGHTS, json.dumps(content, sort_keys=True).encode())

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

        Otherwise a coordinator could count two halves of the entities separately: people in both would weigh more than
        one in total.

        Raises:
            SecureSumRefused: an entity was not.
            RoundRefused: people across entities are not counted yet.
        """
        if not manifest.counts_entities:
            return
        others = sorted(set(survivors) - set(self._kept(enrolments, manifest)["counted"]))
        if others:
            raise SecureSumRefused(
                _("las personas de esta entidad no se contaron junto con las de {others}", others=listing(others)),
                remedy=_("avise a quien administra el coordinador"),
            )

    def _kept(self, enrolments: Enrolments, manifest: CampaignManifest) -> dict[str, Any]:
        kept = enrolments.kept(manifest.campaign_id, Secret.WEIGHTS)
        if kept is None:
            raise RoundRefused(
                _("todavía no se han contado las personas comunes a varias entidades: no se aporta nada")
            )
        found: dict[str, Any] = json.loads(kept)
        return found
