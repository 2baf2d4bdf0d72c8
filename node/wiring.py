"""Composition of a node from its parts. Only edges import it: commands, the service, the set-up."""

from functools import cached_property, partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from node.context import NodeContext
from service.clock import Clock, SystemClock

if TYPE_CHECKING:
    from collections.abc import Mapping

    import grpc

    from consent_ledger.witnessing.endpoint import WitnessEndpoint
    from node.anchors.gossip import DirectoryHeads
    from node.cards.cards import Cards
    from node.care.consent_requests import ConsentRequests
    from node.clients.locator import LocatorClient
    from node.clients.training import TrainingClient
    from node.consents.changes import ConsentChanges
    from node.consents.consents import Consents
    from node.consents.signed_consents import SignedConsents
    from node.fetch.answering import Answering
    from node.fetch.asking import Asking
    from node.fetch.located import Fetching
    from node.identity.follow import DirectoryFollower
    from node.identity.renewal import CertificateRenewal
    from node.inbox.sweep import InboxSweep
    from node.ledger.peers import PeerLedgers
    from node.locator.consent_changes import PublisherWakeup
    from node.locator.locating import Locating
    from node.messages.kinds import Kind
    from node.messages.outbox import Outbox
    from node.messages.receiving import MessageReceiver
    from node.messages.relay import RelayedCalls
    from node.messages.transport import Transport
    from node.operations.doctor import Connections
    from node.operations.key_changes import KeyChanges
    from node.pseudonym_key.holding import KeyHolding
    from node.referrals.capacity import Capacities
    from node.referrals.referrals import Referrals
    from node.referrals.transfer import Transfers
    from node.rights.access_report.issuing import AccessReports
    from node.rights.erasure import Erasures
    from node.rpc.incoming import Incoming
    from service.call_guard import CallGuard
    from service.channels import ChannelPool
    from service.connections import ConnectionLimits
    from service.limits import CallerLimits
    from service.tls import CurrentCertificate
    from trust.parties import Party


class Node:
    """One entity's node. Its parts are built on first use, so that a command loads only those that it needs."""

    def __init__(self, home: Path, *, clock: Clock | None = None) -> None:
        self.context = NodeContext(home, clock or SystemClock())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close channels and database connections."""
        if "channels" in self.__dict__:
            self.channels.close()
        self.context.close()

    # ---- connections

    @cached_property
    def certificate(self) -> "CurrentCertificate":
        """The TLS certificate in use, read again when its files change."""
        from node.identity.files import node_certificate

        return node_certificate(self.context.home)

    @cached_property
    def channels(self) -> "ChannelPool":
        """Mutual-TLS channels to other entities and to the coordinator."""
        from service.channels import ChannelPool

        return ChannelPool(self.certificate)

    def coordinator_channel(self) -> "grpc.Channel":
        """Return a channel to the coordinator, at the address of the newest directory."""
        from trust.parties import COORDINATOR_ID, server_name

        settings, directory = self.context.settings, self.context.directory.newest()
        address = directory.coordinator_address if directory else settings.coordinator_address
        return self.channels.channel(address, server_name(settings.network, COORDINATOR_ID))

    @cached_property
    def connections(self) -> "Connections":
        """The means of ``doctor`` to check other services."""
        from node.operations.doctor import Connections

        return Connections(self.certificate, self.channels, self.coordinator_channel)

    def locator_client(self) -> "LocatorClient":
        """Return the client of the private locator and of its other key holders."""
        from node.clients.locator import LocatorClient
        from node.locator.channels import key_holder_channels

        others = partial(key_holder_channels, self.context, self.channels, self.coordinator_channel)
        return LocatorClient(self.coordinator_channel, others)

    @cached_property
    def key_holding(self) -> "KeyHolding":
        """Makes, offers and replaces this entity's key of pseudonyms."""
        from node.pseudonym_key.holding import KeyHolding

        return KeyHolding(self.context, self.locator_client())

    def training_client(self) -> "TrainingClient":
        """Return the client of the coordinator's Training service."""
        from node.clients.training import TrainingClient

        return TrainingClient(self.coordinator_channel)

    # ---- membership

    @cached_property
    def directory_follower(self) -> "DirectoryFollower":
        """Follows the directory."""
        from node.anchors.history import note_taken
        from node.identity.follow import DirectoryFollower

        return DirectoryFollower(
            self.context,
            self.coordinator_channel,
            lambda: self.key_changes.replace_tls(),  # noqa: PLW0108 - looked up late: each needs the other
            partial(note_taken, self.context),
            lambda directory: self.key_changes.finish_waiting(directory),  # noqa: PLW0108 - as above
        )

    @cached_property
    def directory_heads(self) -> "DirectoryHeads":
        """Compares the directory with what others see of it."""
        from node.anchors.gossip import DirectoryHeads
        from node.clients.coordinator import directories_proof

        def prove(old: int, new: int) -> tuple[bytes, tuple[bytes, ...]]:
            return directories_proof(self.coordinator_channel(), old, new)

        return DirectoryHeads(self.context, prove, self.directory_follower.refresh, self.directory_alarm)

    def directory_alarm(self) -> None:
        """Note evidence of false directories in the ledger and the inbox."""
        from node.anchors.alarms import note_alarms

        note_alarms(self.context)
        self.inbox_sweep.run()

    @cached_property
    def certificate_renewal(self) -> "CertificateRenewal":
        """Renews the certificate."""
        from node.identity.renewal import CertificateRenewal

        return CertificateRenewal(self.context, self.certificate, self.coordinator_channel)

    @cached_property
    def key_changes(self) -> "KeyChanges":
        """Replaces this entity's keys."""
        from node.operations.key_changes import KeyChanges

        return KeyChanges(self.context, self.certificate, self.certificate_renewal, self.directory_follower)

    # ---- callers

    @cached_property
    def limits(self) -> "CallerLimits":
        """The limits of callers, and the count of refusals."""
        from node.rpc.limits import caller_limits

        return caller_limits(self.context)

    @cached_property
    def connection_limits(self) -> "ConnectionLimits":
        """Bounds the connections of callers."""
        from service.connections import ConnectionLimits

        return ConnectionLimits(self.limits.note_connections)

    def call_guard(self) -> "CallGuard":
        """Return the guard that admits calls of other entities."""
        from node.rpc.limits import call_guard

        return call_guard(self.context, self.limits, self.connection_limits)

    @cached_property
    def incoming(self) -> "Incoming":
        """Answers the requests and messages of other entities that call directly."""
        from node.rpc.incoming import Incoming

        return Incoming(self.answering, self.message_receiver)

    @cached_property
    def relayed_calls(self) -> "RelayedCalls":
        """Answers the calls that come by relay."""
        from node.messages.relay import RelayedCalls
        from node.rpc.limits import caller_limits

        limits = caller_limits(self.context)  # its own: the relay names the callers, and must use up no direct calls
        return RelayedCalls(self.context, self.coordinator_channel, limits, self.incoming.limited_by(limits).take)

    # ---- messages

    @cached_property
    def transport(self) -> "Transport":
        """Sends signed envelopes to other entities."""
        from node.messages.transport import Transport

        return Transport(self.context, self.channels, self.coordinator_channel, self.directory_heads)

    @cached_property
    def message_kinds(self) -> "Mapping[str, Kind]":
        """The kinds of message that this version understands, by name."""
        from node.message_kinds import message_kinds

        return message_kinds(self.context, self.consent_changes)

    @cached_property
    def message_receiver(self) -> "MessageReceiver":
        """Takes the messages of other entities."""
        from node.messages.receiving import MessageReceiver

        return MessageReceiver(self.context, self.message_kinds, self.limits)

    @cached_property
    def outbox(self) -> "Outbox":
        """Sends this entity's messages."""
        from node.messages.outbox import Outbox

        return Outbox(self.context, self.message_kinds, self.transport.call)

    # ---- the ledger

    @cached_property
    def peer_ledgers(self) -> "PeerLedgers":
        """Remembers the checkpoints of other entities' ledgers."""
        from node.ledger.peers import PeerLedgers

        return PeerLedgers(self.context)

    @cached_property
    def witness_endpoint(self) -> "WitnessEndpoint":
        """Cosigns the checkpoints of other entities' ledgers."""
        from node.ledger.witnessing.endpoint import own_witness

        return own_witness(self.context)

    # ---- use cases

    @cached_property
    def cards(self) -> "Cards":
        """Issues, blocks and replaces the cards of people."""
        from node.cards.cards import Cards

        return Cards(self.context)

    @cached_property
    def consents(self) -> "Consents":
        """Gives, narrows, renews and withdraws consents."""
        from node.consents.consents import Consents

        return Consents(self.context, self.consent_changes)

    @cached_property
    def consent_requests(self) -> "ConsentRequests":
        """Confirms and declines consents given at other entities."""
        from node.care.consent_requests import ConsentRequests

        return ConsentRequests(self.context, self.consent_changes)

    @cached_property
    def signed_consents(self) -> "SignedConsents":
        """Writes consent forms for people to sign electronically, and records those that were."""
        from node.consents.signed_consents import SignedConsents

        return SignedConsents(self.context, self.consent_changes)

    @cached_property
    def consent_changes(self) -> "ConsentChanges":
        """Publishes the losses of consents to their subscribers."""
        from node.consent_subscribers import consent_subscribers
        from node.consents.changes import ConsentChanges

        return ConsentChanges(consent_subscribers(self.context, self.publisher_wakeup))

    @cached_property
    def publisher_wakeup(self) -> "PublisherWakeup":
        """Wakes the publisher of the private locator when a consent loses something."""
        from node.locator.consent_changes import PublisherWakeup

        return PublisherWakeup()

    @cached_property
    def answering(self) -> "Answering":
        """Answers the requests of other entities."""
        from node.care.summary import summarise
        from node.fetch.answering import Answering

        return Answering(self.context, summarise)

    @cached_property
    def asking(self) -> "Asking":
        """Asks other entities for records, in this entity's name."""
        from node.fetch.asking import Asking

        return Asking(self.context, self.peer_ledgers, self.transport.call, prove=self.prove_consistency)

    def prove_consistency(self, holder: "Party", old: int, new: int) -> tuple[bytes, ...]:
        """Ask a holder to prove that its ledger of `new` entries extends that of `old`."""
        from node.clients.ledger import consistency_proof

        return consistency_proof(holder.id, self.transport.channels(holder), old, new)

    @cached_property
    def locating(self) -> "Locating":
        """Asks the private locator."""
        from node.locator.locating import Locating

        return Locating(self.context, self.locator_client())

    @cached_property
    def fetching(self) -> "Fetching":
        """Fetches from named entities, or from those that the locator names."""
        from node.fetch.located import Fetching

        return Fetching(self.asking, self.locating)

    @cached_property
    def inbox_sweep(self) -> "InboxSweep":
        """Writes the inbox items that only the passing of time causes."""
        from node.consents.due_items import due_consent_items
        from node.consents.propagation.unknown_reports import alarming_items
        from node.inbox.sweep import InboxSweep, directory_evidence_items, unacknowledged_notifications
        from node.locator.key_holders_report import key_holder_items
        from node.recoveries.state import recovery_items
        from node.referrals.expiry import lapse_unanswered

        finders = (
            unacknowledged_notifications,
            due_consent_items,
            directory_evidence_items,
            alarming_items,
            key_holder_items,
            recovery_items,
        )
        return InboxSweep(self.context, deadlines=(lapse_unanswered,), finders=finders)

    @cached_property
    def referrals(self) -> "Referrals":
        """Sends and answers referrals."""
        from node.referrals.referrals import Referrals

        return Referrals(self.context)

    @cached_property
    def transfers(self) -> "Transfers":
        """Takes over transferred cases."""
        from node.referrals.transfer import Transfers

        return Transfers(self.context, self.asking)

    @cached_property
    def capacities(self) -> "Capacities":
        """States this entity's capacity and asks for that of others."""
        from node.referrals.capacity import Capacities

        return Capacities(self.context, self.outbox)

    @cached_property
    def access_reports(self) -> "AccessReports":
        """Issues the reports of a person's right of access."""
        from node.rights.access_report.issuing import AccessReports

        return AccessReports(self.context, self.outbox)

    @cached_property
    def erasures(self) -> "Erasures":
        """Erases people, and records beyond their retention."""
        from node.person_erasers import file_erasers, person_erasers
        from node.rights.erasure import Erasures

        context, changes = self.context, self.consent_changes
        return Erasures(context, changes, person_erasers(context, changes), file_erasers(context))
