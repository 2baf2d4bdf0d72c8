"""The rows of this node that a campaign learns from: read, limited to declared features, encoded, and split.

A fifth of the people is never trained on, the same ones in every campaign (`node.training.held_out`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt
from pydantic import TypeAdapter
from sqlalchemy.orm import Session

from federated.campaign.manifest import CampaignManifest, DataSource
from federated.errors import DataUnsuitable
from federated.evaluation.score_counts import group_matrix
from federated.participation.local_sums import LocalPeople
from federated.tabular.features import (
    FeatureSpec,
    FloatMatrix,
    FloatVector,
    LabelSpec,
    Value,
    encode_features,
    encode_labels,
)
from federated.tabular.rows import Rows
from node.context import NodeContext
from node.people.store import people_store
from node.training.datasets import RECORDS, load_table
from node.training.errors import DatasetUnknown
from node.training.held_out import held_out
from node.training.record_features import training_rows
from policies.training_features import load_training_features
from presentation.messages import _, listing

_FEATURES: Final[TypeAdapter[tuple[FeatureSpec, ...]]] = TypeAdapter(tuple[FeatureSpec, ...])


@dataclass(frozen=True, slots=True, eq=False)
class LocalData:
    """One entity's encoded rows.

    Attributes:
        matrix: (people, columns) float64 in [-1, 1].
        labels: (people,) float64 of 0 and 1.
        held_out: (people,) True for those never trained on.
        keys: the node's own id of each person.
        protected: attribute to (people,) values, for the fairness slices.
    """

    matrix: FloatMatrix
    labels: FloatVector
    held_out: npt.NDArray[np.bool_]
    keys: tuple[str, ...]
    protected: Mapping[str, Sequence[Value]] = field(default_factory=dict)
    age_unknown: int = 0
    """People left out because nobody can tell whether their age is the cohort's."""

    def training(self) -> tuple[FloatMatrix, FloatVector]:
        """Return the matrix and labels of the rows to train on."""
        return self.matrix[~self.held_out], self.labels[~self.held_out]

    def evaluation(self) -> tuple[FloatMatrix, FloatVector]:
        """Return the matrix and labels of the rows never trained on."""
        return self.matrix[self.held_out], self.labels[self.held_out]


def local_people(data: LocalData, manifest: CampaignManifest, weights: FloatVector | None) -> LocalPeople:
    """Return the people of a campaign, each either to train on or to evaluate on, with weights; None counts each once.

    Raises:
        DataUnsuitable: the rows do not follow the manifest, or a protected attribute is missing.
    """
    rows = Rows.of(data.matrix, data.labels, weights)
    groups = group_matrix(manifest.evaluation, data.protected, len(rows))
    return LocalPeople(rows.take(~data.held_out), rows.take(data.held_out), groups[data.held_out])


def training_data(context: NodeContext, session: Session, manifest: CampaignManifest) -> LocalData:
    """Return the rows for a campaign.

    Only declared features are read: those of `policies` for records, those of the registered schema for a table. A
    manifest that requests any other feature, other bounds, or another label, is refused.

    Raises:
        DataUnsuitable: the manifest requests an undeclared feature, bound, label or protected attribute.
        DatasetUnknown: there are no such data here.
        DatasetDamaged, TableInvalid: the data cannot be read.
    """
    if manifest.source is DataSource.RECORDS:
        return _from_records(context, session, manifest)
    dataset, table = load_table(context, session, manifest.dataset)
    _require_declared(manifest, dataset.schema.features, dataset.schema.label)
    columns = [table_columns(dataset.schema.features).index(column) for column in manifest.columns]
    keys = tuple(str(index) for index in range(len(table.labels)))
    # Without ids a person is told by the row's values; never by its place, which other people's rows move.
    people = [each.encode() for each in table.people] or [row.tobytes() for row in table.matrix]
    return LocalData(table.matrix[:, columns], table.labels, held_out(people, context.keys.data_key), keys)


def _from_records(context: NodeContext, session: Session, manifest: CampaignManifest) -> LocalData:
    chosen = load_training_features()
    label = LabelSpec(name=chosen.label.name, positive="1")
    _require_declared(manifest, _FEATURES.validate_python(chosen.schema_entries()), label)
    if manifest.dataset != RECORDS:
        raise DataUnsuitable(
            _(
                "las fichas son el conjunto de datos {records!r}, no {dataset!r}",
                records=RECORDS,
                dataset=manifest.dataset,
            )
        )
    _require_slices(manifest, {each.name: each.values for each in chosen.protected})
    people = training_rows(people_store(context, session), chosen)
    if not people:
        raise DatasetUnknown(
            _("ninguna ficha de esta entidad sirve para la campaña"),
            remedy=_("importe antes las fichas: redpact-node records import"),
        )
    rows: list[dict[str, Value]] = [{**row.values, label.name: row.label} for row in people]
    matrix = encode_features(rows, manifest.features)
    keys = tuple(row.person_id for row in people)
    kept = held_out([key.encode() for key in keys], context.keys.data_key)
    protected = {each.name: [row.protected.get(each.name) for row in people] for each in chosen.protected}
    return LocalData(matrix, encode_labels(rows, manifest.label), kept, keys, protected, people.age_unknown)


def _require_slices(manifest: CampaignManifest, declared: Mapping[str, tuple[str, ...]]) -> None:
    # Values of the coordinator's choice would count people in groups that nobody declared, or in one group only.
    other = [each.name for each in manifest.evaluation.slices if declared.get(each.name) != each.values]
    if other:
        raise DataUnsuitable(
            _(
                "la campaña desglosa por atributos que no están declarados aquí, o con otros valores: {other}",
                other=listing(other),
            ),
            remedy=_("rechácela, o instale la versión de las variables declaradas que necesita la campaña"),
        )


def table_columns(features: tuple[FeatureSpec, ...]) -> list[str]:
    """Return the encoded columns of a schema's features, in order."""
    return [column for feature in features for column in feature.columns]


def _require_declared(manifest: CampaignManifest, features: tuple[FeatureSpec, ...], label: LabelSpec) -> None:
    declared = {feature.name: feature for feature in features}
    other = [feature.name for feature in manifest.features if declared.get(feature.name) != feature]
    if other:
        raise DataUnsuitable(
            _(
                "la campaña pide variables que no están declaradas aquí, o con otros límites: {other}",
                other=listing(other),
            ),
            remedy=_("rechácela, o instale la versión de las variables declaradas que necesita la campaña"),
        )
    if manifest.label != label:
        raise DataUnsuitable(
            _(
                "la campaña predice {label!r}; aquí está declarado {label_name!r}",
                label=manifest.label.name,
                label_name=label.name,
            )
        )
