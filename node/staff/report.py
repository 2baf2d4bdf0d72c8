"""Accounts of the staff, for administrators and for programs."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from policies.staff_roles import role_label
from presentation.formats import moment
from presentation.messages import in_language, listing, speaking
from presentation.terminal import table
from service.web.accounts.model import Account


def account_document(account: Account) -> dict[str, Any]:
    """Return an account for ``--json``; nothing of its secrets is in it."""
    return {
        "login": account.login,
        "name": account.name,
        "staff_code": account.staff_code,
        "roles": sorted(account.roles),
        "temporary_password": account.temporary,
        "second_factor": account.second_factor,
        "last_access_at": account.last_access_at.isoformat() if account.last_access_at else None,
        "disabled_at": account.disabled_at.isoformat() if account.disabled_at else None,
    }


def accounts_document(found: Sequence[Account]) -> dict[str, Any]:
    """Return accounts for ``--json``."""
    return {"accounts": [account_document(each) for each in found]}


def accounts_text(found: Sequence[Account], now: datetime, lang: str) -> str:
    """Return the table of the accounts."""
    say = speaking(lang)
    if not found:
        return say("No hay ninguna cuenta. Añada la primera con: redpact-node user add")
    heads = (say("Usuario"), say("Nombre"), say("Perfil"), say("Estado"), say("Último acceso"))
    rows = [
        (
            each.login,
            each.name,
            roles_text(each, lang),
            state_text(each, now, lang),
            moment(each.last_access_at, lang) if each.last_access_at else "-",
        )
        for each in found
    ]
    return table(heads, rows)


def roles_text(account: Account, lang: str) -> str:
    """Return the profiles of an account in words."""
    return in_language(listing([in_language(role_label(role), lang) for role in sorted(account.roles)]), lang)


def state_text(account: Account, now: datetime, lang: str) -> str:
    """Return the state of an account in words."""
    say = speaking(lang)
    if account.disabled_at is not None:
        return say("desactivada")
    if account.locked_until is not None and now < account.locked_until:
        return say("bloqueada unos minutos")
    if account.temporary:
        return say("contraseña por cambiar")
    return say("activa, con segundo factor") if account.second_factor else say("activa")


def added_text(account: Account, lang: str) -> str:
    """Return the confirmation of a new account."""
    return speaking(lang)(
        "✓ Cuenta de {login} añadida. Al entrar se le pedirá que cambie la contraseña.", login=account.login
    )


def disabled_text(account: Account, lang: str) -> str:
    """Return the confirmation that an account is disabled."""
    return speaking(lang)("✓ Cuenta de {login} desactivada; sus sesiones se han cerrado.", login=account.login)


def reset_text(account: Account, lang: str) -> str:
    """Return the confirmation that an account was reset."""
    return speaking(lang)(
        "✓ Cuenta de {login} restablecida. Al entrar se le pedirá que cambie la contraseña.", login=account.login
    )
