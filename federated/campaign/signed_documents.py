"""Seal and parse the signed documents of a campaign: RFC 8785 JSON in a signed envelope."""

from typing import TypeVar

from pydantic import BaseModel, ValidationError

from federated.errors import FederatedError
from presentation.faults import first_fault
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
        raise invalid(first_fault(error)) from error
