"""The chapter on a form that the person signs with their own certificate: it opens holders, health data too."""

from pathlib import Path

from deploy.local.network import LocalNetwork
from deploy.local.ngo import NGO, Ngo
from deploy.local.programs import NODE, DemoFailed, at_once
from deploy.local.signing import new_authority, person_of
from deploy.local.story import Story
from policies.catalogue import load_catalogue
from presentation.messages import _, current_language, listing

HEALTH = "health.conditions_flag"
FIELDS = f"person.birth_year,person.language,household,{HEALTH}"


class ElectronicSignatureChapter:
    """The steps of a person who signs a form, and of the entities that check the signature."""

    def __init__(self, network: LocalNetwork, story: Story, document: str, holders: tuple[str, str]) -> None:
        self._network, self._story, self._document, self._holders = network, story, document, holders
        self._ngo = Ngo(network, holders, FIELDS)
        self._authority = new_authority()

    def run(self) -> None:
        """Run the whole chapter."""
        self._story.heading(_("La voluntad de la persona: un formulario firmado con su propio certificado"))
        self._pin()
        signed = self._signed()
        self._opens(signed)

    def _pin(self) -> None:
        """Let each entity pin the authority, as its officer does with the fingerprint that the authority publishes."""
        root = self._network.folder / "authority.pem"
        root.write_bytes(self._authority.pem)
        words = ("consent", "authorities", "add", root, "--fingerprint", self._authority.fingerprint)
        with self._story.step(_("Cada DPD fija, por su huella, la autoridad de los certificados (aquí, una ficticia)")):
            at_once(
                lambda entity: self._network.programs.ask(NODE, *words, "--home", self._network.home(entity)),
                (NGO.id, *self._holders),
            )

    def _signed(self) -> Path:
        form, signed = self._network.folder / "form.pdf", self._network.folder / "form-signed.pdf"
        with self._story.step(_("La asociación escribe el formulario; la persona lo lee y lo firma")) as step:
            words = ("consent", "form", "--document", "-", *self._ngo.terms(), "--out", form)
            self._ngo.ask(*words, stdin=self._document)
            signed.write_bytes(person_of(self._authority, self._document).sign(form.read_bytes()))
            step.say(_("firma PAdES; el certificado dice su documento"))
        return signed

    def _opens(self, signed: Path) -> None:
        with self._story.step(_("La asociación lo registra y pregunta")) as step:
            self._ngo.sent(str(self._ngo.ask("consent", "grant-signed", signed)["consent_id"]))
            released = self._ngo.until_open(self._document)
            if not all(HEALTH in fields for fields in released.values()):
                raise DemoFailed(_("la firma de la persona debería abrir también los datos de salud"))
            step.say(_("abren {holders}", holders=listing(self._holders)))
        self._story.fact(
            _("Un formulario firmado con certificado abre dos entidades"),
            _(
                "{holders} comprobaron la firma sin red; abre también «{field}», que un código no abre",
                holders=listing(self._holders),
                field=load_catalogue().field(HEALTH).label(current_language()),
            ),
        )
