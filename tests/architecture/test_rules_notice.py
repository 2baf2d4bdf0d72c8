"""The house's rules notice what they forbid: small sources that break them, and some that do not."""

import ast

import pytest

from tests.support.house_rules import foreign_texts, imported_across_tests, imported_tests, predictable_randomness

PREDICTABLE = {
    "the module": "import random",
    "a function of it": "from random import randint",
    "everything in it": "from random import *",
    "the module under another name": "import random as r\nr.random()",
    "inside a function": "def draw():\n    import random\n    return random.random()",
    "a class of it": "from random import Random as Dice\nDice(1)",
    "NumPy's generator": "import numpy as np\nnp.random.default_rng(0)",
    "NumPy's generator without a seed": "import numpy as np\nnp.random.default_rng()",
    "NumPy in full": "import numpy\nnumpy.random.default_rng(0)",
    "NumPy's module": "import numpy.random",
    "NumPy's module under another name": "import numpy.random as npr\nnpr.normal()",
    "NumPy's module from NumPy": "from numpy import random as noise\nnoise.normal()",
    "its function alone": "from numpy.random import default_rng\ndefault_rng()",
    "its function under another name": "from numpy.random import default_rng as safe\nsafe()",
    "its old functions": "import numpy as np\nx = np.random.normal(0, 1)",
    "the module kept in a name": "import numpy as np\nnoise = np.random\nnoise.normal()",
    "a function kept in a name": "import numpy as np\ndraw = np.random.normal\ndraw()",
    "a generator made by its class": "import numpy as np\nnp.random.Generator(np.random.PCG64(1))",
    "a generator class called alone": "from numpy.random import Generator\nGenerator(bits)",
    "an attribute by text": "import numpy as np\ngetattr(np, 'random')",
    "an import by text": "import importlib\nimportlib.import_module('random')",
    "an import by text under another name": "from importlib import import_module as load\nload('numpy.random')",
    "the oldest import by text": "__import__('random')",
    "torch's seed": "import torch\ntorch.manual_seed(0)",
    "torch's normal": "import torch\ntorch.randn(3)",
    "torch's normal like": "import torch\ntorch.randn_like(x)",
    "torch's generator": "from torch import Generator\nGenerator()",
    "a distribution of SciPy": "from scipy import stats\nstats.norm.rvs(size=3)",
    "a time-based id": "import uuid\nuuid.uuid1()",
}


@pytest.mark.parametrize("source", PREDICTABLE.values(), ids=PREDICTABLE)
def test_predictable_randomness_is_noticed_however_it_is_spelt(source: str) -> None:
    assert predictable_randomness(ast.parse(source)) != []


HARMLESS = {
    "the operating system's": "import secrets, os\nsecrets.token_bytes(3)\nos.urandom(3)",
    "the system's generator": "from secrets import SystemRandom\nSystemRandom().shuffle(x)",
    "a generator that is given": "import numpy as np\ndef read(chance: np.random.Generator): return chance.normal()",
    "its type alone": "from numpy.random import Generator\ndef read(chance: Generator): return chance.normal()",
    "a word": "def draw():\n    random = 3\n    return random",
    "an attribute of that name": "def draw(rng): return rng.random()",
    "an id": "import uuid\nuuid.uuid4()",
    "the rest of NumPy": "import numpy as np\nnp.zeros(3)",
    "the rest of torch": "import torch\ntorch.zeros(3)",
}


@pytest.mark.parametrize("source", HARMLESS.values(), ids=HARMLESS)
def test_what_is_not_predictable_is_let_pass(source: str) -> None:
    assert predictable_randomness(ast.parse(source)) == []


def test_what_is_noticed_comes_with_its_name_and_line() -> None:
    source = "import numpy as np\n\nx = np.random.default_rng(0)\ny = [np.random.normal() for _ in z]"
    assert predictable_randomness(ast.parse(source)) == [("numpy.random.default_rng", 3), ("numpy.random.normal", 4)]


TESTS = {
    "a function of it": "from tests.unit.node.test_keys import made",
    "the module": "import tests.unit.node.test_keys as keys",
    "the module from its folder": "from tests.unit.node import test_keys",
    "inside a function": "def f():\n    from tests.unit.node.test_keys import made",
    "fixtures": "from tests.contracts.ledger_store.conftest import Work",
    "a neighbour": "from .test_keys import made",
    "a neighbour as a whole": "from . import test_keys",
    "by text": "import importlib\nimportlib.import_module('tests.unit.node.test_keys')",
}


@pytest.mark.parametrize("source", TESTS.values(), ids=TESTS)
def test_an_import_of_a_test_module_is_noticed(source: str) -> None:
    assert imported_tests(ast.parse(source)) != []
    assert imported_across_tests(ast.parse(source), ("tests.support.",)) != []


def test_support_may_be_imported_and_helpers_that_lie_beside_a_test_may_not() -> None:
    good = ast.parse("from tests.support.clock import START\nimport tests.support.pki")
    assert (imported_tests(good), imported_across_tests(good, ("tests.support.",))) == ([], [])
    helper = ast.parse("from tests.unit.federated.bundle.helper import facts")
    assert imported_tests(helper) == []
    assert imported_across_tests(helper, ("tests.support.",)) == [("tests.unit.federated.bundle.helper.facts", 1)]


FOREIGN = {
    "the system's text": "try:\n    f()\nexcept OSError as e:\n    raise Bad(e.strerror)",
    "an error as text": "try:\n    f()\nexcept OSError as e:\n    raise Bad(_('no: {e}', e=str(e)))",
    "an error in an f-string": "try:\n    f()\nexcept OSError as e:\n    raise Bad(f'no: {e}')",
    "pydantic's text": "raise Bad(error.errors()[0]['msg'])",
    "a check in English": "from pydantic import BaseModel\nraise ValueError('twice')",
    "a check in English with a value": "from pydantic import BaseModel\nraise ValueError(f'{name} twice')",
}


@pytest.mark.parametrize("source", FOREIGN.values(), ids=FOREIGN)
def test_texts_of_others_are_noticed(source: str) -> None:
    assert foreign_texts(ast.parse(source)) != []


OUR_WORDS = {
    "a fault in words": "try:\n    f()\nexcept OSError as e:\n    raise Bad(_('no: {e}', e=os_fault(e)))",
    "our own error": "try:\n    f()\nexcept Bad as e:\n    raise Worse(e.message)",
    "a check in our words": "from pydantic import BaseModel\nraise ValueError(_('dos veces'))",
    "a check of a program": "raise ValueError('a row has other columns')",
}


@pytest.mark.parametrize("source", OUR_WORDS.values(), ids=OUR_WORDS)
def test_our_words_are_left_alone(source: str) -> None:
    assert foreign_texts(ast.parse(source)) == []
