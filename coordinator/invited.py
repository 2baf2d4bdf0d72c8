"""Checks on the data of an invitation."""

from datetime import timedelta
from typing import Final

from coordinator.errors import EntityInvalid
from presentation.messages import _
from trust.parties import COORDINATOR_ID, check_entity_id

MAX_NAME_CHARACTERS: Final = 200


def check_invited(entity: str, name: str, valid_for: timedelta) -> None:
    """Check the data of an invitation.

    Raises:
        EntityInvalid: the id, name or validity is not allowed.
    """
    try:
        check_entity_id(entity)
    except ValueError as error:
        raise EntityInvalid(
            _("{entity!r} no puede ser un identificador: use a-z, 0-9 y «-»", entity=entity),
            remedy=_("elija otro identificador"),
        ) from error
    if entity == COORDINATOR_ID:
        raise EntityInvalid(
            _("{entity!r} es el identificador del propio coordinador", entity=entity),
            remedy=_("elija otro identificador"),
        )
    if not name.strip() or len(name) > MAX_NAME_CHARACTERS:
        raise EntityInvalid(_("un nombre debe tener de 1 a 200 caracteres"), remedy=_("indique otro --name"))
    if not timedelta(0) < valid_for <= timedelta(days=90):
        raise EntityInvalid(_("una invitación vale como máximo 90 días"), remedy=_("indique otro plazo de validez"))
