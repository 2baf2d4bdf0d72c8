"""Options of the commands in which somebody may act for a person or beside them."""

from typing import TYPE_CHECKING, Annotated

import typer

from presentation.messages import _

if TYPE_CHECKING:
    from node.consents.guardians import GuardianInput

GuardianOption = Annotated[
    str,
    typer.Option(
        "--guardian-document",
        help=_("Documento de identidad de quien actúa por la persona o con ella (progenitor, tutor, apoyo)."),
    ),
]
RelationOption = Annotated[
    str,
    typer.Option(
        "--guardian-relation",
        help=_(
            "Con menos de 14 años: parent (si no se indica otra), guardian, public_entity, defender. Mayores de edad, "
            "con la medida que conste: curator, de_facto, attorney, defender, public_entity; véase: support rules."
        ),
    ),
]
HeardOption = Annotated[
    bool, typer.Option("--heard", help=_("La persona ha sido oída antes de que otra actúe por ella; queda anotado."))
]


def given_guardian(document: str, relation: str, *, heard: bool) -> "GuardianInput | None":
    """Return who acts for the person; None when nobody was named.

    Raises:
        DocumentInvalid: not a document.
    """
    from node.cli.arguments import read_document
    from node.consents.guardians import GuardianInput
    from node.support.documents import PUBLIC_ENTITY, supporter_document

    if not document and not relation:
        return None
    if not document:
        # A relation without a document is for the use case to refuse: it must not pass for an act of the person.
        return GuardianInput(None, relation or "parent", heard)
    if relation == PUBLIC_ENTITY and document != "-":
        return GuardianInput(supporter_document(document, relation), relation, heard)
    return GuardianInput(read_document(document), relation or "parent", heard)
