"""A key that occurs twice is refused in JSON and in YAML, at any depth."""

import pytest
import yaml

from federated.errors import SchemaInvalid
from federated.tabular.evaluation_table import parse_schema
from policies.assurance import AssurancePolicy
from policies.documents import BUNDLE, ReasonList, parse_document
from policies.errors import AssurancePolicyInvalid, PolicyDocumentDamaged
from policies.strict_reading import read_json, read_yaml


@pytest.mark.parametrize("text", ["a: 1\na: 2\n", "b: {a: 1, a: 1}\n", "- {x: {a: 1, 'a': 2}}\n", "1: a\n1: b\n"])
def test_yaml_with_a_key_twice_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="twice"):
        read_yaml(text)


@pytest.mark.parametrize("text", ['{"a": 1, "a": 2}', '[{"b": {"a": 1, "\\u0061": 2}}]', '{"a": NaN}'])
def test_json_with_a_key_twice_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"twice|JSON"):
        read_json(text)


def test_everything_else_is_read_as_by_the_usual_loaders() -> None:
    for path in sorted(BUNDLE.glob("data/*.yaml")):
        text = path.read_text(encoding="utf-8")
        assert read_yaml(text) == yaml.safe_load(text), path.name
    assert read_yaml("base: &b {a: 1}\nmore:\n  <<: *b\n  a: 2\n") == {"base": {"a": 1}, "more": {"a": 2}}
    assert read_json(b'{"a": [1, {"a": 2}]}') == {"a": [1, {"a": 2}]}


def test_bundled_words_a_schema_and_a_policy_are_read_so() -> None:
    twice = "version: a/1\nreasons:\n  one: {es: uno, en: one}\n  one: {es: otro, en: other}\n"
    with pytest.raises(PolicyDocumentDamaged, match="twice"):
        parse_document("words.yaml", twice, ReasonList)
    schema = (
        "site: s\nlabel: {name: y, positive: 1, positive: 0}\nfeatures: [{name: x, kind: numeric, min: 0, max: 1}]\n"
    )
    with pytest.raises(SchemaInvalid, match="twice"):
        parse_schema(schema.encode())
    with pytest.raises(AssurancePolicyInvalid, match="twice"):
        AssurancePolicy.read('{"accepted": {}, "accepted": {}}')
