"""Every table of a node's database, whatever package it belongs to."""

from sqlalchemy import MetaData

from consent_ledger.log import tables as ledger
from consent_ledger.witnessing import tables as witness
from federated.storage import tables as federated
from node import pinned_anchors
from node.anchors import tables as directories
from node.cards import tables as cards
from node.care import tables as care
from node.doubts import tables as doubts
from node.households import tables as households
from node.inbox import tables as inbox
from node.locator import tables as locating
from node.people import import_tables as imports
from node.people import tables as people
from node.pseudonym_key import tables as pseudonym_key
from node.referrals import tables as referrals
from node.risk import tables as risk
from node.seals import tables as seals
from node.support import tables as support
from node.training import tables as training
from records_exchange import tables as exchange
from records_exchange.key_holding import tables as key_holding
from service.web.accounts import tables as accounts


def all_metadata() -> list[MetaData]:
    """Return the metadata of each package with tables here."""
    packages = (
        ledger,
        witness,
        exchange,
        locating,
        people,
        imports,
        cards,
        support,
        households,
        care,
        doubts,
        referrals,
        inbox,
        training,
        risk,
        federated,
        seals,
    )
    return [
        each.Base.metadata for each in (*packages, pinned_anchors, directories, pseudonym_key, key_holding, accounts)
    ]
