"""Documents whose JSON, as the model's own serializer writes it, is their canonical form (RFC 8785)."""

from typing import Any, Self, cast

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler
from pydantic_core import CoreSchema
from typing_extensions import override

from trust import canonical


class CanonicalModel(BaseModel):
    """A document with ASCII keys, no floats, no integers beyond 2^53, and in it only models of this kind.

    RFC 8785 then asks for nothing but keys in order and no spaces, and writing is one pass over the fields instead of
    three; tests compare the bytes with those of a general encoder, for every model. Fields are in order in whatever was
    validated: `model_construct` does not validate.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    @override
    def __get_pydantic_core_schema__(cls, source: type[BaseModel], handler: GetCoreSchemaHandler) -> CoreSchema:
        """Have the fields of what is read in the order of their canonical form, whatever order they are declared in."""
        schema: Any = handler(source)
        inner = schema
        while "fields" not in inner:  # validators of the whole model are around it
            inner = inner["schema"]
        inner["fields"] = dict(sorted(inner["fields"].items()))
        return cast("CoreSchema", schema)

    def canonical(self) -> bytes:
        """Return the RFC 8785 bytes."""
        return self.__pydantic_serializer__.to_json(self)

    @classmethod
    def read(cls, data: bytes, *, max_bytes: int) -> Self:
        """Read untrusted JSON in any spelling, sooner when it is the canonical one.

        Raises:
            MalformedDocument: not a JSON object that has a canonical form, or larger than `max_bytes`.
            ValidationError: another document.
        """
        found = cls.from_canonical(data) if len(data) <= max_bytes else None
        return found or cls.model_validate(canonical.decode(data, max_bytes=max_bytes))

    @classmethod
    def from_canonical(cls, data: bytes) -> Self | None:
        """Read exactly the bytes that `canonical` gives of a document.

        None for any others, which is no verdict: they may be the same in another spelling. That the bytes come out
        again is what refuses duplicate keys, spaces and escapes.
        """
        try:
            document: Self = cls.__pydantic_validator__.validate_json(data)
        except ValueError:
            return None
        return document if document.canonical() == data else None
