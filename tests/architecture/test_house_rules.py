"""The house's rules that no linter checks: sizes, folders, names, purity."""

import ast
import importlib
import importlib.metadata
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.house_rules import (
    foreign_texts,
    impatient_waits,
    imported_across_tests,
    imported_tests,
    predictable_randomness,
)
from tests.support.source import DOMAIN, PACKAGES, ROOT, Module, dotted, imported, modules
from tests.support.waiting import PATIENCE_SECONDS

CODE = (*PACKAGES, "deploy", "tools")
MAX_MODULE_LINES = 400
MAX_FUNCTION_LINES = 40
MAX_TEST_FUNCTION_LINES = 60


def test_every_folder_with_code_is_a_package() -> None:
    """Without ``__init__.py`` two test files of one name would shadow each other, silently."""
    folders = {module.path.parent for module in modules(*PACKAGES, "tests", "tools")}
    versions = {path.parent for path in ROOT.glob("*/migrations/versions/*.py")}
    assert sorted(str(folder) for folder in folders - versions if not (folder / "__init__.py").is_file()) == []


def test_deploy_holds_no_importable_product_code() -> None:
    users = [
        module.name for module in modules(*PACKAGES) for name, _ in imported(module.tree) if name.startswith("deploy")
    ]
    assert users == []
    assert not (ROOT / "deploy" / "__init__.py").exists()


def test_no_module_outgrows_the_limit() -> None:
    assert [(module.name, module.lines) for module in modules(*CODE, "tests") if module.lines > MAX_MODULE_LINES] == []


def _functions(module: Module) -> Iterator[tuple[str, int]]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0]
            has_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
            prose = (first.end_lineno or 0) - first.lineno + 1 if has_docstring else 0
            yield f"{module.name}:{node.name}", (node.end_lineno or 0) - node.lineno + 1 - prose


@pytest.mark.parametrize(
    ("folders", "limit"), [(CODE, MAX_FUNCTION_LINES), (("tests",), MAX_TEST_FUNCTION_LINES)], ids=["code", "tests"]
)
def test_no_function_outgrows_the_limit(folders: tuple[str, ...], limit: int) -> None:
    """Docstrings do not count: explaining is never too long."""
    assert [found for module in modules(*folders) for found in _functions(module) if found[1] > limit] == []


def test_our_package_names_belong_to_our_distribution() -> None:
    """Names such as ``node`` exist on the package index too: an alien one would be imported in place of ours."""
    owners = importlib.metadata.packages_distributions()
    assert {name: set(owners.get(name, ())) - {"redpact"} for name in PACKAGES} == {name: set() for name in PACKAGES}


def test_imports_respect_the_layers() -> None:
    lint_imports = Path(sys.executable).with_name("lint-imports")
    result = subprocess.run([lint_imports, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def _is_wire_module(name: str) -> bool:
    path = Path(name)
    return (
        bool({"rpc", "clients"} & set(path.parts[:-1])) or path.stem in {"rpc", "wire"} or path.stem.endswith("_wire")
    )


def test_wire_types_stay_at_the_rim() -> None:
    """Generated messages are imported by rpc and wire modules only, never by the code that decides."""
    strangers = {
        module.name
        for module in modules(*PACKAGES)
        for name, _ in imported(module.tree)
        if name.startswith("protos.") and not module.name.startswith("protos/") and not _is_wire_module(module.name)
    }
    assert sorted(strangers) == []


@pytest.mark.parametrize("stub", sorted(path.stem for path in (ROOT / "protos/redpact/v1").glob("*_pb2*.py")))
def test_generated_stubs_import(stub: str) -> None:
    assert importlib.import_module(f"protos.redpact.v1.{stub}").__name__.endswith(stub)


@pytest.mark.invariant(10)
def test_only_the_clock_tells_the_time() -> None:
    """Everything else receives ``now``; otherwise replay windows and expiries could not be tested, or trusted."""
    forbidden = {"datetime.now", "datetime.utcnow", "datetime.datetime.now", "date.today", "time.time"}
    found = [
        f"{module.name}:{node.lineno} {dotted(node.func)}"
        for module in modules(*PACKAGES)
        if module.name != "service/clock.py"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and dotted(node.func) in forbidden
    ]
    assert found == []


PREDICTABLE_ON_PURPOSE = {
    # The same seed must give the same fictitious people.
    "node/fictitious/population.py",
    "node/fictitious/recorded_fields.py",
    "node/fictitious/benefit_histories.py",
    "node/fictitious/persons.py",
    # Splits of a simulation, which others must be able to repeat.
    "federated/studies/site_evaluation.py",
    # Intervals around public figures: every node computes the same ones again (`federated.release.replay`).
    "federated/release/composition.py",
    # Bootstrap samples at an entity, of its own people, that leave it for nobody.
    "node/training/local_evaluation.py",
    "node/training/model_trial.py",
}
"""Modules that may draw what others can compute, each for a reason. Nothing in them protects anybody."""


@pytest.mark.invariant(10)
def test_randomness_that_protects_people_is_never_seeded() -> None:
    """Generators of ``random``, NumPy and torch are predictable: whoever knows the seed takes the noise away."""
    found = {module.name: drawn for module in modules(*PACKAGES) if (drawn := predictable_randomness(module.tree))}
    assert {name: drawn for name, drawn in found.items() if name not in PREDICTABLE_ON_PURPOSE} == {}
    assert sorted(PREDICTABLE_ON_PURPOSE - set(found)) == [], "needs no exception any more"


def test_domain_packages_touch_no_process_state() -> None:
    """No environment, no engine, no commit, no thread: they can be run, tested and audited anywhere."""
    forbidden = {
        "os.environ",
        "os.getenv",
        "create_engine",
        "sqlalchemy.create_engine",
        "threading.Thread",
        "session.commit",
    }
    silenced = "federated/flower/"  # switches Flower's telemetry off before Flower is imported; tested below
    found = [
        f"{module.name}:{node.lineno} {dotted(node)}"
        for module in modules(*DOMAIN)
        if not module.name.startswith(silenced)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute | ast.Name) and dotted(node) in forbidden
    ]
    assert found == []


def test_no_error_is_swallowed() -> None:
    """A bare or broad ``except`` hides the fault that an operator needs to see."""
    found = [
        f"{module.name}:{node.lineno}"
        for module in modules(*CODE)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or dotted(node.type) == "BaseException" or _only_passes(node))
    ]
    assert found == []


def _only_passes(handler: ast.ExceptHandler) -> bool:
    return (
        dotted(handler.type) == "Exception" and all(isinstance(step, ast.Pass) for step in handler.body)
        if handler.type
        else True
    )


FOREIGN_TEXTS_ALLOWED = {"service/status.py": "compares a text of gRPC, and shows none"}


def test_people_read_faults_in_their_language() -> None:
    """Pydantic and the operating system speak English only, and repeat values: `presentation.faults` says them."""
    found = {module.name: texts for module in modules(*PACKAGES) if (texts := foreign_texts(module.tree))}
    assert {name: texts for name, texts in found.items() if name not in FOREIGN_TEXTS_ALLOWED} == {}
    assert sorted(set(FOREIGN_TEXTS_ALLOWED) - set(found)) == [], "needs no exception any more"


SHARED_BY_TESTS = ("tests.support.", "tests.oracles", "tests.benchmarks.", "tests.fuzz.", "tests.soak.")
"""What tests may import: support, implementations to compare with, and programs that have tests of their own."""


def test_no_test_imports_another_test() -> None:
    """A test that another one stands on cannot be read, moved or deleted alone; what they share is in support."""
    found = {module.name: names for module in modules("tests") if (names := imported_tests(module.tree))}
    assert found == {}
    programs = tuple(f"tests/{name}/" for name in ("benchmarks", "fuzz", "soak"))
    across = {
        module.name: names
        for module in modules("tests")
        if not module.name.startswith(programs) and (names := imported_across_tests(module.tree, SHARED_BY_TESTS))
    }
    assert across == {}


def test_a_test_waits_for_what_must_come_as_long_as_all_tests_do() -> None:
    """A few seconds are enough on a quiet machine and not on a busy one: there the test fails for no fault of ours."""
    found = {
        module.name: waits
        for module in modules("tests")
        if not module.name.startswith(("tests/benchmarks/", "tests/soak/"))
        and (waits := impatient_waits(module.tree, PATIENCE_SECONDS))
    }
    assert found == {}


@pytest.mark.parametrize(
    ("code", "waits"),
    [
        ("call(data, timeout=10)", [(10, 1)]),
        ("thread.join(5)", [(5, 1)]),
        ("line.settimeout(5.0)", [(5.0, 1)]),
        ("stop.wait(0.05)", []),
        ("call(data, timeout=PATIENCE_SECONDS)", []),
        ("process.wait(timeout=380)", []),
        ("', '.join(5, 6)", []),
    ],
)
def test_impatient_waits_are_found(code: str, waits: list[tuple[float, int]]) -> None:
    assert impatient_waits(ast.parse(code), PATIENCE_SECONDS) == waits


def test_beside_tests_there_are_only_tests() -> None:
    """What is no test, and lies among tests, gets imported from there sooner or later."""
    folders = ("architecture", "contracts", "e2e", "integration", "unit")
    assert [
        module.name
        for module in modules(*(f"tests/{folder}" for folder in folders))
        if module.path.stem not in {"__init__", "conftest"} and not module.path.stem.startswith("test_")
    ] == []
