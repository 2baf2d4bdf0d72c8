"""The files of others that pages use are those that their manifests name, without brand, font or foreign address."""

import re

import pytest

from tests.support.source import ROOT
from tools.vendor_assets import PACKAGES, SERVED, TESTED, faults


@pytest.mark.parametrize("folder", [SERVED, TESTED])
def test_the_files_are_those_of_the_manifest(folder: str) -> None:
    assert faults(ROOT / folder) == []


def test_each_package_has_its_licence() -> None:
    for package in PACKAGES:
        assert (ROOT / package.folder / f"{package.name}.LICENSE.txt").is_file()


def test_the_style_sheet_has_nothing_of_gov_uk_and_loads_nothing() -> None:
    for path in (ROOT / SERVED).glob("*.css"):
        text = path.read_text(encoding="utf-8")
        assert "GDS Transport" not in text
        assert "crest" not in text
        assert "@font-face" not in text
        assert re.findall(r"url\((?!data:)[^)]*\)", text) == []
    own = (ROOT / "service/web/static/redpact.css").read_text(encoding="utf-8")
    assert "url(" not in own
