"""The replies of a node in the count of people across entities: its masked table, the opening of the sum, the weights.

The decision to reply is not made here: the node asks `federated.participation.guard` first, and stores each reply, with
the secrets of its step, before it leaves.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from federated.campaign.manifest import CampaignManifest
from federated.campaign.steps import (
    OpeningReply,
    OpeningRequest,
    TableReply,
    TableRequest,
    WeightsRequest,
    encode_document,
    pack,
    unpack,
)
from federated.duplicates.keyed_table import TABLE_ROUND, KeyedTables, TableShape, dummy_bins
from federated.duplicates.person_weights import PersonBins
from federated.errors import RoundRefused, SecureSumRefused
from federated.secagg.client import Masker
from federated.secagg.cohort import Cohort
from presentation.messages import _, listing

_REMEDY: Final = _("avise a quien administra el coordinador")


@dataclass(frozen=True, slots=True)
class TableParticipant:
    """The parts with which a node takes part in the count; rebuilt from the store for each step."""

    manifest: CampaignManifest
    cohort: Cohort
    masker: Masker
    entity: str

    def tables(self, group_key: bytes) -> KeyedTables:
        """Return what the cohort derives from its group key."""
        return KeyedTables(
            group_key, self.cohort.campaign_id, TableShape.of(self.manifest.people_estimate, len(self.cohort.keys))
        )

    def table(self, request: TableRequest, group_key: bytes, bins: PersonBins) -> bytes:
        """Return the reply with the masked table of this entity's people; pads, masks and dummies are fresh.

        Raises:
            RoundRefused: requested from another cohort than the accepted one.
        """
        if request.cohort_sha256 != self.cohort.sha256.hex():
            raise RoundRefused(_("el recuento se pide a una cohorte distinta de la aceptada aquí"), remedy=_REMEDY)
        tables = self.tables(group_key)
        dummies = dummy_bins(tables.shape, len(self.cohort.keys))
        words = tables.contribution(self.entity, bins.occupied, dummies)
        masked = self.masker.mask(TABLE_ROUND, bytes.fromhex(request.shared_sha256), words)
        return encode_document(TableReply(masked=pack(masked.vector), shares=dict(masked.shares)))

    def opening(self, request: OpeningRequest) -> bytes:
        """Return the reply that unmasks the sum of the listed entities' tables and nothing else.

        Raises:
            SecureSumRefused, MaskedMessageInvalid: the list or the shares do not follow the protocol.
        """
        opened = self.masker.unmask(
            TABLE_ROUND,
            bytes.fromhex(request.mask_request_sha256),
            request.survivors,
            request.shares,
            self.manifest.minimum_cohort,
        )
        reply = OpeningReply(
            sealed=opened.sealed, key_shares=dict(opened.key_shares), attestations=dict(opened.attestations)
        )
        return encode_document(reply)

    def weights(self, request: WeightsRequest, group_key: bytes, bins: PersonBins) -> Mapping[str, float]:
        """Check the sum of the tables and return each person's weight, by the node's own id.

        Raises:
            SecureSumRefused: the counted entities could not be in one sum, or this entity is not among them.
            DuplicateCheckInvalid, DuplicateCountWrong: the table is not the sum over these entities.
            TrainingMessageMalformed: the table is not whole numbers.
        """
        counted = frozenset(request.counted)
        if self.entity not in counted or len(counted) != len(request.counted):
            raise SecureSumRefused(_("esta entidad no entró en el recuento, o una entró dos veces"), remedy=_REMEDY)
        self.cohort.check_survivors(counted, self.manifest.minimum_cohort)
        total = unpack(request.table, "<i8").astype(np.int64)
        return bins.weights(self.tables(group_key).opened(total, counted), self.manifest.people_cap)


def require_counted(survivors: Collection[str], counted: Collection[str]) -> None:
    """Check that every entity in a sum was counted together with this one.

    Otherwise people of an entity that was not counted could weigh more than one in total.

    Raises:
        SecureSumRefused: an entity was not.
    """
    others = sorted(set(survivors) - set(counted))
    if others:
        raise SecureSumRefused(
            _("las personas de esta entidad no se contaron junto con las de {others}", others=listing(others)),
            remedy=_REMEDY,
        )
