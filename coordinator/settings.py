"""The settings of the coordinator: ``HOME/coordinator.toml``."""

from typing import ClassVar

from pydantic import Field

from service.settings import ServiceSettings, http_url
from trust.addresses import Address
from trust.parties import EntityId

NETWORK_PATTERN = r"^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?)*$"


class CoordinatorSettings(ServiceSettings):
    """The answers given at ``init``, and the values that the administrator may change."""

    FILE: ClassVar[str] = "coordinator.toml"

    network: str = Field(min_length=1, max_length=100, pattern=NETWORK_PATTERN, description="a DNS name")
    listen: Address = Field(description="mutual TLS: everything but a node's first call")
    address: Address = Field(description="where nodes reach `listen`")
    enrolment_listen: Address = Field(description="TLS without client certificate: a node's first call")
    enrolment_address: Address = Field(description="where nodes reach `enrolment_listen`; goes into invitations")
    certificate_days: int = Field(default=30, ge=1, le=90, description="life of an entity's certificate")
    directory_days: int = Field(default=7, ge=1, le=30, description="how long nodes go on without the coordinator")
    directory_interval_seconds: float = Field(
        default=15.0,
        ge=0,
        le=300,
        description="changes of addresses and keys within this time share one directory; suspensions never wait",
    )
    directory_keep_days: int = Field(
        default=90,
        ge=1,
        le=3650,
        description="how long the content of old directories is kept; the log stays",
    )
    changes_per_hour: int = Field(
        default=12, ge=1, le=10_000, description="changes of its addresses and keys that one entity may make in an hour"
    )
    changes_per_day: int = Field(default=48, ge=1, le=100_000, description="and in a day")
    anchors: tuple[EntityId, ...] = Field(
        default=(), max_length=64, description="entities asked first to cosign each directory; others are asked too"
    )
    workers: int = Field(
        default=300,
        ge=4,
        le=2000,
        description="threads; a node that is connected holds two, and one more for the relay",
    )
    relay: bool = Field(default=True, description="pass sealed calls on to entities without an open port")
    relay_calls_from: int = Field(default=16, ge=1, le=500, description="relayed calls under way of one entity")
    relay_calls_to: int = Field(default=32, ge=1, le=500, description="relayed calls under way for one entity")
    relay_calls_per_minute: int = Field(default=6000, ge=1, le=1_000_000, description="relayed calls of one entity")
    relay_megabytes_per_minute: int = Field(
        default=64, ge=2, le=10_000, description="what one entity may send by the relay, in calls and answers"
    )
    witness_quorum: int = Field(
        default=1, ge=0, le=16, description="entities that must cosign a ledger beside the coordinator"
    )
    own_rounds: bool = Field(
        default=True, description="run the rounds of campaigns; false where a Flower SuperLink runs them"
    )
    round_seconds: float = Field(
        default=600.0, ge=1, le=86_400, description="how long a training round waits for entities that do not answer"
    )

    locator_evaluations_hour: int = Field(
        default=3000, ge=1, le=10_000_000, description="pseudonyms an entity may have evaluated in an hour"
    )
    locator_evaluations_day: int = Field(default=20_000, ge=1, le=100_000_000, description="and in a day")
    locator_evaluations_total_day: int = Field(
        default=200_000,
        ge=1,
        le=1_000_000_000,
        description="pseudonyms that all entities together may have evaluated in a day: an alarm at half of it, and "
        "beyond it a tenth of its quota for each",
    )
    locator_questions_hour: int = Field(
        default=200, ge=1, le=1_000_000, description="people an entity may ask the locator about in an hour"
    )
    locator_questions_day: int = Field(default=1000, ge=1, le=10_000_000, description="and in a day")
    locator_alarm_questions: int = Field(
        default=50, ge=1, le=1_000_000, description="questions in a day from which on guessing is looked for"
    )
    locator_alarm_miss_percent: int = Field(
        default=90, ge=1, le=100, description="share of people found nowhere that alarms, from that many questions on"
    )
    locator_log_days: int = Field(default=365, ge=2, le=3650, description="how long signed questions are kept")

    @property
    def public_witness_url(self) -> str:
        """The URL at which nodes reach the coordinator's witness; empty when there is none."""
        if not self.witness_listen:
            return ""
        return self.witness_url or http_url(self.witness_listen, self.address)
