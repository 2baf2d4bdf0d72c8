"""The documents that an access decision depends on, and their digest; loads no policy engine."""

from functools import cache
from typing import Final

from policies import catalogue as _catalogue
from policies import vocabulary as _vocabulary
from policies.documents import digest

POLICIES: Final = "cedar/policies.cedar"
SCHEMA: Final = "cedar/schema.cedarschema"
DOCUMENTS: Final = (POLICIES, SCHEMA, *_catalogue.DOCUMENTS, *_vocabulary.DOCUMENTS)
"""Everything a decision depends on besides the request."""


@cache
def policy_sha256() -> str:
    """Return the SHA-256, hex, of the policy in force, which ledger entries about an exchange name.

    Raises:
        PolicyDocumentDamaged: an installed document is unreadable.
    """
    return digest(DOCUMENTS)
