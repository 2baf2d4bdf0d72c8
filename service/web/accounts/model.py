"""Accounts, logins and the journal as values, and the rules that bound them."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Final, Protocol

MAX_LOGIN: Final = 64


@dataclass(frozen=True, slots=True)
class Account:
    """A member of staff who may use the pages.

    Attributes:
        account_id: random.
        login: the name typed to log in, in lower case.
        name: as pages show them.
        staff_code: the organisation's own code, under which acts are recorded.
        roles: codes.
        temporary: the password was set by somebody else and is to be replaced.
        second_factor: a second factor is set.
        last_access_at: of the last login; None before the first.
        disabled_at: when it was disabled; None while it is not.
        locked_until: end of a lock-out; None without one.
        active_since: when it was made or reset.
    """

    account_id: str
    login: str
    name: str
    staff_code: str
    roles: frozenset[str]
    temporary: bool
    second_factor: bool
    last_access_at: datetime | None
    disabled_at: datetime | None
    locked_until: datetime | None
    active_since: datetime


@dataclass(frozen=True, slots=True)
class Login:
    """A login that lasts, as a request finds it.

    Attributes:
        secret: the browser's token; references and form tokens derive from it.
        account: whose it is.
        created_at: when it began.
        confirmed_at: when the password was last given.
        before_at: the access before this one; None when this is the first.
        before_from: its address.
        failures_before: failed attempts between the two.
    """

    secret: bytes = field(repr=False)
    account: Account
    created_at: datetime
    confirmed_at: datetime
    before_at: datetime | None
    before_from: str
    failures_before: int


class JournalKind(StrEnum):
    """The kinds of entry of the journal. The database holds the codes: add, never rename."""

    LOGIN = "login"
    LOGIN_REFUSED = "login_refused"
    LOCKED = "locked"
    LOGOUT = "logout"
    CONFIRMED = "confirmed"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a code
    FACTOR_SET = "factor_set"
    FACTOR_REMOVED = "factor_removed"
    ADDED = "added"
    DISABLED = "disabled"
    RESET = "reset"


class SecretBox(Protocol):
    """Seals small secrets of accounts for the database; the program that has the keys gives one."""

    def seal(self, account_id: str, secret: bytes) -> bytes:
        """Return a secret sealed for one account."""
        ...

    def open(self, account_id: str, sealed: bytes) -> bytes:
        """Return the secret that `seal` sealed for this account."""
        ...


@dataclass(frozen=True, slots=True)
class LoginRules:
    """The bounds of logins.

    Attributes:
        idle: a login that is not used for so long ends.
        longest: a login ends so long after it began, used or not.
        confirmed_for: how long a password given counts for what asks for it again.
        dormant: an account that nobody used for so long cannot be used until it is reset.
        failures: failed logins in a row that lock an account.
        lock: the first lock-out; each further failure doubles it, up to `longest_lock`.
        longest_lock: bound on a lock-out.
        address_failures: failed logins from one address in `address_window` after which it has to wait.
        address_window: the time in which they are counted.
        local: networks, beside this machine, from which no second factor is asked.
        always_second_factor: ask for it from everywhere.
    """

    idle: timedelta = timedelta(minutes=20)
    longest: timedelta = timedelta(hours=10)
    confirmed_for: timedelta = timedelta(minutes=10)
    dormant: timedelta = timedelta(days=90)
    failures: int = 5
    lock: timedelta = timedelta(minutes=5)
    longest_lock: timedelta = timedelta(hours=1)
    address_failures: int = 30
    address_window: timedelta = timedelta(minutes=15)
    local: tuple[IPv4Network | IPv6Network, ...] = ()
    always_second_factor: bool = False

    def lock_after(self, failures: int) -> timedelta | None:
        """Return the lock-out after some failures in a row; None while there is none."""
        if failures < self.failures:
            return None
        return min(self.lock * (1 << min(failures - self.failures, 10)), self.longest_lock)

    def needs_second_factor(self, address: str) -> bool:
        """Return whether a login from an address takes a second factor (ENS op.acc.6)."""
        if self.always_second_factor:
            return True
        try:
            found = ip_address(address.partition("%")[0])
        except ValueError:
            return True
        mapped = getattr(found, "ipv4_mapped", None)
        found = mapped if mapped is not None else found
        return not (found.is_loopback or any(found in network for network in self.local))


def networks(texts: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    """Return networks written in CIDR.

    Raises:
        ValueError: one is none.
    """
    return tuple(ip_network(text) for text in texts)
