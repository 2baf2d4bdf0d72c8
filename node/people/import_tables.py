"""Tables of applied imports, of the state of each record before them, and of mappings of columns."""

from datetime import datetime
from typing import Final

from sqlalchemy import BigInteger, Boolean, Index, Integer, LargeBinary, PrimaryKeyConstraint, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from service.columns import UtcDateTime


class Base(DeclarativeBase):
    """Metadata of the imports of `node.people`."""


class RecordImportRow(Base):
    """One import that was applied."""

    __tablename__ = "record_imports"
    __table_args__ = (
        PrimaryKeyConstraint("import_id", name="pk_record_imports"),
        Index("ix_record_imports_state", "state"),
    )

    import_id: Mapped[str] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(16))
    """See `node.people.import_journal.ImportState`."""
    told: Mapped[bytes] = mapped_column(LargeBinary)
    """Name and hash of the file and the professional, sealed with a key of the node."""
    added: Mapped[int] = mapped_column(Integer)
    replaced: Mapped[int] = mapped_column(Integer)
    unchanged: Mapped[int] = mapped_column(Integer)
    stamp: Mapped[str] = mapped_column(String(100))
    """Of the people as readers see them while the import, or its undoing, is under way."""
    applied_at: Mapped[datetime] = mapped_column(UtcDateTime)
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ImportedPersonRow(Base):
    """A person that an import added or changed."""

    __tablename__ = "record_import_people"
    __table_args__ = (
        PrimaryKeyConstraint("import_id", "person_id", name="pk_record_import_people"),
        Index("ix_record_import_people_person", "person_id"),
    )

    import_id: Mapped[str] = mapped_column(String(32))
    person_id: Mapped[str] = mapped_column(String(32))
    added: Mapped[bool] = mapped_column(Boolean)
    version: Mapped[int] = mapped_column(BigInteger)
    """Of the person's seal after the import: another one means that something newer stands on it."""
    before: Mapped[bytes] = mapped_column(LargeBinary)
    """The rows before, sealed with the person's key; of a new person, that there were none."""


class ImportedHouseholdRow(Base):
    """A household that an import added, changed or deleted."""

    __tablename__ = "record_import_households"
    __table_args__ = (PrimaryKeyConstraint("import_id", "household_id", name="pk_record_import_households"),)

    import_id: Mapped[str] = mapped_column(String(32))
    household_id: Mapped[str] = mapped_column(String(32))
    version: Mapped[int] = mapped_column(BigInteger)
    """Of the household's seal after the import; 0 when the import left nobody in it."""
    before: Mapped[bytes] = mapped_column(LargeBinary)
    """The row before, sealed with a key of the node."""


class RecordMappingRow(Base):
    """A mapping of an office's own columns and codes."""

    __tablename__ = "record_mappings"
    __table_args__ = (PrimaryKeyConstraint("name", name="pk_record_mappings"),)

    name: Mapped[str] = mapped_column(String(64))
    document: Mapped[bytes] = mapped_column(LargeBinary)
    """Columns and codes, sealed with a key of the node."""


IMPORTS: Final = Base.metadata.tables["record_imports"]
IMPORTED_PEOPLE: Final = Base.metadata.tables["record_import_people"]
MAPPINGS: Final = Base.metadata.tables["record_mappings"]
IMPORTED_HOUSEHOLDS: Final = Base.metadata.tables["record_import_households"]
