"""Accounts as administrators handle them: add, list, disable, reset; and what their owners change themselves."""

import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete

from presentation.messages import _, listing
from service.web.accounts import journal, store
from service.web.accounts.model import MAX_LOGIN, Account, JournalKind, SecretBox
from service.web.accounts.passwords import Passwords, check_new
from service.web.accounts.second_factor import KEY_BYTES, used_step
from service.web.accounts.tables import LOGINS
from service.web.errors import AccountInvalid, FactorCodeWrong, LoginRefused

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from service.clock import Clock
    from service.database_context import DatabaseContext

_LOGIN: Final = re.compile(r"[a-z0-9][a-z0-9._-]{1,63}")
_LONGEST_NAME: Final = 100


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account to be made.

    Attributes:
        login: the name typed to log in.
        name: as pages show them.
        staff_code: the organisation's own code; validated by the caller, who knows its form.
        roles: codes.
        temporary: whether the password is to be replaced at the first login.
    """

    login: str
    name: str
    staff_code: str
    roles: tuple[str, ...]
    temporary: bool = True


class Accounts:
    """The accounts of one service.

    Args:
        database: of the service.
        clock: the present.
        passwords: hashing.
        box: seals the keys of second factors.
        roles: the codes that exist.
        apart: pairs of roles that no one account has together.
    """

    def __init__(
        self,
        database: "DatabaseContext",
        clock: "Clock",
        passwords: Passwords,
        box: SecretBox,
        *,
        roles: Collection[str],
        apart: Collection[tuple[str, str]] = (),
    ) -> None:
        self._database = database
        self._clock = clock
        self._passwords = passwords
        self._box = box
        self._roles = frozenset(roles)
        self._apart = tuple(apart)

    # ---- by an administrator

    def add(self, new: NewAccount, password: str, *, by: str = "") -> Account:
        """Add an account.

        Raises:
            AccountInvalid: the name has no valid form or is taken, or the roles are none, unknown or kept apart.
            PasswordWeak: as `check_new`.
        """
        login, name = new.login.strip().casefold(), " ".join(new.name.split())
        self._check(login, name, new.roles)
        check_new(password, login)
        hashed, now = self._passwords.hash(password), self._clock.now()
        values = {
            "account_id": secrets.token_hex(16),
            "login": login,
            "name": name,
            "staff_code": new.staff_code,
            "roles": " ".join(sorted(set(new.roles))),
            "password_hash": hashed,
            "password_temporary": new.temporary,
            "factor_step": 0,
            "failures": 0,
            "created_at": now,
            "active_since": now,
            "last_access_from": "",
        }
        with self._database.transaction() as session:
            if store.find(session, login) is not None:
                raise AccountInvalid(
                    _("ya hay una cuenta con el nombre de usuario {login}", login=login), remedy=_("elija otro nombre")
                )
            store.add(session, values)
            journal.note(session, JournalKind.ADDED, now, account_id=str(values["account_id"]), by=by)
            return store.account_of(store.get(session, login))

    def list(self) -> tuple[Account, ...]:
        """Return every account, by login name."""
        with self._database.snapshot() as session:
            return store.everybody(session)

    def disable(self, login: str, *, by: str = "") -> Account:
        """Disable an account now, and end its logins.

        Raises:
            AccountUnknown: there is none of that name.
        """
        now = self._clock.now()
        with self._database.transaction() as session:
            row = store.get(session, login)
            if row.disabled_at is None:
                store.change(session, row.account_id, disabled_at=now)
                journal.note(session, JournalKind.DISABLED, now, account_id=row.account_id, by=by)
            _end_logins(session, row.account_id)
            return store.account_of(store.get(session, login))

    def reset(self, login: str, password: str, *, by: str = "") -> Account:
        """Give an account a temporary password, take its second factor and lock-out away, and end its logins.

        An account that was disabled or dormant can be used again.

        Raises:
            AccountUnknown: there is none of that name.
            PasswordWeak: as `check_new`.
        """
        check_new(password, login)
        hashed, now = self._passwords.hash(password), self._clock.now()
        with self._database.transaction() as session:
            row = store.get(session, login)
            store.change(
                session,
                row.account_id,
                password_hash=hashed,
                password_temporary=True,
                factor_sealed=None,
                factor_pending=None,
                failures=0,
                locked_until=None,
                active_since=now,
                disabled_at=None,
            )
            _end_logins(session, row.account_id)
            journal.note(session, JournalKind.RESET, now, account_id=row.account_id, by=by)
            return store.account_of(store.get(session, login))

    # ---- by its owner

    def change_password(self, account: Account, old: str, new: str) -> None:
        """Replace the owner's password, and end every login of theirs: the caller opens a new one.

        Raises:
            LoginRefused: the old password is wrong.
            PasswordWeak: as `check_new`.
        """
        check_new(new, account.login)
        with self._database.snapshot() as session:
            stored = store.get(session, account.login).password_hash
        if not self._passwords.verify(stored, old):
            raise LoginRefused(_("la contraseña actual no es esa"), remedy=_("escríbala de nuevo"))
        hashed, now = self._passwords.hash(new), self._clock.now()
        with self._database.transaction() as session:
            store.change(session, account.account_id, password_hash=hashed, password_temporary=False)
            _end_logins(session, account.account_id)
            journal.note(session, JournalKind.PASSWORD_CHANGED, now, account_id=account.account_id)

    def pending_factor(self, account: Account) -> bytes:
        """Return the key of a second factor that waits for its first code, made when there is none."""
        with self._database.transaction() as session:
            row = store.get(session, account.login)
            if row.factor_pending is not None:
                return self._box.open(account.account_id, row.factor_pending)
            key = secrets.token_bytes(KEY_BYTES)
            store.change(session, account.account_id, factor_pending=self._box.seal(account.account_id, key))
            return key

    def set_factor(self, account: Account, code: str) -> None:
        """Put the pending second factor to use, once a code proves that the owner's application has it.

        Raises:
            FactorCodeWrong: the code is not of that key and of now.
        """
        now = self._clock.now()
        with self._database.transaction() as session:
            row = store.get(session, account.login)
            key = self._box.open(account.account_id, row.factor_pending) if row.factor_pending else b""
            step = used_step(key, code, now, 0) if key else None
            if step is None:
                raise FactorCodeWrong(
                    _("ese código no es de la clave que se muestra"), remedy=_("compruebe la hora del teléfono")
                )
            sealed = {"factor_sealed": row.factor_pending, "factor_pending": None, "factor_step": step}
            store.change(session, account.account_id, **sealed)
            journal.note(session, JournalKind.FACTOR_SET, now, account_id=account.account_id)

    # ---- rules

    def _check(self, login: str, name: str, roles: Collection[str]) -> None:
        if not _LOGIN.fullmatch(login):
            raise AccountInvalid(
                _(
                    "el nombre de usuario tiene de 2 a {most} letras sin acentos, dígitos y . _ -",
                    most=MAX_LOGIN,
                ),
                remedy=_("elija otro nombre"),
            )
        if not 0 < len(name) <= _LONGEST_NAME:
            raise AccountInvalid(_("falta el nombre de la persona, o es muy largo"), remedy=_("indíquelo con --name"))
        if unknown := set(roles) - self._roles or not roles:
            named = listing(sorted(unknown if isinstance(unknown, set) else ()))
            raise AccountInvalid(
                _("falta el perfil, o no existe: {roles}", roles=named),
                remedy=_("use uno de estos: {known}", known=listing(sorted(self._roles))),
            )
        for one, other in self._apart:
            if {one, other} <= set(roles):
                raise AccountInvalid(
                    _("los perfiles {one} y {other} no pueden ser de la misma persona", one=one, other=other),
                    remedy=_("déselos a dos personas distintas"),
                )


def _end_logins(session: "Session", account_id: str) -> None:
    session.execute(delete(LOGINS).where(LOGINS.c.account_id == account_id))
