"""Tables of the seals. They hold digests and tags under a key of the node, and nothing of a person."""

from typing import Final

from sqlalchemy import BigInteger, Integer, LargeBinary, PrimaryKeyConstraint, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """Metadata of `node.seals`."""


class RowSealRow(Base):
    """The seal of the rows that one thing has: a person, a household, the consents of a person."""

    __tablename__ = "row_seals"
    __table_args__ = (PrimaryKeyConstraint("key", "scope", name="pk_row_seals"),)

    key: Mapped[str] = mapped_column(String(64))
    """The node's own id of the thing."""
    scope: Mapped[str] = mapped_column(String(16))
    version: Mapped[int] = mapped_column(BigInteger)
    digests: Mapped[bytes] = mapped_column(LargeBinary)
    """Of its rows, 16 bytes for each part."""


class SealPageRow(Base):
    """The newest tag of each of many seals: name and tag one after the other, sorted."""

    __tablename__ = "seal_pages"
    __table_args__ = (PrimaryKeyConstraint("page", name="pk_seal_pages"),)

    page: Mapped[int] = mapped_column(Integer, autoincrement=False)
    entries: Mapped[bytes] = mapped_column(LargeBinary)


class SealRootRow(Base):
    """The digest of each page, in one row, to which the head of the ledger is bound."""

    __tablename__ = "seal_root"
    __table_args__ = (PrimaryKeyConstraint("id", name="pk_seal_root"),)

    id: Mapped[int] = mapped_column(Integer, autoincrement=False)
    pages: Mapped[bytes] = mapped_column(LargeBinary)


SEALS: Final = Base.metadata.tables["row_seals"]
PAGES: Final = Base.metadata.tables["seal_pages"]
ROOT: Final = Base.metadata.tables["seal_root"]
