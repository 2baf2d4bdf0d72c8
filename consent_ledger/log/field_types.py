"""The kinds of text that bodies of ledger entries are made of."""

from typing import Annotated

from pydantic import Field

Code = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9._:/\[\]-]+$")]
"""A term of the vocabulary: purpose, field, role, reason. The writer of the entry checks that it exists."""
Codes = Annotated[tuple[Code, ...], Field(max_length=200)]
Reference = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9._:/-]+$")]
"""An opaque id: of a person at this node, a case, a request."""
HexDigest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256 in hex."""
Decimal = Annotated[str, Field(pattern=r"^[0-9]{1,12}(\.[0-9]{1,18})?(e-?[0-9]{1,3})?$")]
"""A number as text, since floats must not be hashed."""
Text = Annotated[str, Field(max_length=500)]
