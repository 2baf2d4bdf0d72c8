"""Publishing: the locator gets a token for each asker and purpose of this node's live consents.

The entries to publish follow from the consents alone, and the locator lists the published ones. A step sends the
difference: first removals, and the additions for known pseudonyms; then further additions as more pseudonyms are
evaluated. After a failure the next step begins with the locator's list, so that no state needs to survive a crash.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeVar

from node.clients.locator import QUOTA_EXCEEDED, LocatorClient
from node.context import NodeContext
from node.locator.errors import KeyHolderUnreachable
from node.locator.key_holders import KeyHolders, LiveEpochs
from node.locator.live_consents import LiveConsents, OpenConsent
from node.locator.pseudonyms import Pseudonyms
from policies.errors import RedpactError
from records_exchange.locator_messages import MAX_CHANGES, LocatorEntry, publication, seal_message
from records_exchange.network_pseudonym import locator_token, published_until
from records_exchange.request import is_term
from service.errors import PeerRefused
from trust.directory import Directory
from trust.locator_terms import LocatorEpoch
from trust.parties import EntityKind, EntityStatus

RECONCILE_EVERY: Final = timedelta(hours=1)
"""Interval of a comparison of everything, with or without a change."""

BATCH: Final = 32
"""Number of people whose pseudonyms are evaluated in one call."""

RESERVE: Final = 100
"""Evaluations of our quota left to professionals: publishing stops there and goes on later."""

RETRY_EVERY: Final = timedelta(minutes=1)
"""Interval of new tries while people wait for our quota of evaluations."""

Held = dict[str, datetime]
"""The entries of this node at the locator in an epoch: end by token."""

_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class PublishingResult:
    """The result of a step: published entries of the newest epoch, and people who wait for an evaluation."""

    entries: int
    waiting: int


class Publisher:
    """Publishes the consents of one node. For one thread."""

    def __init__(self, context: NodeContext, client: LocatorClient) -> None:
        self._context = context
        self._client = client
        self._pseudonyms = Pseudonyms(context, self._client)
        self._consents = LiveConsents(context)
        self._holders = KeyHolders(context)
        self._open: tuple[OpenConsent, ...] = ()
        self._held: dict[str, Held] = {}
        self._memory: dict[str, dict[str, bytes]] = {}
        """Opened pseudonyms of people with live consents, by epoch."""
        self._stored: dict[str, dict[str, bytes]] = {}
        """The same as they are stored, by which a changed one is noticed."""
        self._waiting = 0
        self._failed = False
        self._stepped: datetime | None = None
        self._reconciled: datetime | None = None

    def step(self) -> PublishingResult | None:
        """Publish the changes since the last step; return None without any.

        Raises:
            RedpactError: the locator, a key holder or the database failed; the next step compares everything.
        """
        directory, now = self._context.directory.newest(), self._context.clock.now()
        live = self._live(directory, now)
        epochs = live.used
        reconcile = _older(self._reconciled, RECONCILE_EVERY, now)
        with self._context.snapshot() as session:
            changed = self._consents.refresh(session)
            if not (epochs or live.unused) or not (changed or reconcile or self._due(epochs, now)):
                return None
            self._open = tuple(self._consents.at(session, now))
        if reconcile:
            for each in live.unused:
                self._take_back(each.epoch)
        live.required()
        # Set again at the end: after a failure the locator's state is unknown, and the next step asks for its list.
        held, self._held = {} if reconcile else self._held, {}
        if reconcile:
            self._forget_all_but(epochs)
        done = self._publish_all(epochs, held, now)
        self._held = {epoch.fingerprint: held[epoch.fingerprint] for epoch in epochs}
        self._waiting, self._stepped = max(each.waiting for each in done), now
        self._reconciled = now if reconcile else self._reconciled
        return done[-1]

    def _live(self, directory: Directory | None, now: datetime) -> LiveEpochs:
        """Return the live epochs; none for an entity that the locator does not serve."""
        entity = self._context.settings.entity
        if directory is None or directory.locator is None or entity not in directory:
            return LiveEpochs((), ())
        own = directory.party(entity)
        if own.status is not EntityStatus.ACTIVE or own.kind is EntityKind.COLLABORATOR:
            return LiveEpochs((), ())
        return self._holders.epochs(directory, now)

    def _publish_all(
        self, epochs: Sequence[LocatorEpoch], held: dict[str, Held], now: datetime
    ) -> list[PublishingResult]:
        """Publish in every epoch, the newest first: a key holder of an older one may be away for good."""
        done, away = [], None
        try:
            for epoch in reversed(epochs):
                try:
                    done.append(self._publish(epoch, held, now))
                except KeyHolderUnreachable as error:
                    away = error
            if away is not None:
                raise away
        except RedpactError:
            self._failed = True
            raise
        self._failed = False
        return done[::-1]

    def _take_back(self, epoch: LocatorEpoch) -> None:
        """Remove everything that is published in an epoch that this node does not use."""
        for tokens in _batches(sorted(token for token, _end in self._client.published(epoch.number)), MAX_CHANGES):
            self._deliver(epoch, (), tokens)

    def _due(self, epochs: Sequence[LocatorEpoch], now: datetime) -> bool:
        new = any(epoch.fingerprint not in self._held for epoch in epochs)
        return new or (self._waiting > 0 and _older(self._stepped, RETRY_EVERY, now))

    def _publish(self, epoch: LocatorEpoch, known_held: dict[str, Held], now: datetime) -> PublishingResult:
        name = epoch.fingerprint
        if name not in known_held:
            known_held[name] = dict(self._client.published(epoch.number))
        held, people = known_held[name], {consent.person_ref for consent in self._open}
        known = self._known(epoch, people)
        self._send(epoch, held, known, now)
        waiting = sorted(people - known.keys())
        # After a stop or a fault one person is enough to learn the rest of the quota, or that a key holder answers
        # again: each try costs quota at the holders that do.
        size = 1 if self._waiting or self._failed else BATCH
        while waiting:
            batch, waiting, size = waiting[:size], waiting[size:], BATCH
            evaluated = self._evaluated(epoch, batch)
            if evaluated is None:
                break
            known.update(evaluated[0])
            self._send(epoch, held, known, now)
            if evaluated[1] < RESERVE:
                break
        return PublishingResult(len(held), len(people - known.keys()))

    def _evaluated(self, epoch: LocatorEpoch, people: Sequence[str]) -> tuple[dict[str, bytes], int] | None:
        try:
            return self._pseudonyms.evaluate_people(epoch, people)
        except PeerRefused as error:
            if error.peer_code != QUOTA_EXCEEDED:
                raise
            return None  # these people wait; removals for others do not

    def _known(self, epoch: LocatorEpoch, people: set[str]) -> dict[str, bytes]:
        """Return the kept pseudonyms, opened once; one that another replaced since is read again.

        A person whose document changed has none until it is computed for the new one.
        """
        name = epoch.fingerprint
        memory, before = self._memory.get(name, {}), self._stored.get(name, {})
        with self._context.snapshot() as session:
            stored = self._stored[name] = self._pseudonyms.stored(session, epoch)
            same = {person for person in people & memory.keys() if stored.get(person, b"") == before.get(person)}
            known = {person: memory[person] for person in same}
            if len(known) < len(people):
                known.update(self._pseudonyms.kept(session, epoch, people - same))
        self._memory[name] = known
        return known

    def _send(self, epoch: LocatorEpoch, held: Held, known: Mapping[str, bytes], now: datetime) -> None:
        wanted = self._wanted(known, now)
        gone = sorted(held.keys() - wanted.keys())
        # In the order of tokens, which does not group the entries of one person.
        come = [wanted[token] for token in sorted(wanted) if held.get(token) != wanted[token].until]
        for tokens in _batches(gone, MAX_CHANGES):
            self._deliver(epoch, (), tokens)
            for token in tokens:
                del held[token]
        for entries in _batches(come, MAX_CHANGES):
            self._deliver(epoch, entries, ())
            held.update({entry.token: entry.until for entry in entries})

    def _deliver(self, epoch: LocatorEpoch, add: Sequence[LocatorEntry], remove: Sequence[str]) -> None:
        context = self._context
        message = publication(context.settings.entity, epoch.number, add, remove, context.clock.now())
        self._client.publish(seal_message(message, context.keys.signing))

    def _wanted(self, known: Mapping[str, bytes], now: datetime) -> dict[str, LocatorEntry]:
        wanted: dict[str, LocatorEntry] = {}
        for consent in self._open:
            pseudonym, until = known.get(consent.person_ref), published_until(consent.valid_until, now)
            if pseudonym is None or until is None:
                continue
            for purpose, asker in self._permitted(consent):
                token = locator_token(pseudonym, asker, purpose)
                if token not in wanted or wanted[token].until < until:
                    wanted[token] = LocatorEntry(token=token, asker=asker, purpose=purpose, until=until)
        return wanted

    def _permitted(self, consent: OpenConsent) -> Iterable[tuple[str, str]]:
        """Return the (purpose, asker) pairs of a consent to publish: purposes of the vocabulary, other entities."""
        own = self._context.settings.entity
        return ((purpose, asker) for purpose, asker in consent.open if asker != own and is_term(purpose))

    def _forget_all_but(self, epochs: Sequence[LocatorEpoch]) -> None:
        names = {epoch.fingerprint for epoch in epochs}
        self._memory = {name: kept for name, kept in self._memory.items() if name in names}
        with self._context.transaction() as session:
            self._pseudonyms.forget_other_epochs(session, epochs)


def _batches(items: Sequence[_Item], size: int) -> Iterable[Sequence[_Item]]:
    return (items[first : first + size] for first in range(0, len(items), size))


def _older(moment: datetime | None, than: timedelta, now: datetime) -> bool:
    return moment is None or now - moment >= than
