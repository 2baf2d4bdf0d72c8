"""Rows for the IPRO model, computed from the node's own records by the features that `policies` declares.

The benefit history and the interventions count strictly before `as_of`; fields without a history (work, education,
household...) count as recorded, whenever that was. The rows never leave the node: they feed the training and the
scoring on this machine.

A person who objects to profiling has no row, in training or in scoring (GDPR art. 21, LOPDGDD art. 11.2; promised by
the consent notice).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum, auto
from types import MappingProxyType
from typing import Final

from node.people.benefit_months import months_on, received_months
from node.people.model import AGE_BASIS, PROFILING_OBJECTION, PersonRecord, Value, month_number, month_of
from node.people.store import PersonStore
from policies.catalogue import load_catalogue
from policies.errors import PolicyDocumentDamaged
from policies.training_features import CategoricalFeature, FeatureSet, NumericFeature
from presentation.messages import _

MONTHS_OF_INTERVENTIONS: Final = 12

FeatureValue = float | str | None
"""A number within the public bounds, a code of the public list, or nothing."""


@dataclass(frozen=True, slots=True)
class FeatureRow:
    """The features of one person, and beside them the attributes that the model must not see.

    Attributes:
        person_id: the node's own id.
        values: feature name to value, one for each feature of the set.
        protected: protected attributes, for fairness slices at the node.
        label: whether the outcome was positive; None when scoring.
    """

    person_id: str
    values: Mapping[str, FeatureValue]
    protected: Mapping[str, str | None]
    label: bool | None


class CohortRows(list[FeatureRow]):
    """The rows of a cohort, with the number of people left out because nobody can tell whether their age is in it."""

    def __init__(self, rows: Iterable[FeatureRow] = (), age_unknown: int = 0) -> None:
        super().__init__(rows)
        self.age_unknown = age_unknown


class _Membership(Enum):
    INSIDE = auto()
    OUTSIDE = auto()
    AGE_UNKNOWN = auto()


def training_rows(people: PersonStore, features: FeatureSet) -> CohortRows:
    """Return the rows of the cohort at the set's own `as_of`, with labels, without objectors; sorted by person id.

    Raises:
        PolicyDocumentDamaged: the set declares a feature that this version cannot compute.
        UnknownTerm: the catalogue has no field for the objection.
    """
    return _rows(people, features, date.fromisoformat(f"{features.as_of}-01"), labelled=True)


def scoring_rows(people: PersonStore, features: FeatureSet, as_of: date) -> CohortRows:
    """Return the rows of the cohort at the month of `as_of`, no labels and no objectors; sorted by person id.

    Raises:
        PolicyDocumentDamaged, UnknownTerm: as `training_rows`.
    """
    return _rows(people, features, as_of.replace(day=1), labelled=False)


def _rows(people: PersonStore, features: FeatureSet, as_of: date, *, labelled: bool) -> CohortRows:
    computations = [(feature.name, _computation(feature)) for feature in features.features]
    load_catalogue().field(PROFILING_OBJECTION)  # under another name objections would be missed
    rows, age_unknown = [], 0
    left_out = people.standing.left_out()
    for person, record in people.records(fields=_sources(features)):
        if person.person_id in left_out or _objects(record):
            continue
        case = _Case(record, as_of, features)
        membership = case.membership()
        age_unknown += membership is _Membership.AGE_UNKNOWN
        if membership is _Membership.INSIDE:
            rows.append(
                FeatureRow(
                    person_id=person.person_id,
                    values={name: compute(case) for name, compute in computations},
                    protected={each.name: _code(record.fields.get(each.source)) for each in features.protected},
                    label=case.label() if labelled else None,
                )
            )
    return CohortRows(rows, age_unknown)


def _sources(features: FeatureSet) -> set[str]:
    # Fields that no feature needs are neither read nor decrypted.
    computed = {source for feature in features.features for source in feature.sources}
    return computed | {each.source for each in features.protected} | {PROFILING_OBJECTION, AGE_BASIS}


def _objects(record: PersonRecord) -> bool:
    # Only a plain no, or nothing recorded, includes a person: an unreadable value counts as an objection.
    return record.fields.get(PROFILING_OBJECTION, False) is not False


class _Case:
    """One person's record as of the first day of a month."""

    def __init__(self, record: PersonRecord, as_of: date, features: FeatureSet) -> None:
        self.record = record
        self.as_of = as_of
        self._features = features
        self._benefits = frozenset(features.label.benefits)

    @property
    def age(self) -> int | None:
        """The age, the middle one of those it can be; None when nothing is known of the birth."""
        ages = self.record.birth.ages_on(self.as_of)
        return None if ages is None else sum(ages) // 2

    def months_received(self) -> list[int]:
        """Return the numbers of the months with the benefit within the history, sorted."""
        start = month_of(month_number(self.as_of) - self._features.history_months)
        return sorted(received_months(self.record.spells, self._benefits, start, self.as_of))

    def membership(self) -> "_Membership":
        """Return whether the person belongs to the cohort at every age that they can have, at none, or at some."""
        received = self.months_received()
        since = month_number(self.as_of) - received[-1] if received else None
        cohort = self._features.cohort
        possible = self.record.birth.ages_on(self.as_of) or (cohort.minimum_age - 1, cohort.maximum_age)
        found = {cohort.includes(age=age, months_since_receipt=since) for age in range(possible[0], possible[1] + 1)}
        if len(found) > 1:
            return _Membership.AGE_UNKNOWN
        return _Membership.INSIDE if found == {True} else _Membership.OUTSIDE

    def label(self) -> bool:
        outcome = self._features.label
        end = month_of(month_number(self.as_of) + outcome.window_months)
        return outcome.positive(months_on(self.record.spells, self._benefits, self.as_of, end))

    def spells_received(self) -> int:
        """Count unbroken runs of months with any of the benefits."""
        months = self.months_received()
        return sum(1 for index, month in enumerate(months) if index == 0 or month != months[index - 1] + 1)

    def recent_interventions(self) -> int:
        start = month_of(month_number(self.as_of) - MONTHS_OF_INTERVENTIONS)
        return sum(1 for done in self.record.interventions if start <= done.started_on < self.as_of)

    def household(self, name: str) -> Value | None:
        value: Value | None = getattr(self.record.household, name, None)
        return value


_Number = Callable[[_Case], Value | None]
_DERIVED: Final[Mapping[str, _Number]] = MappingProxyType(
    {
        "benefit_months": lambda case: len(case.months_received()),
        "benefit_spells": _Case.spells_received,
        "age": lambda case: case.age,
        "lives_alone": lambda case: (kind := case.household("kind")) and kind == "single",
        "household_size": lambda case: case.household("size"),
        "minors": lambda case: case.household("minors"),
        "dependants": lambda case: case.household("dependants"),
        "interventions": _Case.recent_interventions,
    }
)


def _computation(feature: NumericFeature | CategoricalFeature) -> Callable[[_Case], FeatureValue]:
    read = _DERIVED.get(feature.name)
    if read is None and len(feature.sources) == 1:
        source = feature.sources[0]

        def read(case: _Case) -> Value | None:
            return case.record.fields.get(source)

    if read is None:
        raise PolicyDocumentDamaged(_("esta versión no puede calcular la variable {feature!r}", feature=feature.name))
    if isinstance(feature, CategoricalFeature):
        return _categorical(feature, read)
    return _numeric(feature, read)


def _categorical(feature: CategoricalFeature, read: _Number) -> Callable[[_Case], FeatureValue]:
    known = frozenset(feature.values)

    def compute(case: _Case) -> FeatureValue:
        code = _code(read(case))
        return code if code in known else None

    return compute


def _numeric(feature: NumericFeature, read: _Number) -> Callable[[_Case], FeatureValue]:
    def compute(case: _Case) -> FeatureValue:
        value = read(case)
        if not isinstance(value, int):  # a yes or no is an int too
            return feature.missing
        return min(max(float(value), feature.min), feature.max)

    return compute


def _code(value: Value | None) -> str | None:
    return value if isinstance(value, str) else None
