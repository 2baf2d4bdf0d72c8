"""The relay in ``redpact-coordinator status``: its state, as the running service gives it."""

from collections.abc import Callable
from typing import Any

from policies.errors import RedpactError
from presentation.messages import Message, _, listing, plural


def relay_summary(*, enabled: bool, attached: Callable[[], tuple[str, ...]]) -> dict[str, Any]:
    """Return the state of the relay and the attached entities, as JSON values.

    Args:
        enabled: by the settings.
        attached: asks the running service for the attached entities; its typed errors mean that it does not run.
    """
    if not enabled:
        return {"state": "off", "attached": []}
    try:
        return {"state": "running", "attached": list(attached())}
    except RedpactError as error:
        return {"state": "stopped", "attached": [], "fault": error.code}


def relay_line(document: dict[str, Any]) -> Message:
    """Return the summary as one line for people."""
    match document["state"]:
        case "off":
            return _("Repetidor: apagado en la configuración")
        case "stopped":
            return _("Repetidor: parado; el servicio no contesta")
    attached = document["attached"]
    if not attached:
        return _("Repetidor: ninguna entidad conectada")
    return plural(
        "Repetidor: {n} entidad conectada ({names})",
        "Repetidor: {n} entidades conectadas ({names})",
        len(attached),
        names=listing(attached),
    )
