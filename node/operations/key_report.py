"""The public keys of this entity for people, and the choice of one."""

from typing import Any

from consent_ledger.proofs.note import NoteSigner
from node.context import NodeContext
from node.identity.errors import KeyNotNamed
from node.identity.reach import own_cosigner
from presentation import terminal
from presentation.messages import _, speaking


def key_document(context: NodeContext, tls_key: str) -> dict[str, Any]:
    """Return the public keys as JSON values."""
    keys, settings = context.keys, context.settings
    return {
        "entity": settings.entity,
        "signing": keys.signing.public_key.hex(),
        "exchange": keys.exchange_public.hex(),
        "ledger": NoteSigner(settings.ledger_origin, keys.ledger).vkey,
        "witness": own_cosigner(settings, keys).vkey,
        "tls": tls_key,
    }


def key_text(document: dict[str, Any], lang: str) -> str:
    """Return the public keys for people."""
    say = speaking(lang)
    names = {
        "signing": say("Firma de mensajes"),
        "exchange": say("Intercambio"),
        "ledger": say("Registro"),
        "witness": say("Testigo"),
        "tls": say("Conexiones (TLS)"),
    }
    return terminal.pairs([(name, document[key]) for key, name in names.items()])


def required_key(**chosen: bool) -> str:
    """Return the one key that was chosen.

    Raises:
        KeyNotNamed: none, or several.
    """
    names = [name for name, wanted in chosen.items() if wanted]
    if len(names) != 1:
        raise KeyNotNamed(_("indique una sola clave"), remedy=_("por ejemplo: redpact-node keys rotate --tls"))
    return names[0]
