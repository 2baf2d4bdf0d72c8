"""The accounts of an entity's staff, for its pages and its commands."""

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from node.care.professionals import check_professional
from node.cipher import RecordCipher, SealedPlace
from policies.staff_roles import APART, StaffRole
from service.web.accounts.accounts import Accounts, NewAccount
from service.web.accounts.logins import Logins
from service.web.accounts.model import Account, LoginRules, networks
from service.web.accounts.passwords import Passwords

if TYPE_CHECKING:
    from node.context import NodeContext

_TABLE: Final = "web_accounts"
_COLUMN: Final = "factor"


class FactorBox:
    """Seals the keys of second factors under the node's data key."""

    def __init__(self, context: "NodeContext") -> None:
        self._context = context

    @property
    def _cipher(self) -> RecordCipher:
        return self._context.keys.cipher

    def seal(self, account_id: str, secret: bytes) -> bytes:
        """Return a secret sealed for one account."""
        return self._cipher.keep(SealedPlace(_TABLE, _COLUMN, account_id), secret)

    def open(self, account_id: str, sealed: bytes) -> bytes:
        """Return the secret that `seal` sealed for this account.

        Raises:
            RecordsUnreadable: other key, other account, or altered bytes.
        """
        return self._cipher.kept(SealedPlace(_TABLE, _COLUMN, account_id), sealed)


def staff_accounts(context: "NodeContext", passwords: Passwords | None = None) -> Accounts:
    """Return the accounts of this entity's staff."""
    return Accounts(
        context,
        context.clock,
        passwords or Passwords(),
        FactorBox(context),
        roles=[role.value for role in StaffRole],
        apart=[(one.value, other.value) for one, other in APART],
    )


def staff_logins(context: "NodeContext", passwords: Passwords | None = None) -> Logins:
    """Return the logins of this entity's staff, under the bounds of the settings."""
    settings = context.settings
    rules = LoginRules(
        idle=timedelta(minutes=settings.portal_idle_minutes),
        dormant=timedelta(days=settings.portal_dormant_days),
        local=networks(settings.portal_networks),
        always_second_factor=settings.portal_second_factor == "always",
    )
    return Logins(context, context.clock, passwords or Passwords(), FactorBox(context), rules)


def add_staff(accounts: Accounts, new: NewAccount, password: str, *, by: str = "") -> Account:
    """Add an account, whose staff code names its owner wherever acts are recorded.

    Raises:
        ProfessionalInvalid: the staff code has no valid form, or is an identity document.
        AccountInvalid, PasswordWeak: as `Accounts.add`.
    """
    code = check_professional(new.staff_code or new.login)
    return accounts.add(NewAccount(new.login, new.name, code, new.roles, new.temporary), password, by=by)
