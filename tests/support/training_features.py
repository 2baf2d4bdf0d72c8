"""The bundled features in the form that manifests carry."""

from pydantic import TypeAdapter

from federated.tabular.features import FeatureSpec
from policies.training_features import load_training_features


def manifest_features() -> tuple[FeatureSpec, ...]:
    """Return the bundled features as a campaign lists them."""
    adapter: TypeAdapter[tuple[FeatureSpec, ...]] = TypeAdapter(tuple[FeatureSpec, ...])
    return adapter.validate_python(load_training_features().schema_entries())
