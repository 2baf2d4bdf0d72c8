"""The faults of other libraries are said in the reader's language, with their place, and never with the value."""

import csv
import errno
import json
import socket
import tomllib
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from uuid import UUID

import pytest
import yaml
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, HttpUrl, TypeAdapter, ValidationError
from pydantic_core.core_schema import ErrorType

from presentation.faults import first_fault, os_fault, parse_fault, said_kind
from presentation.messages import Message, _, in_language, language

SECRET = "00000000T"

ONLY_PROGRAMS = {
    "no_such_attribute",
    "needs_python_object",
    "frozen_field",
    "frozen_instance",
    "get_attribute_error",
    "default_factory_not_called",
    "iteration_error",
    "missing_sentinel_error",
    "ellipsis_error",
    "is_instance_of",
    "is_subclass_of",
    "callable_type",
    "arguments_type",
    "missing_argument",
    "unexpected_keyword_argument",
    "missing_keyword_only_argument",
    "unexpected_positional_argument",
    "missing_positional_only_argument",
    "multiple_argument_values",
}
"""Kinds that a mistake in a program causes, and no document."""


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Round(BaseModel):
    kind: Literal["round"]


class Square(BaseModel):
    kind: Literal["square"]


def _no(_value: str) -> str:
    raise ValueError(_("un valor está dos veces"))


def _foreign(_value: str) -> str:
    raise ValueError(f"could not convert {SECRET}")


class Document(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(default="ana", min_length=2, max_length=4, pattern="^[a-z]+$")
    own: Annotated[str, AfterValidator(_no)] | None = None
    foreign: Annotated[str, AfterValidator(_foreign)] | None = None
    years: int = Field(default=1, ge=0, le=120)
    share: float = Field(default=0.5, gt=0, lt=1, allow_inf_nan=False)
    step: int = Field(default=10, multiple_of=5)
    items: tuple[int, ...] = Field(default=(1,), min_length=1, max_length=2)
    listed: list[str] = Field(default_factory=list)
    values: dict[str, int] = Field(default_factory=dict)
    names: frozenset[str] = frozenset()
    agreed: bool = False
    colour: Colour = Colour.RED
    mode: Literal["fast", "slow", "none"] = "fast"
    day: date | None = None
    moment: AwareDatetime | None = None
    life: timedelta | None = None
    amount: Decimal = Field(default=Decimal(1), max_digits=5, decimal_places=2)
    identity: UUID | None = None
    shape: Annotated[Round | Square, Field(discriminator="kind")] | None = None
    raw: bytes = Field(default=b"a", min_length=1, max_length=2)
    site: HttpUrl | None = None


@pytest.fixture(autouse=True)
def _spanish() -> Iterator[None]:
    with language("es"):
        yield


FAULTS: dict[str, tuple[dict[str, Any], str, str]] = {
    "string_type": ({"name": 1}, "name: se espera un texto", "name: a text is expected"),
    "string_too_short": (
        {"name": "a"},
        "name: ha de tener al menos 2 caracteres",
        "name: it must have at least 2 characters",
    ),
    "string_too_long": (
        {"name": "abcde"},
        "name: puede tener como máximo 4 caracteres",
        "name: it may have at most 4 characters",
    ),
    "string_pattern_mismatch": (
        {"name": "A1"},
        "name: solo admite letras minúsculas sin acento, en su orden",
        "name: takes only lower-case letters without accents, in their order",
    ),
    "value_error": ({"own": "x"}, "own: un valor está dos veces", "own: a value is listed twice"),
    "int_parsing": ({"years": "x"}, "years: se espera un número entero", "years: a whole number is expected"),
    "int_from_float": ({"years": 1.5}, "years: se espera un número entero", "years: a whole number is expected"),
    "greater_than_equal": ({"years": -1}, "years: ha de ser 0 o mayor", "years: it must be 0 or greater"),
    "less_than_equal": ({"years": 121}, "years: ha de ser 120 o menor", "years: it must be 120 or less"),
    "greater_than": ({"share": 0}, "share: ha de ser mayor que 0", "share: it must be greater than 0"),
    "less_than": ({"share": 1}, "share: ha de ser menor que 1", "share: it must be less than 1"),
    "finite_number": ({"share": float("nan")}, "share: se espera un número finito", "share: a finite number"),
    "float_parsing": ({"share": "x"}, "share: se espera un número", "share: a number is expected"),
    "multiple_of": ({"step": 3}, "step: ha de ser múltiplo de 5", "step: it must be a multiple of 5"),
    "too_short": ({"items": []}, "items: ha de tener al menos 1 elemento", "items: it must have at least 1 item"),
    "too_long": ({"items": [1] * 3}, "items: puede tener como máximo 2 elementos", "items: it may have at most 2"),
    "tuple_type": ({"items": 1}, "items: se espera una lista", "items: a list is expected"),
    "list_type": ({"listed": 1}, "listed: se espera una lista", "listed: a list is expected"),
    "dict_type": ({"values": 1}, "values: se espera un grupo", "values: a group of named fields"),
    "frozen_set_type": ({"names": 1}, "names: se espera una lista", "names: a list is expected"),
    "bool_parsing": ({"agreed": "x"}, "agreed: se espera verdadero o falso", "agreed: true or false is expected"),
    "enum": (
        {"colour": "x"},
        "colour: ha de ser uno de estos valores: red y blue",
        "one of these values: red and blue",
    ),
    "literal_error": ({"mode": "x"}, "estos valores: fast, slow y none", "one of these values: fast, slow and none"),
    "date_from_datetime_parsing": ({"day": "x"}, "day: se espera una fecha", "day: a date is expected"),
    "datetime_from_date_parsing": ({"moment": "x"}, "moment: se espera fecha y hora", "moment: a date and time"),
    "timezone_aware": ({"moment": "2026-01-01T10:00:00"}, "falta la zona horaria", "the time zone is missing"),
    "time_delta_parsing": ({"life": "x"}, "life: se espera una duración", "life: a duration is expected"),
    "decimal_parsing": ({"amount": "x"}, "amount: se espera un número", "amount: a number is expected"),
    "decimal_max_digits": ({"amount": 123456}, "amount: tiene más de 5 cifras", "amount: it has more than 5 digits"),
    "decimal_max_places": ({"amount": "1.234"}, "amount: tiene más de 2 cifras", "amount: it has more than 2 digits"),
    "uuid_parsing": ({"identity": "x"}, "identity: se espera un identificador UUID", "identity: a UUID is expected"),
    "union_tag_invalid": ({"shape": {"kind": SECRET}}, "«kind» no indica un tipo", "'kind' does not name a known kind"),
    "union_tag_not_found": ({"shape": {}}, "«kind» no indica un tipo", "'kind' does not name a known kind"),
    "missing": ({"shape": {"kind": "round"}, "x": 1}, "x: este campo no existe", "x: there is no such field"),
    "extra_forbidden": ({"other": SECRET}, "other: este campo no existe", "other: there is no such field"),
    "bytes_too_short": ({"raw": b""}, "raw: ha de tener al menos 1 byte", "raw: it must have at least 1 byte"),
    "bytes_too_long": ({"raw": b"abc"}, "raw: puede tener como máximo 2 bytes", "raw: it may have at most 2 bytes"),
    "url_parsing": ({"site": "x"}, "site: se espera una dirección web", "site: a web address is expected"),
}


def fault_of(document: object) -> ValidationError:
    with pytest.raises(ValidationError) as caught:
        Document.model_validate(document)
    return caught.value


@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_is_said_in_both_languages_with_its_place(kind: str) -> None:
    document, spanish, english = FAULTS[kind]
    said = first_fault(fault_of(document))
    assert spanish in said.in_language("es")
    assert english in said.in_language("en")


@pytest.mark.parametrize("kind", sorted(set(get_args(ErrorType)) - ONLY_PROGRAMS))
def test_every_kind_that_a_document_can_cause_has_words(kind: str) -> None:
    """The list is that of the installed pydantic: a new kind fails here, and not before a person."""
    context = dict.fromkeys(
        ("gt", "ge", "lt", "le", "multiple_of", "min_length", "max_length", "max_digits", "whole_digits"), 1
    ) | {"pattern": "x", "expected": "'a' or 'b'", "discriminator": "'kind'", "error": ValueError(_("no existe"))}
    said = said_kind(kind, context)
    assert kind not in said.in_language("es")
    assert said.in_language("es") != said.in_language("en")


@pytest.mark.parametrize("kind", ["union_tag_invalid", "extra_forbidden"])
def test_no_value_is_repeated(kind: str) -> None:
    assert SECRET not in first_fault(fault_of(FAULTS[kind][0]))


def test_the_text_of_a_check_that_is_not_ours_is_not_repeated() -> None:
    said = first_fault(fault_of({"foreign": SECRET}))
    assert said == "foreign: el valor no cumple una regla de este documento"


def test_the_number_of_the_other_faults_is_said() -> None:
    two, three = fault_of({"years": -1, "step": 3}), fault_of({"years": -1, "step": 3, "other": 1})
    assert first_fault(two) == "years: ha de ser 0 o mayor (y otro error)"
    assert first_fault(three).in_language("en") == "years: it must be 0 or greater (and 2 other faults)"


def test_places_are_dotted_and_short() -> None:
    nested = TypeAdapter(dict[str, list[Document]])
    with pytest.raises(ValidationError) as caught:
        nested.validate_python({"people": [{}, {"years": -1}]})
    assert str(first_fault(caught.value)).startswith("people.1.years: ")
    assert str(first_fault(fault_of({"k" * 1000: 1}))) == f"{'k' * 64}: este campo no existe"


def test_a_fault_of_the_whole_document_has_no_place() -> None:
    assert first_fault(fault_of([])) == "se espera un grupo de campos con nombre"


@pytest.mark.parametrize(
    ("fault", "spanish", "english"),
    [
        (FileNotFoundError(errno.ENOENT, "No such file or directory"), "no existe", "it does not exist"),
        (PermissionError(errno.EACCES, "Permission denied"), "no hay permiso", "permission denied"),
        (
            OSError(errno.ENOSPC, "No space left on device"),
            "no queda espacio en el disco",
            "no space left on the device",
        ),
        (socket.gaierror(-2, "Name or service not known"), "no se encuentra ese nombre en la red", "not found on the"),
        (TimeoutError("timed out"), "no responde a tiempo", "it does not answer in time"),
        (OSError(errno.ENOTTY, "Inappropriate ioctl"), "error del sistema ENOTTY", "system error ENOTTY"),
        (OSError("odd"), "error del sistema 0", "system error 0"),
    ],
)
def test_the_systems_faults_are_said_in_both_languages(fault: OSError, spanish: str, english: str) -> None:
    said = os_fault(fault)
    assert said.in_language("es") == spanish
    assert english in said.in_language("en")


def test_real_files_have_reasons_in_words(tmp_path: Path) -> None:
    for path, spanish in ((tmp_path / "none", "no existe"), (tmp_path, "es una carpeta")):
        with pytest.raises((FileNotFoundError, IsADirectoryError)) as caught:
            path.read_text(encoding="utf-8")
        assert os_fault(caught.value) == spanish


def _parsed(parse: Callable[[], object], kind: type[Exception]) -> Message:
    with pytest.raises(kind) as caught:
        parse()
    return parse_fault(caught.value)


def test_a_parsers_fault_is_its_place() -> None:
    at = "línea {}, columna {}: el texto no está bien formado"
    assert _parsed(lambda: json.loads('{\n"a" 1}'), ValueError) == at.format(2, 5)
    assert _parsed(lambda: tomllib.loads("a = 1\nb"), tomllib.TOMLDecodeError) == "el texto no está bien formado"
    assert _parsed(lambda: tomllib.loads("a = 1\nb = = 2"), tomllib.TOMLDecodeError) == at.format(2, 5)
    assert _parsed(lambda: yaml.safe_load("a: [1\nb: 2"), yaml.YAMLError) == at.format(2, 2)
    assert (
        _parsed(lambda: list(csv.reader(['"a"b'], strict=True)), csv.Error) == "tras unas comillas falta el separador"
    )
    assert _parsed(lambda: list(csv.reader(['"a'], strict=True)), csv.Error) == "unas comillas no se cierran"
    assert _parsed(lambda: list(csv.reader(["a" * 200_000])), csv.Error) == "una celda es demasiado larga"
    assert _parsed(b"a\xff".decode, UnicodeDecodeError) == "el byte 2 no es texto UTF-8"
    assert _parsed("\ud800".encode, UnicodeEncodeError) == "el texto tiene un carácter que no es Unicode"


def test_a_message_of_our_own_check_is_kept() -> None:
    assert in_language(parse_fault(ValueError(_("un campo está dos veces"))), "en") == "a field is there twice"
