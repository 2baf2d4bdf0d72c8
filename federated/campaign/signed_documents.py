"""Seal and parse the signed documents of a campaign: RFC 8785 JSON in a signed envelope."""

from typing import TypeVar

from pydantic import BaseModel, ValidationError

from federated.errors import FederatedError
from presentation.messages import _
from trust import canonical, signing

Document = TypeVar("Document", bound=BaseModel)


def seal_document(document: BaseModel, payload_type: str, signer: signing.Signer) -> signing.Envelope:
    """Sign a document."""
    return signing.seal(payload_type, canonical.encode(document.model_dump(mode="json")), signer)


def parse_document(payload: bytes, model: type[Document], invalid: type[FederatedError]) -> Document:
    """Parse the payload of an envelope already verified.

    Raises:
        MalformedDocument: not JSON.
        FederatedError: `invalid`, when it is not a `model`.
    """
    try:
        return model.model_validate(canonical.decode(payload))
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in fault["loc"]) or "document"
        raise invalid(
            _(
                "{where}: {msg} (errores: {error_count})",
                where=where,
                msg=fault["msg"],
                error_count=error.error_count(),
            )
        ) from error
