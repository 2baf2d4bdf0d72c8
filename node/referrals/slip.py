"""The slip that a person takes along: entity, deadline and code, in Spanish and English; one page, to be printed.

It names no person, service or need. The code works only together with the person's document, so that a lost slip
reveals nothing about anybody.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Final

from node.referrals.errors import ReferralInvalid
from node.referrals.referrals import Referrals
from node.referrals.store import SHORTEST_PREFIX, Referral
from policies.referrals import OPEN, ReferralSide
from presentation.catalogue import SOURCE
from presentation.messages import _
from presentation.pages import Pages
from service.files import write_private

if TYPE_CHECKING:
    from node.context import NodeContext

_PAGES: Final = Pages("node.referrals")
_GROUP: Final = 4
"""Digits of a code between two hyphens."""


def write_slip(context: "NodeContext", reference: str, file: Path) -> Referral:
    """Write the slip of a referral that was sent from here and is open, and return the referral.

    Raises:
        ReferralUnknown: there is no such referral.
        ReferralInvalid: it was received, or is not open.
        StorageFull, HomeUnusable: the file cannot be written.
    """
    referral, _unused = Referrals(context).show(reference)
    if referral.side is not ReferralSide.SENDER or referral.state not in OPEN:
        raise ReferralInvalid(
            _("solo se hace un volante de una derivación enviada desde aquí y abierta"),
            remedy=_("consulte: referral list --open"),
        )
    names, own = context.entity_names(), context.settings.entity
    page = slip_page(referral, to=names.get(referral.peer, referral.peer), sender=names.get(own, own))
    write_private(file, page.encode())
    return referral


def slip_page(referral: Referral, *, to: str, sender: str) -> str:
    """Return the slip as one HTML file without scripts.

    Args:
        referral: sent from here.
        to: name of the entity that the person goes to.
        sender: name of this entity.
    """
    return _PAGES.bilingual(
        "referral_slip.html",
        SOURCE,
        main="referral_slip_main.html",
        short=_grouped(referral.referral_id[:SHORTEST_PREFIX]),
        whole=_grouped(referral.referral_id),
        to=to,
        sender=sender,
        until=referral.answer_by,
    )


def _grouped(code: str) -> str:
    return "-".join(code[start : start + _GROUP] for start in range(0, len(code), _GROUP))
