"""Logging in and out, and finding the login of a request.

Every refusal of a login takes the same time and says the same: a name that nobody has, a wrong password, a missing
code, an account that is locked out, disabled or dormant. The journal knows which it was.
"""

import hashlib
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Row, delete, func, insert, select, update

from presentation.messages import _
from service.addresses import address_key
from service.web.accounts import journal, store
from service.web.accounts.model import Account, JournalKind, Login, LoginRules, SecretBox
from service.web.accounts.passwords import Passwords
from service.web.accounts.second_factor import used_step
from service.web.accounts.tables import ATTEMPTS, LOGINS
from service.web.errors import LoginRefused, TooManyAttempts

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from service.clock import Clock
    from service.database_context import DatabaseContext

TOKEN_BYTES: Final = 32
_SEEN_EVERY: Final = timedelta(minutes=1)
"""Writing the time of every request would cost a durable write each."""


class Logins:
    """The logins of one service."""

    def __init__(
        self, database: "DatabaseContext", clock: "Clock", passwords: Passwords, box: SecretBox, rules: LoginRules
    ) -> None:
        self._database = database
        self._clock = clock
        self._passwords = passwords
        self._box = box
        self.rules = rules

    # ---- logging in

    def log_in(self, login: str, password: str, code: str, address: str) -> Login:
        """Return a new login.

        The attempt is counted before the password is looked at, so that attempts at the same time are all counted.

        Args:
            login: the name that was typed.
            password: as typed.
            code: of the second factor; empty without one.
            address: of the client.

        Raises:
            LoginRefused: for whatever reason.
            TooManyAttempts: too many failed from this address.
        """
        key = address_key(address)
        with self._database.transaction() as session:
            attempt = self._count(session, key)
            row = store.find(session, login)
            usable = row is not None and self._begin(session, row)
        right = self._passwords.verify(row.password_hash if row is not None and usable else None, password)
        with self._database.transaction() as session:
            found = store.by_id(session, row.account_id) if row is not None else None
            opened = None
            if found is None or not (usable and right and self._has_factor(session, found, code, address)):
                self._refused(session, found, key)
            else:
                opened = self._open(session, found, row.failures if row is not None else 0, address)
                session.execute(delete(ATTEMPTS).where(ATTEMPTS.c.number == attempt))
        if opened is None:
            raise LoginRefused(_("la entrada se ha denegado"), remedy=_("compruebe lo que ha escrito"))
        return opened

    def open_again(self, account: Account, address: str) -> Login:
        """Return a new login of somebody whose login just ended because their password changed."""
        with self._database.transaction() as session:
            return self._open(session, store.get(session, account.login), 0, address)

    def _count(self, session: "Session", key: str) -> int:
        now = self._clock.now()
        session.execute(delete(ATTEMPTS).where(ATTEMPTS.c.attempted_at <= now - self.rules.address_window))
        tried = session.scalar(select(func.count()).select_from(ATTEMPTS).where(ATTEMPTS.c.address == key)) or 0
        if tried >= self.rules.address_failures:
            raise TooManyAttempts(_("demasiados intentos desde esta dirección"), remedy=_("espere un cuarto de hora"))
        written = insert(ATTEMPTS).values({"address": key, "attempted_at": now}).returning(ATTEMPTS.c.number)
        number: int = session.execute(written).scalar_one()
        return number

    def _begin(self, session: "Session", row: "Row[Any]") -> bool:
        """Count a failure beforehand, lock the account out where it is one too many; return whether it may log in."""
        now = self._clock.now()
        if not store.is_usable(row, now, now - self.rules.dormant):
            return False
        failures = row.failures + 1
        lock = self.rules.lock_after(failures)
        until = now + lock if lock else None
        store.change(session, row.account_id, failures=failures, locked_until=until)
        return True

    def _has_factor(self, session: "Session", row: "Row[Any]", code: str, address: str) -> bool:
        if row.factor_sealed is None:
            return not self.rules.needs_second_factor(address)
        key = self._box.open(row.account_id, row.factor_sealed)
        step = used_step(key, code, self._clock.now(), row.factor_step)
        if step is None:
            return False
        store.change(session, row.account_id, factor_step=step)
        return True

    def _refused(self, session: "Session", row: "Row[Any] | None", key: str) -> None:
        now, account = self._clock.now(), row.account_id if row is not None else ""
        journal.note(session, JournalKind.LOGIN_REFUSED, now, account_id=account, address=key)
        if row is not None and row.failures == self.rules.failures:
            journal.note(session, JournalKind.LOCKED, now, account_id=account, address=key)

    def _open(self, session: "Session", row: "Row[Any]", failures: int, address: str) -> Login:
        now, secret, key = self._clock.now(), secrets.token_bytes(TOKEN_BYTES), address_key(address)
        session.execute(delete(LOGINS).where(LOGINS.c.seen_at <= now - self.rules.longest))
        values = {
            "token_sha256": _digest(secret),
            "account_id": row.account_id,
            "created_at": now,
            "seen_at": now,
            "confirmed_at": now,
            "before_at": row.last_access_at,
            "before_from": row.last_access_from,
            "failures_before": failures,
        }
        session.execute(insert(LOGINS).values(values))
        store.change(session, row.account_id, failures=0, locked_until=None, last_access_at=now, last_access_from=key)
        journal.note(session, JournalKind.LOGIN, now, account_id=row.account_id, address=key)
        return Login(secret, store.account_of(row), now, now, row.last_access_at, row.last_access_from, failures)

    # ---- while it lasts

    def find(self, secret: bytes) -> Login | None:
        """Return the login of a token, if it still holds; it counts as used now."""
        now, digest = self._clock.now(), _digest(secret)
        with self._database.snapshot() as session:
            row = session.execute(select(LOGINS).where(LOGINS.c.token_sha256 == digest)).one_or_none()
            account = store.by_id(session, row.account_id) if row is not None else None
        if row is None or account is None or account.disabled_at is not None:
            return None
        if now - row.seen_at >= self.rules.idle or now - row.created_at >= self.rules.longest:
            self.end(secret, timed_out=True)
            return None
        if now - row.seen_at >= _SEEN_EVERY:
            self._set(digest, seen_at=now)
        return Login(
            secret,
            store.account_of(account),
            row.created_at,
            row.confirmed_at,
            row.before_at,
            row.before_from,
            row.failures_before,
        )

    def is_confirmed(self, login: Login) -> bool:
        """Return whether the password was given a short while ago."""
        return self._clock.now() - login.confirmed_at < self.rules.confirmed_for

    def confirm(self, login: Login, password: str, address: str) -> None:
        """Note that the owner gave the password again; wrong ones count as failed logins.

        Raises:
            LoginRefused: it is wrong, or the account is locked out.
        """
        with self._database.transaction() as session:
            row = store.get(session, login.account.login)
            usable = self._begin(session, row)
        right = self._passwords.verify(row.password_hash if usable else None, password)
        now, key = self._clock.now(), address_key(address)
        with self._database.transaction() as session:
            if right:
                store.change(session, row.account_id, failures=row.failures, locked_until=None)
                journal.note(session, JournalKind.CONFIRMED, now, account_id=row.account_id, address=key)
            else:
                self._refused(session, store.by_id(session, row.account_id), key)
        if not right:
            raise LoginRefused(_("la contraseña no es esa"), remedy=_("escríbala de nuevo"))
        self._set(_digest(login.secret), confirmed_at=now)

    def end(self, secret: bytes, *, timed_out: bool = False) -> None:
        """End a login, if there is one."""
        now, digest = self._clock.now(), _digest(secret)
        with self._database.transaction() as session:
            row = session.execute(select(LOGINS).where(LOGINS.c.token_sha256 == digest)).one_or_none()
            session.execute(delete(LOGINS).where(LOGINS.c.token_sha256 == digest))
            if row is not None and not timed_out:
                journal.note(session, JournalKind.LOGOUT, now, account_id=row.account_id)

    def _set(self, digest: bytes, **values: "datetime") -> None:
        with self._database.transaction() as session:
            session.execute(update(LOGINS).where(LOGINS.c.token_sha256 == digest).values(values))


def _digest(secret: bytes) -> bytes:
    return hashlib.sha256(secret).digest()
