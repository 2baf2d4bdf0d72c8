"""The public record of a campaign: one line a round, each chained to the one before, the first to the manifest.

The sums are noised already: publishing them costs no privacy beyond the manifest's epsilon, and anybody can recompute
the released model from them.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from federated.errors import TranscriptInvalid
from presentation.messages import _
from trust import canonical
from trust.errors import MalformedDocument
from trust.parties import ENTITY_ID

MAX_RECORDS: Final = 2000
MAX_CONTRIBUTORS: Final = 5000
MAX_TOTAL: Final = 1 << 20
MAX_LINE_BYTES: Final = 1 << 25
MAX_TRANSCRIPT_BYTES: Final = 1 << 28

_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_STAGE: Final = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_NUMBER: Final = re.compile(r"-?[1-9][0-9]{0,18}|0")
_FIELDS: Final = {"round", "stage", "contributors", "parameters_sha256", "total"}


@dataclass(frozen=True, slots=True)
class RoundRecord:
    """One round; the constructor refuses malformed values.

    Attributes:
        round: from 1, over all stages.
        stage: of the manifest.
        contributors: entities in the sum, sorted.
        parameters_sha256: of the vector that the coordinator published for this round.
        total: the noised sum, in quantised units, 64 bits each. Empty when the round was spent without a sum.
    """

    round: int
    stage: str
    contributors: tuple[str, ...]
    parameters_sha256: str
    total: tuple[int, ...]

    def __post_init__(self) -> None:
        """Check every part.

        Raises:
            TranscriptInvalid: a part is malformed or out of range.
        """
        if not 1 <= self.round <= MAX_RECORDS:
            raise TranscriptInvalid(_("{round} no es un número de ronda válido", round=self.round))
        if not _matches(_STAGE, self.stage) or not _matches(_SHA256, self.parameters_sha256):
            raise TranscriptInvalid(
                _("ronda {round}: la etapa o el hash de los parámetros está mal formado", round=self.round)
            )
        entities = self.contributors
        if not 0 < len(entities) <= MAX_CONTRIBUTORS or not all(_matches(ENTITY_ID, each) for each in entities):
            raise TranscriptInvalid(
                _("ronda {round}: la lista de entidades que contribuyen no es válida", round=self.round)
            )
        if list(entities) != sorted(set(entities)):
            raise TranscriptInvalid(
                _("ronda {round}: las entidades que contribuyen deben estar en orden y una sola vez", round=self.round)
            )
        if len(self.total) > MAX_TOTAL or any(not -(2**63) <= each < 2**63 for each in self.total):
            raise TranscriptInvalid(
                _("ronda {round}: la suma es demasiado larga o está fuera de rango", round=self.round)
            )

    def document(self) -> dict[str, Any]:
        """Return the JSON form; the sums are text because they exceed 2^53."""
        return {
            "round": self.round,
            "stage": self.stage,
            "contributors": list(self.contributors),
            "parameters_sha256": self.parameters_sha256,
            "total": [str(number) for number in self.total],
        }

    @classmethod
    def parse(cls, line: bytes) -> Self:
        """Parse one line of an untrusted transcript.

        Raises:
            TranscriptInvalid: for every way the line can be wrong, another spelling of the same record included.
        """
        try:
            document = canonical.decode(line, max_bytes=MAX_LINE_BYTES)
        except MalformedDocument as error:
            raise TranscriptInvalid(_("una línea no se puede leer: {error}", error=error.message)) from error
        record = cls._checked(document)
        if canonical.encode_plain(record.document()) != line:
            raise TranscriptInvalid(_("ronda {round}: la línea no está en su forma canónica", round=record.round))
        return record

    @classmethod
    def _checked(cls, document: dict[str, Any]) -> Self:
        number, entities, total = (document.get(name) for name in ("round", "contributors", "total"))
        stage, parameters = (document.get(name) for name in ("stage", "parameters_sha256"))
        if set(document) != _FIELDS or type(number) is not int or not isinstance(entities, list):
            raise TranscriptInvalid(_("una línea no describe una ronda"))
        if not isinstance(total, list) or not all(_matches(_NUMBER, each) for each in total):
            raise TranscriptInvalid(
                _("ronda {number!s}: la suma debe constar de números enteros, escritos como texto", number=number)
            )
        return cls(number, stage, tuple(entities), parameters, tuple(int(each) for each in total))  # type: ignore[arg-type] # the constructor checks the types


def _matches(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


@dataclass(frozen=True, slots=True)
class Transcript:
    """The records of the completed rounds and the hash over all of them.

    Attributes:
        head: hash of the last record chained to all before it; the manifest's hash when there is none.
        records: in order.
    """

    head: str
    records: tuple[RoundRecord, ...] = ()

    @classmethod
    def start(cls, manifest_sha256: str) -> Self:
        """Return the transcript of a campaign without rounds."""
        return cls(manifest_sha256)

    @classmethod
    def of(cls, manifest_sha256: str, records: Sequence[RoundRecord]) -> Self:
        """Return the transcript of the given rounds.

        Raises:
            TranscriptInvalid: they do not follow each other.
        """
        return cls._linked(manifest_sha256, records)

    def append(self, record: RoundRecord) -> Self:
        """Return the transcript with one more round.

        Raises:
            TranscriptInvalid: it is not the next round.
        """
        if record.round != len(self.records) + 1:
            raise TranscriptInvalid(
                _(
                    "la ronda {round} no sigue a la ronda {records_count}",
                    round=record.round,
                    records_count=len(self.records),
                )
            )
        return type(self)(chained(self.head, record), (*self.records, record))

    def to_jsonl(self) -> bytes:
        """Return one canonical JSON object a line."""
        return b"".join(canonical.encode_plain(record.document()) + b"\n" for record in self.records)

    @classmethod
    def from_jsonl(cls, data: bytes, manifest_sha256: str) -> Self:
        """Parse an untrusted transcript. Its head is not compared with that of a release here.

        Raises:
            TranscriptInvalid: for every way the bytes can be wrong.
        """
        if len(data) > MAX_TRANSCRIPT_BYTES or not data.endswith(b"\n"):
            raise TranscriptInvalid(_("el registro de rondas está vacío, cortado o es demasiado grande"))
        lines = data[:-1].split(b"\n")
        if len(lines) > MAX_RECORDS:
            raise TranscriptInvalid(
                _(
                    "el registro de rondas tiene {lines_count} líneas, más que las rondas de cualquier campaña",
                    lines_count=len(lines),
                )
            )
        return cls._linked(manifest_sha256, [RoundRecord.parse(line) for line in lines])

    @classmethod
    def _linked(cls, manifest_sha256: str, records: Sequence[RoundRecord]) -> Self:
        head = manifest_sha256
        for place, record in enumerate(records, start=1):
            if record.round != place:
                raise TranscriptInvalid(_("la línea {place} es de la ronda {round}", place=place, round=record.round))
            head = chained(head, record)
        return cls(head, tuple(records))


def chained(previous: str, record: RoundRecord) -> str:
    """Return SHA-256, in hex, of the canonical JSON of a record with the hash before it as ``previous``."""
    return hashlib.sha256(canonical.encode_plain({"previous": previous, **record.document()})).hexdigest()
