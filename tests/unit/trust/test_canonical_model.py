"""Models whose own serializer writes RFC 8785: what that rests on, for every one of them."""

import typing
from typing import Any

import pytest
from pydantic import BaseModel

from consent_ledger.log.bodies import ALL_BODIES
from records_exchange.answer import FetchAnswer
from records_exchange.request import FetchRequest
from trust import canonical
from trust.canonical_model import CanonicalModel

DOCUMENTS: tuple[type[CanonicalModel], ...] = (*ALL_BODIES, FetchRequest, FetchAnswer)


class Inner(CanonicalModel):
    z: int = 1
    a: str = ""


class Outer(CanonicalModel):
    later: tuple[Inner, ...] = ()
    inner: Inner = Inner()
    b: str | None = None


def models_in(annotation: Any) -> set[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        inner = (models_in(field.annotation) for field in annotation.model_fields.values())
        return {annotation}.union(*inner)
    return set[type[BaseModel]]().union(*(models_in(argument) for argument in typing.get_args(annotation)))


def holds_floats(annotation: Any) -> bool:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return any(holds_floats(field.annotation) for field in annotation.model_fields.values())
    return annotation in (float, Any) or any(map(holds_floats, typing.get_args(annotation)))


@pytest.mark.parametrize("model", DOCUMENTS)
def test_all_that_is_in_a_canonical_document_is_canonical(model: type[CanonicalModel]) -> None:
    assert all(issubclass(each, CanonicalModel) for each in models_in(model))
    assert not holds_floats(model)


def test_whatever_order_fields_are_declared_and_given_in_the_bytes_are_rfc_8785() -> None:
    document = Outer(later=(Inner(z=2), Inner(a='ñ\u007f\n"\\\u0001')), b="é", inner=Inner(a="x", z=3))
    assert document.canonical() == canonical.encode(document.model_dump(mode="json"))
    assert Outer.from_canonical(document.canonical()) == document


@pytest.mark.invariant(8)
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"[]",
        b'{"b":null,"inner":{"a":"","z":1},"later":[],"later":[]}',
        b'{"b":null,"inner":{"a":"","z":1},"later":[] }',
        b'{"inner":{"a":"","z":1},"b":null,"later":[]}',
        b'{"b":"\\u0061","inner":{"a":"","z":1},"later":[]}',
        b'{"b":"\\ud800","inner":{"a":"","z":1},"later":[]}',
        b'{"b":null,"inner":{"a":"","z":1.0},"later":[]}',
        b'{"b":null,"inner":{"a":"","z":1},"later":[],"more":1}',
        b'{"b":null}',
        b'{"b":' + b"[" * 100_000,
    ],
)
def test_other_bytes_are_not_read(data: bytes) -> None:
    assert Outer.from_canonical(b'{"b":null,"inner":{"a":"","z":1},"later":[]}') == Outer()
    assert Outer.from_canonical(data) is None
