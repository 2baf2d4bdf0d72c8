"""Models whose serialized JSON is their canonical form (RFC 8785)."""

from typing import Any, Self, cast

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler
from pydantic_core import CoreSchema
from typing_extensions import override

from trust import canonical


class CanonicalModel(BaseModel):
    """A document with ASCII keys, no floats, no integers beyond 2^53, and nested models of this class only.

    For such a document RFC 8785 requires sorted keys and no spaces only, so that writing is one pass over the fields
    instead of three; tests compare the bytes with those of a general encoder, for every model. Validation sorts the
    fields; `model_construct` does not.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    @override
    def __get_pydantic_core_schema__(cls, source: type[BaseModel], handler: GetCoreSchemaHandler) -> CoreSchema:
        """Sort the fields into RFC 8785 order."""
        schema: Any = handler(source)
        inner = schema
        while "fields" not in inner:  # validators of the whole model enclose it
            inner = inner["schema"]
        inner["fields"] = dict(sorted(inner["fields"].items()))
        return cast("CoreSchema", schema)

    def canonical(self) -> bytes:
        """Return the RFC 8785 bytes."""
        return self.__pydantic_serializer__.to_json(self)

    @classmethod
    def read(cls, data: bytes, *, max_bytes: int) -> Self:
        """Read untrusted JSON in any spelling, the canonical one fastest.

        Raises:
            MalformedDocument: not a JSON object that has a canonical form, or larger than `max_bytes`.
            ValidationError: the object is not a document of this class.
        """
        found = cls.from_canonical(data) if len(data) <= max_bytes else None
        return found or cls.model_validate(canonical.decode(data, max_bytes=max_bytes))

    @classmethod
    def from_canonical(cls, data: bytes) -> Self | None:
        """Read bytes that `canonical` would return for a document; return None for all others.

        None does not mean invalid: the bytes may be a document in another spelling. Serializing again and comparing
        refuses duplicate keys, spaces and escapes.
        """
        try:
            document: Self = cls.__pydantic_validator__.validate_json(data)
        except ValueError:
            return None
        return document if document.canonical() == data else None
