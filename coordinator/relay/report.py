"""What ``redpact-coordinator status`` says of the relay: only the running service knows."""

from typing import Any

from coordinator.rpc.relay import attached_now
from coordinator.wiring import Coordinator
from policies.errors import RedpactError


def relay_summary(coordinator: Coordinator) -> dict[str, Any]:
    """Return whether the relay runs and who is attached to it, as JSON values."""
    if not coordinator.settings.relay:
        return {"state": "off", "attached": []}
    try:
        return {"state": "running", "attached": list(attached_now(coordinator))}
    except RedpactError as error:
        return {"state": "stopped", "attached": [], "fault": error.code}


_WORDS = {
    "es": {
        "off": "Repetidor: apagado en la configuración",
        "stopped": "Repetidor: parado; el servicio no contesta",
        "running": "Repetidor: entidades conectadas: {count} {who}",
    },
    "en": {
        "off": "Relay: switched off in the settings",
        "stopped": "Relay: stopped; the service does not answer",
        "running": "Relay: entities attached: {count} {who}",
    },
}


def relay_line(document: dict[str, Any], lang: str) -> str:
    """Return the summary as one line for people."""
    attached = document["attached"]
    who = f"({', '.join(attached)})" if attached else ""
    return _WORDS[lang][document["state"]].format(count=len(attached), who=who).rstrip()
