"""An entity that only exchanges data, without the libraries of training: campaigns are listed, read and refused."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from policies.errors import EXIT_CODES
from service.extras import TRAINING_LIBRARIES
from tests.support.network import Network
from tests.support.source import ROOT
from tests.support.without_training import BLOCKED


def printed(module: str, *arguments: str) -> Any:
    command = [sys.executable, "-m", module, *arguments]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_the_libraries_are_those_of_the_extra() -> None:
    extra = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    names = {line.split("=")[0].split(">")[0] for line in extra["federated"]}
    assert names == set(TRAINING_LIBRARIES) == BLOCKED


@pytest.mark.invariant(8)
def test_no_command_of_the_three_programs_ends_in_a_traceback(tmp_path: Path) -> None:
    network = Network(tmp_path)
    network.start()
    network.join("soria")
    network.stop()
    ended = printed("tests.support.without_training", str(tmp_path / "soria"), str(tmp_path / "coordinator"))
    assert len(ended) > 100
    assert {path: each["traceback"] for path, each in ended.items() if each["traceback"]} == {}
    assert {path: each["code"] for path, each in ended.items() if each["code"] not in {0, *EXIT_CODES.values()}} == {}
    silent = [path for path, each in ended.items() if each["code"] and not each["err"].strip() + each["out"].strip()]
    assert silent == []
    for path in ("redpact-node training approve", "redpact-coordinator training simulate"):
        assert "pip install 'redpact[federated]'" in " ".join(ended[path]["err"].split()), path


def test_campaigns_are_listed_and_refused_by_a_serving_node_and_never_begun(tmp_path: Path) -> None:
    found = printed("tests.support.exchange_only_network", str(tmp_path))
    assert {name: each["traceback"] for name, each in found.items() if each["traceback"]} == {}
    assert {name: each["code"] for name, each in found.items()} == {
        **dict.fromkeys(("list", "refuse", "report", "status"), 0),
        **dict.fromkeys(("approve", "start"), 2),
    }
    said = {name: json.loads(each["out"]) for name, each in found.items()}
    (listed,) = said["list"]["campaigns"]
    assert (listed["decision"], listed["source"]) == ("undecided", "table")
    assert said["approve"]["error"]["code"] == said["start"]["error"]["code"] == "extra_missing"
    assert (said["refuse"]["decision"], said["refuse"]["delivered"]) == ("refused", True)
    assert said["report"]["campaigns"][0]["standing"] == "refused"
    assert said["status"]["campaigns"][0]["refused"] == ["soria"]
