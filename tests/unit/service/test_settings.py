from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.settings import NodeSettings
from service.errors import DatabasePasswordExposed, HomeUnusable, SettingsInvalid
from service.settings import database_argument
from trust.addresses import split_address

VALUES = {
    "network": "red.example",
    "entity": "leon",
    "listen": "127.0.0.1:7410",
    "addresses": ("leon.example:7410", "[::1]:7410"),
    "coordinator_address": "coordinator.example:7400",
    "coordinator_key": "a" * 64,
}


def test_settings_survive_the_file(tmp_path: Path) -> None:
    settings = NodeSettings.validated(VALUES | {"database": 'postgresql://u:p"\\\x7f\u00f1@h/d'})
    settings.save(tmp_path)
    assert NodeSettings.load(tmp_path) == settings
    assert (tmp_path / "node.toml").stat().st_mode & 0o077 == 0


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_any_text_survives_the_file(text: str) -> None:
    import tomllib

    from service.settings import _toml

    assert tomllib.loads(f"value = {_toml(text)}") == {"value": text}


def test_the_default_database_is_in_the_home(tmp_path: Path) -> None:
    settings = NodeSettings.validated(VALUES)
    assert settings.database_url(tmp_path) == f"sqlite:///{tmp_path}/node.sqlite"
    assert settings.ledger_origin == "red.example/entity/leon"


def test_a_home_without_settings_is_named_with_the_next_step(tmp_path: Path) -> None:
    with pytest.raises(HomeUnusable) as caught:
        NodeSettings.load(tmp_path / "nowhere")
    assert "init" in caught.value.remedy


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("listen", "7410"),
        ("entity", "León"),
        ("workers", 0),
        ("coordinator_key", "abc"),
        ("log_level", "loud"),
        ("unknown", 1),
    ],
)
def test_a_wrong_value_is_named(name: str, value: object) -> None:
    with pytest.raises(SettingsInvalid, match=name):
        NodeSettings.validated(VALUES | {name: value})


@pytest.mark.parametrize("content", [b"entity = ", b"\xff\xfe", b"entity = 'leon'"])
def test_a_damaged_file_is_a_settings_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "node.toml").write_bytes(content)
    with pytest.raises(SettingsInvalid):
        NodeSettings.load(tmp_path)


@pytest.mark.parametrize(
    "text", ["", ":1", "host", "host:", "host:x", "host:70000", "a b:1", "::1:80", "host:-1", "h:٣"]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"address|port"):
        split_address(text)


def test_addresses_are_split() -> None:
    assert split_address("[::1]:80") == ("::1", 80)
    assert split_address("nodo.example:7410") == ("nodo.example", 7410)


@pytest.mark.parametrize(
    "url", ["postgresql+psycopg://redpact:secreta@/redpact", "postgresql+psycopg:///redpact?user=a&PASSWORD=secreta"]
)
def test_a_password_is_never_an_argument(url: str) -> None:
    with pytest.raises(DatabasePasswordExposed) as caught:
        database_argument(url)
    assert "secreta" not in str(caught.value)


@pytest.mark.parametrize("url", ["", "sqlite:///file", "postgresql+psycopg://redpact@/redpact"])
def test_a_database_without_a_password_is_given_as_an_argument(url: str) -> None:
    assert database_argument(url) == url
