"""C2SP tlog-policy: the logs and witnesses that an auditor trusts, and the quorum of witnesses.

Source: https://c2sp.org/tlog-policy. Lines: ``log <vkey> [url]``, ``witness <name> <vkey> [url]``,
``group <name> <k|any|all> <name>...``, ``quorum <name|none>``; ``#`` starts a comment line.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Self

from consent_ledger.errors import PolicyMismatch, QuorumMissing
from consent_ledger.proofs.checkpoint import Checkpoint, read_checkpoint
from consent_ledger.proofs.cosignature import CosignatureVerifier
from consent_ledger.proofs.note import NoteVerifier, open_note, parse_note
from presentation.messages import _
from trust.errors import MalformedDocument, SignatureInvalid

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_POLICY_BYTES: Final = 1 << 18
NO_QUORUM: Final = "none"


@dataclass(frozen=True, slots=True)
class Group:
    """Satisfied when at least `threshold` of its members are."""

    threshold: int
    members: tuple[str, ...]


@dataclass(slots=True)
class TrustPolicy:
    """The logs, witnesses and quorum that an auditor trusts. Build with `parse` or `of_log`."""

    logs: dict[str, tuple[NoteVerifier, ...]] = field(default_factory=dict)
    """By origin: the key of the log, and those that it had before."""
    witnesses: dict[str, CosignatureVerifier] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    quorum: str = ""

    @classmethod
    def of_log(cls, vkey: str) -> Self:
        """Return the policy that trusts one log and asks for no witness."""
        return cls.parse(f"log {vkey}\nquorum {NO_QUORUM}\n".encode())

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a policy.

        Raises:
            MalformedDocument: for every way `data` can be wrong.
        """
        policy = cls()
        readers: dict[str, Callable[[list[str]], None]] = {
            "log": policy._log,
            "witness": policy._witness,
            "group": policy._group,
            "quorum": policy._quorum,
        }
        for number, line in enumerate(_lines(data), 1):
            words = line.split()
            if not words or words[0].startswith("#"):
                continue
            reader = readers.get(words[0])
            if reader is None:
                raise MalformedDocument(
                    _(
                        "política de confianza, línea {number!s}: {words!r} no es una instrucción",
                        number=number,
                        words=words[0],
                    )
                )
            reader(words[1:])
        if not policy.quorum or not policy.logs:
            raise MalformedDocument(_("una política de confianza debe indicar al menos un registro y un cuórum"))
        return policy

    def open(self, note: bytes) -> tuple[Checkpoint, tuple[str, ...]]:
        """Verify a checkpoint and return it with the names of the witnesses that cosigned it.

        Raises:
            MalformedDocument: not a checkpoint.
            PolicyMismatch: the policy names another log, or another key of this one.
            SignatureInvalid: not signed by the log.
            QuorumMissing: cosigned by too few.
        """
        checkpoint, witnesses = self.verify(note)
        if not self.satisfied(witnesses):
            raise QuorumMissing(
                _(
                    "testigos que cofirmaron el punto de control: {witnesses_count}, menos de los que exige "
                    "el cuórum {quorum!r}",
                    witnesses_count=len(witnesses),
                    quorum=self.quorum,
                ),
                remedy=_("pida una exportación con cofirmas más recientes"),
            )
        return checkpoint, witnesses

    def verify(self, note: bytes) -> tuple[Checkpoint, tuple[str, ...]]:
        """Verify a checkpoint without asking for a quorum, which `satisfied` checks.

        Raises:
            MalformedDocument: not a checkpoint.
            PolicyMismatch: the policy names another log, or another key of this one.
            SignatureInvalid: not signed by the log.
        """
        origin = read_checkpoint(note).origin
        logs = self.logs.get(origin)
        if logs is None:
            raise PolicyMismatch(
                _("la política de confianza no incluye el registro {origin!r}", origin=origin),
                remedy=_("use la política de confianza de esta red"),
            )
        try:
            opened = open_note(note, (*logs, *self.witnesses.values()))
        except SignatureInvalid as error:
            raise _other_key(note, logs) or error from error
        signed = {(signature.name, signature.key_id) for signature in opened.signatures}
        if not any((log.name, log.key_id) in signed for log in logs):
            raise _other_key(note, logs) or SignatureInvalid(
                _("el punto de control no lleva la firma de {origin}", origin=origin)
            )
        witnesses = {name for name, key in self.witnesses.items() if (key.name, key.key_id) in signed}
        return Checkpoint.parse(opened.text), tuple(sorted(witnesses))

    def satisfied(self, witnesses: Collection[str]) -> bool:
        """Return whether these witnesses are a quorum."""
        return self._satisfied(self.quorum, set(witnesses))

    def _satisfied(self, name: str, witnesses: set[str]) -> bool:
        if name == NO_QUORUM:
            return True
        group = self.groups.get(name)
        if group is None:
            return name in witnesses
        # Names are defined before they are used, so that groups cannot contain themselves.
        return sum(self._satisfied(member, witnesses) for member in group.members) >= group.threshold

    def _log(self, words: list[str]) -> None:
        if len(words) not in (1, 2):
            raise MalformedDocument(_("política de confianza: se espera log <vkey> [url]"))
        verifier = NoteVerifier.from_vkey(words[0])
        known = self.logs.get(verifier.name, ())
        if any(log.key_id == verifier.key_id for log in known):
            raise MalformedDocument(
                _("política de confianza: el registro {verifier!r} aparece dos veces", verifier=verifier.name)
            )
        self.logs[verifier.name] = (*known, verifier)

    def _witness(self, words: list[str]) -> None:
        if len(words) not in (2, 3):
            raise MalformedDocument(_("política de confianza: se espera witness <name> <vkey> [url]"))
        verifier = CosignatureVerifier.from_vkey(words[1])
        if any(known.public_key == verifier.public_key for known in self.witnesses.values()):
            raise MalformedDocument(_("política de confianza: dos testigos tienen la misma clave"))
        self.witnesses[self._new_name(words[0])] = verifier

    def _group(self, words: list[str]) -> None:
        if len(words) < 3:  # noqa: PLR2004 - name, threshold and a member
            raise MalformedDocument(_("política de confianza: se espera group <name> <k|any|all> <name>..."))
        name, threshold, *members = words
        used = {member for group in self.groups.values() for member in group.members}
        if len(set(members)) != len(members) or used & set(members):
            raise MalformedDocument(_("política de confianza: un nombre puede pertenecer a un grupo una sola vez"))
        if not all(member in self.witnesses or member in self.groups for member in members):
            raise MalformedDocument(
                _("política de confianza: el grupo {name!r} tiene un miembro que no se ha definido antes", name=name)
            )
        count = {"any": 1, "all": len(members)}.get(threshold) or _number(threshold)
        if not 1 <= count <= len(members):
            raise MalformedDocument(
                _("política de confianza: el grupo {name!r} no puede cumplirse nunca, o se cumple siempre", name=name)
            )
        self.groups[self._new_name(name)] = Group(count, tuple(members))

    def _quorum(self, words: list[str]) -> None:
        if len(words) != 1 or self.quorum:
            raise MalformedDocument(_("política de confianza: se espera exactamente un quorum <name|none>"))
        (name,) = words
        if name != NO_QUORUM and name not in self.witnesses and name not in self.groups:
            raise MalformedDocument(_("política de confianza: el cuórum {name!r} no se ha definido antes", name=name))
        self.quorum = name

    def _new_name(self, name: str) -> str:
        if name == NO_QUORUM or name in self.witnesses or name in self.groups:
            raise MalformedDocument(_("política de confianza: el nombre {name!r} ya está usado", name=name))
        return name


def _other_key(note: bytes, logs: Sequence[NoteVerifier]) -> PolicyMismatch | None:
    """Return the error of a note that the log signed with another key than the policy's; None for any other note."""
    (log, *_former) = logs
    keys = {signature.key_id for signature in parse_note(note).signatures if signature.name == log.name}
    if not keys or any(each.key_id in keys for each in logs):
        return None
    return PolicyMismatch(
        _("{origin} está firmado con una clave que no es la de la política de confianza", origin=log.name),
        remedy=_("use la política de confianza de esta red"),
    )


def _lines(data: bytes) -> list[str]:
    if len(data) > MAX_POLICY_BYTES:
        raise MalformedDocument(_("la política de confianza es demasiado grande"))
    try:
        return data.decode("utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise MalformedDocument(_("la política de confianza no está en UTF-8")) from error


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0  # noqa: PLR2004 - far above any group
