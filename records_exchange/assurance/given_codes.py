"""The codes that a person handed over at the origin, one for each holder, as evidence of a consent."""

from collections.abc import Iterable, Mapping, Sequence

from typing_extensions import override

from presentation.messages import _
from records_exchange.assurance.evidence import Evidence, EvidenceSource, PersonCode
from records_exchange.assurance.person_code import CodeUse, GivenCode
from records_exchange.assurance.terms import ConsentTerms
from records_exchange.errors import CodeMalformed


class GivenCodes(EvidenceSource):
    """Makes a MAC under each code over the terms as they are sent. The codes are neither kept nor shown."""

    def __init__(self, codes: Mapping[str, GivenCode]) -> None:
        self._codes = codes

    @classmethod
    def read(cls, lines: Iterable[str], holders: Sequence[str]) -> "GivenCodes":
        """Read ``holder=serial/number/code`` or the content of a QR from each line; empty lines are left out.

        A line without a holder is of the only one.

        Raises:
            CodeMalformed: a line is no code, or is for no holder of the consent, or for one that has a code already.
        """
        codes: dict[str, GivenCode] = {}
        for line in filter(None, map(str.strip, lines)):
            named, separator, text = line.partition("=")
            given = GivenCode.parse(text if separator else line)
            holder = named.strip() if separator else given.holder
            if not holder and len(holders) == 1:
                holder = holders[0]
            if holder not in holders or holder in codes or given.holder not in ("", holder):
                raise CodeMalformed(
                    _("cada código es de una de las entidades de --holder, y de cada una se da uno como mucho"),
                    remedy=_("escriba entidad=tarjeta/número/código en cada línea, o lea el QR"),
                )
            codes[holder] = given
        return cls(codes)

    @override
    def evidence(self, terms: ConsentTerms) -> dict[str, list[Evidence]]:
        return {holder: [_proof(given, holder, terms)] for holder, given in self._codes.items()}


def _proof(given: GivenCode, holder: str, terms: ConsentTerms) -> PersonCode:
    use = CodeUse(holder, terms.origin, given.serial, given.number, terms.digest)
    return PersonCode(card=given.serial, number=given.number, mac=use.mac(given.key(holder)))
