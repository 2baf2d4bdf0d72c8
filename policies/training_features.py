"""The inputs of the IPRO model with their public bounds, its label and its cohort: the same at every node."""

from functools import cache
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, model_validator

from policies.catalogue import Sensitivity, load_catalogue
from policies.codes import load_codes
from policies.documents import Entry, Labelled, read_document
from policies.errors import PolicyDocumentDamaged
from policies.terms import find_term
from presentation.messages import _

# Made once, as terms are looked up many times a request.
_FEATURE: Final = _("variable")

Month = Annotated[str, Field(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$")]

_FORBIDDEN_CATEGORIES = frozenset({"id", "contact", "health", "protection", "legal", "notes"})


class NumericFeature(Labelled):
    """A number cut to [min, max]; yes and no count as 1 and 0."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")
    kind: Literal["numeric"]
    min: float
    max: float
    missing: float = Field(description="stands for an unrecorded value")
    sources: tuple[str, ...] = Field(min_length=1, description="catalogue fields it is computed from")

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if not self.min < self.max or not self.min <= self.missing <= self.max:
            raise ValueError(_("{name}: min ha de ser menor que max, y missing estar entre los dos", name=self.name))
        return self

    def schema_entry(self) -> dict[str, Any]:
        """Return the feature as a campaign manifest lists it."""
        return {"name": self.name, "kind": self.kind, "min": self.min, "max": self.max}


class CategoricalFeature(Labelled):
    """One code of a code list; an unrecorded value belongs to no category."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")
    kind: Literal["categorical"]
    codes: str = Field(description="id of the code list")
    sources: tuple[str, ...] = Field(min_length=1, max_length=1, description="the catalogue field")

    @property
    def values(self) -> tuple[str, ...]:
        """The public list of values."""
        return tuple(code.code for code in load_codes().list(self.codes).codes)

    def schema_entry(self) -> dict[str, Any]:
        """Return the feature as a campaign manifest lists it."""
        return {"name": self.name, "kind": self.kind, "values": list(self.values)}


FeatureSpec = Annotated[NumericFeature | CategoricalFeature, Field(discriminator="kind")]


class Label(Labelled):
    """Positive when at least `threshold_months` of the `window_months` from `as_of` on had a benefit of the group."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")
    benefit_group: str
    window_months: int = Field(gt=0, le=120)
    threshold_months: int = Field(gt=0, le=120)

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if self.threshold_months > self.window_months:
            raise ValueError(_("el umbral es más largo que el plazo"))
        return self

    @property
    def benefits(self) -> tuple[str, ...]:
        """Codes of the benefits that count."""
        return load_codes().list("benefit").members(self.benefit_group)

    def positive(self, months: int) -> bool:
        """Return whether so many months of receipt within the window make the label positive."""
        return months >= self.threshold_months


class Cohort(Labelled):
    """The people trained on and scored: by age in years at `as_of`, and receipt within so many months before it."""

    minimum_age: int = Field(ge=18, le=120)
    maximum_age: int = Field(ge=18, le=120)
    receipt_within_months: int = Field(gt=0, le=120)

    def includes(self, *, age: int, months_since_receipt: int | None) -> bool:
        """Return whether a person belongs to the cohort.

        Args:
            age: in years at `as_of`.
            months_since_receipt: 1 for the month before `as_of`; None when never.
        """
        recent = months_since_receipt is not None and months_since_receipt <= self.receipt_within_months
        return recent and self.minimum_age <= age <= self.maximum_age


class Protected(Labelled):
    """An attribute for fairness slices, never a feature."""

    name: str
    source: str

    @property
    def values(self) -> tuple[str, ...]:
        """The public list of values: the codes of the catalogue field.

        Raises:
            PolicyDocumentDamaged: the field is no code.
        """
        codes = load_catalogue().field(self.source).codes
        if codes is None:
            raise PolicyDocumentDamaged(
                _("{source} no tiene una lista de códigos por la que desglosar los resultados", source=self.source)
            )
        return tuple(code.code for code in load_codes().list(codes).codes)


class FeatureSet(Entry):
    """The features, the label and the cohort of one version of the model."""

    version: str
    purpose: Literal["support_only"]
    as_of: Month
    history_months: int = Field(gt=0, le=120)
    label: Label
    cohort: Cohort
    features: tuple[FeatureSpec, ...] = Field(min_length=1, max_length=200)
    protected: tuple[Protected, ...]

    def feature(self, name: str) -> NumericFeature | CategoricalFeature:
        """Return a feature.

        Raises:
            UnknownTerm: there is none of that name.
        """
        return find_term(_FEATURE, {feature.name: feature for feature in self.features}, name)

    def schema_entries(self) -> list[dict[str, Any]]:
        """Return the features as a campaign manifest lists them."""
        return [feature.schema_entry() for feature in self.features]


@cache
def load_training_features() -> FeatureSet:
    """Return the bundled feature set.

    Raises:
        PolicyDocumentDamaged: it is unreadable, or uses a field that no model may use.
    """
    chosen = read_document("data/training_features.yaml", FeatureSet)
    check_sources(chosen)
    return chosen


def check_sources(chosen: FeatureSet) -> None:
    """Check that no feature comes from a special category, identity, or a protected attribute.

    Raises:
        PolicyDocumentDamaged: a feature comes from a field that no model may use, or that does not exist.
    """
    catalogue = load_catalogue()
    protected = {attribute.source for attribute in chosen.protected}
    for feature in chosen.features:
        for source in feature.sources:
            if source not in catalogue:
                raise PolicyDocumentDamaged(
                    _("{feature}: no existe el campo {source!r}", feature=feature.name, source=source)
                )
            spec = catalogue.field(source)
            sensitive = spec.sensitivity.level >= Sensitivity.P3.level or spec.category in _FORBIDDEN_CATEGORIES
            if sensitive or source in protected:
                raise PolicyDocumentDamaged(
                    _("{feature}: ningún modelo puede usar {source}", feature=feature.name, source=source)
                )
