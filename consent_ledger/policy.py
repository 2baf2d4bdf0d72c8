"""C2SP tlog-policy: which logs and witnesses an auditor trusts, and how many witnesses are enough.

Source: https://c2sp.org/tlog-policy. Lines: ``log <vkey> [url]``, ``witness <name> <vkey> [url]``,
``group <name> <k|any|all> <name>...``, ``quorum <name|none>``; ``#`` starts a comment line.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Self

from consent_ledger.checkpoint import Checkpoint, read_checkpoint
from consent_ledger.cosignature import CosignatureVerifier
from consent_ledger.errors import QuorumMissing
from consent_ledger.note import NoteVerifier, open_note
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
    """What an auditor trusts. Build with `parse` or `of_log`."""

    logs: dict[str, NoteVerifier] = field(default_factory=dict)
    """By origin."""
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
                raise MalformedDocument(f"trust policy, line {number}: {words[0]!r} is not a statement")
            reader(words[1:])
        if not policy.quorum or not policy.logs:
            raise MalformedDocument("a trust policy names at least one log, and one quorum")
        return policy

    def open(self, note: bytes) -> tuple[Checkpoint, tuple[str, ...]]:
        """Verify a checkpoint and return it with the names of the witnesses that cosigned it.

        Raises:
            MalformedDocument: not a checkpoint.
            SignatureInvalid: of a log that is not trusted, or not signed by it.
            QuorumMissing: cosigned by too few.
        """
        checkpoint, witnesses = self.verify(note)
        if not self.satisfied(witnesses):
            raise QuorumMissing(
                f"{len(witnesses)} witnesses cosigned the checkpoint: fewer than the quorum {self.quorum!r} asks for",
                remedy="ask for an export with newer cosignatures",
            )
        return checkpoint, witnesses

    def verify(self, note: bytes) -> tuple[Checkpoint, tuple[str, ...]]:
        """Do the same, whether or not there are cosignatures enough: `satisfied` tells.

        Raises:
            MalformedDocument: not a checkpoint.
            SignatureInvalid: of a log that is not trusted, or not signed by it.
        """
        origin = read_checkpoint(note).origin
        log = self.logs.get(origin)
        if log is None:
            raise SignatureInvalid(
                f"the trust policy does not name the log {origin!r}", remedy="use the trust policy of this network"
            )
        opened = open_note(note, (log, *self.witnesses.values()))
        signed = {(signature.name, signature.key_id) for signature in opened.signatures}
        if (log.name, log.key_id) not in signed:
            raise SignatureInvalid(f"the checkpoint is not signed by {origin}")
        witnesses = {name for name, key in self.witnesses.items() if (key.name, key.key_id) in signed}
        return Checkpoint.parse(opened.text), tuple(sorted(witnesses))

    def satisfied(self, witnesses: Collection[str]) -> bool:
        """Tell whether these witnesses are a quorum."""
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
            raise MalformedDocument("trust policy: expected log <vkey> [url]")
        verifier = NoteVerifier.from_vkey(words[0])
        if verifier.name in self.logs:
            raise MalformedDocument(f"trust policy: log {verifier.name!r} is named twice")
        self.logs[verifier.name] = verifier

    def _witness(self, words: list[str]) -> None:
        if len(words) not in (2, 3):
            raise MalformedDocument("trust policy: expected witness <name> <vkey> [url]")
        verifier = CosignatureVerifier.from_vkey(words[1])
        if any(known.public_key == verifier.public_key for known in self.witnesses.values()):
            raise MalformedDocument("trust policy: two witnesses have one key")
        self.witnesses[self._new_name(words[0])] = verifier

    def _group(self, words: list[str]) -> None:
        if len(words) < 3:  # noqa: PLR2004 - name, threshold and a member
            raise MalformedDocument("trust policy: expected group <name> <k|any|all> <name>...")
        name, threshold, *members = words
        used = {member for group in self.groups.values() for member in group.members}
        if len(set(members)) != len(members) or used & set(members):
            raise MalformedDocument("trust policy: a name is a member of a group at most once")
        if not all(member in self.witnesses or member in self.groups for member in members):
            raise MalformedDocument(f"trust policy: group {name!r} has a member that was not defined before it")
        count = {"any": 1, "all": len(members)}.get(threshold) or _number(threshold)
        if not 1 <= count <= len(members):
            raise MalformedDocument(f"trust policy: group {name!r} can never be satisfied, or always is")
        self.groups[self._new_name(name)] = Group(count, tuple(members))

    def _quorum(self, words: list[str]) -> None:
        if len(words) != 1 or self.quorum:
            raise MalformedDocument("trust policy: expected exactly one quorum <name|none>")
        (name,) = words
        if name != NO_QUORUM and name not in self.witnesses and name not in self.groups:
            raise MalformedDocument(f"trust policy: the quorum {name!r} was not defined before it")
        self.quorum = name

    def _new_name(self, name: str) -> str:
        if name == NO_QUORUM or name in self.witnesses or name in self.groups:
            raise MalformedDocument(f"trust policy: the name {name!r} is taken")
        return name


def _lines(data: bytes) -> list[str]:
    if len(data) > MAX_POLICY_BYTES:
        raise MalformedDocument("the trust policy is too large")
    try:
        return data.decode("utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise MalformedDocument("the trust policy is not UTF-8") from error


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0  # noqa: PLR2004 - far above any group
