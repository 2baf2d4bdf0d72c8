"""The settings of the coordinator: ``HOME/coordinator.toml``."""

from typing import ClassVar

from pydantic import Field

from presentation.messages import _
from service.settings import ServiceSettings, http_url
from trust.addresses import Address
from trust.parties import EntityId

NETWORK_PATTERN = r"^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?)*$"


class CoordinatorSettings(ServiceSettings):
    """The answers given at ``init``, and the values that the administrator may change."""

    FILE: ClassVar[str] = "coordinator.toml"

    network: str = Field(min_length=1, max_length=100, pattern=NETWORK_PATTERN, description=_("un nombre DNS"))
    listen: Address = Field(description=_("TLS mutuo: todo menos la primera llamada de un nodo"))
    address: Address = Field(description=_("dónde encuentran los nodos `listen`"))
    enrolment_listen: Address = Field(description=_("TLS sin certificado de cliente: la primera llamada de un nodo"))
    enrolment_address: Address = Field(
        description=_("dónde encuentran los nodos `enrolment_listen`; va en las invitaciones")
    )
    certificate_days: int = Field(default=30, ge=1, le=90, description=_("vida del certificado de una entidad"))
    directory_days: int = Field(default=7, ge=1, le=30, description=_("cuánto siguen los nodos sin el coordinador"))
    directory_interval_seconds: float = Field(
        default=15.0,
        ge=0,
        le=300,
        description=_(
            "los cambios de direcciones y claves dentro de este tiempo van en un mismo directorio; las suspensiones no "
            "esperan"
        ),
    )
    directory_keep_days: int = Field(
        default=90,
        ge=1,
        le=3650,
        description=_("cuánto se guarda el contenido de directorios antiguos; su registro se queda"),
    )
    changes_per_hour: int = Field(
        default=12,
        ge=1,
        le=10_000,
        description=_("cambios de sus direcciones y claves que puede hacer una entidad por hora"),
    )
    changes_per_day: int = Field(default=48, ge=1, le=100_000, description=_("y por día"))
    anchors: tuple[EntityId, ...] = Field(
        default=(),
        max_length=64,
        description=_("entidades a las que se pide primero cofirmar cada directorio; se pide también a otras"),
    )
    workers: int = Field(
        default=300,
        ge=4,
        le=2000,
        description=_("hilos; cada nodo conectado ocupa dos, y uno más por el repetidor"),
    )
    relay: bool = Field(default=True, description=_("pasar llamadas cifradas a entidades sin puerto abierto"))
    relay_calls_from: int = Field(
        default=16, ge=1, le=500, description=_("llamadas por el repetidor en curso de una entidad")
    )
    relay_calls_to: int = Field(
        default=32, ge=1, le=500, description=_("llamadas por el repetidor en curso para una entidad")
    )
    relay_calls_per_minute: int = Field(
        default=6000, ge=1, le=1_000_000, description=_("llamadas por el repetidor de una entidad")
    )
    relay_megabytes_per_minute: int = Field(
        default=64,
        ge=2,
        le=10_000,
        description=_("lo que una entidad puede enviar por el repetidor, en llamadas y respuestas"),
    )
    witness_quorum: int = Field(
        default=1, ge=0, le=16, description=_("entidades que tienen que cofirmar un registro además del coordinador")
    )
    own_rounds: bool = Field(
        default=True, description=_("llevar las rondas de las campañas; false donde las lleva un SuperLink de Flower")
    )
    round_seconds: float = Field(
        default=600.0,
        ge=1,
        le=86_400,
        description=_("cuánto espera una ronda de entrenamiento a entidades que no contestan"),
    )

    locator_evaluations_hour: int = Field(
        default=3000, ge=1, le=10_000_000, description=_("seudónimos que puede pedir una entidad por hora")
    )
    locator_evaluations_day: int = Field(default=20_000, ge=1, le=100_000_000, description=_("y por día"))
    locator_evaluations_total_day: int = Field(
        default=200_000,
        ge=1,
        le=1_000_000_000,
        description=_(
            "seudónimos que pueden pedir por día todas las entidades juntas: se avisa a la mitad y, agotados, queda a "
            "cada una la décima parte de su cupo"
        ),
    )
    locator_questions_hour: int = Field(
        default=200,
        ge=1,
        le=1_000_000,
        description=_("personas por las que una entidad puede preguntar al localizador por hora"),
    )
    locator_questions_day: int = Field(default=1000, ge=1, le=10_000_000, description=_("y por día"))
    locator_alarm_questions: int = Field(
        default=50,
        ge=1,
        le=1_000_000,
        description=_("preguntas en un día a partir de las cuales se busca si alguien prueba documentos"),
    )
    locator_alarm_miss_percent: int = Field(
        default=90,
        ge=1,
        le=100,
        description=_(
            "porcentaje de personas que no constan en ninguna parte con el que se avisa, desde esas preguntas"
        ),
    )
    locator_log_days: int = Field(default=365, ge=2, le=3650, description=_("cuánto se guardan las preguntas firmadas"))

    @property
    def public_witness_url(self) -> str:
        """The URL at which nodes reach the coordinator's witness; empty when there is none."""
        if not self.witness_listen:
            return ""
        return self.witness_url or http_url(self.witness_listen, self.address)
