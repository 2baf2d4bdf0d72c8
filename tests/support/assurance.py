"""The person's will in tests: policies that take the word of other entities, and professionals who confirm."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

from node.care.access import CaseRegister
from node.consents.assurance.policy import set_policy
from node.context import NodeContext
from node.people.documents import Document
from tests.support.assurance_policies import TRUSTING
from tests.support.people import PERSON

if TYPE_CHECKING:
    from node.wiring import Node

PROFESSIONAL: Final = "ts-01"


def trust_other_entities(*contexts: NodeContext) -> None:
    """Lower the policy of entities, explicitly, so that a consent opens P1 and P2 without a proof."""
    for context in contexts:
        set_policy(context, TRUSTING)


def signed_form(folder: Path, content: bytes = b"%PDF-1.7 formulario firmado, ficticio") -> Path:
    """Write the scan of a signed form and return its path."""
    path = folder / "form.pdf"
    path.write_bytes(content)
    return path


def join_case(node: "Node", document: Document = PERSON, professional: str = PROFESSIONAL) -> None:
    """Put a professional on the team of a person's case."""
    CaseRegister(node.context).add_member(document, professional, "entity_technician", added_by="ts-00")


def confirm(node: "Node", consent_id: str, document: Document = PERSON) -> None:
    """Confirm a consent, as a professional on the case who has looked at the form."""
    join_case(node, document)
    node.consent_requests.confirm(consent_id, PROFESSIONAL)
