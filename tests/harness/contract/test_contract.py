"""The contract: every method keeps it, and each check sees the method that does not."""

from dataclasses import replace
from typing import ClassVar

import numpy as np
import pytest
import torch

from harness.contract import checks
from methods import METHODS
from methods.darts import FirstOrderDarts
from methods.method import Outcome
from methods.random_architecture import RandomArchitecture
from methods.random_search import RandomSearch
from tests.examples import MY_METHOD
from tests.harness.processes import run_harness

CHECKS = {**checks.CHECKS_OF_METHOD, **checks.CHECKS_OF_SEARCH}


@pytest.mark.parametrize("check", list(checks.CHECKS_OF_METHOD))
@pytest.mark.parametrize("name", list(METHODS))
def test_every_method_describes_itself(name, check):
    checks.CHECKS_OF_METHOD[check](METHODS[name])


@pytest.mark.parametrize("check", list(checks.CHECKS_OF_SEARCH))
@pytest.mark.parametrize("space", ["nas-bench-201", "small-cells"])
@pytest.mark.parametrize("name", list(METHODS))
def test_every_method_keeps_the_contract_on_every_space(name, space, check, examples):
    assert space in checks.spaces_of(METHODS[name])
    checks.CHECKS_OF_SEARCH[check](METHODS[name], space)


class Shouting(RandomArchitecture):
    """Its name is no name."""

    name = "Shouting"


class Unversioned(RandomArchitecture):
    """It has no version."""

    version = ""


class Silent(RandomArchitecture):
    __doc__ = None


class Strange(FirstOrderDarts):
    """It has no protocols and no host."""

    name = "strange"
    host = None  # type: ignore[assignment]


class Unreasonable(RandomArchitecture):
    """It refuses without a reason."""

    @staticmethod
    def supports(space):
        return ""


class Empty(RandomArchitecture):
    """It finds nothing."""

    def search(self, task):
        return Outcome(None)


class Careless(RandomArchitecture):
    """It draws from the generator that everybody shares."""

    def search(self, task):
        rng = np.random.default_rng(np.random.randint(1 << 30))
        return Outcome(task.space.sample(rng))


class Secretive(RandomSearch):
    """It scores on the table and does not say so."""

    scores_on_table = False


class Boasting(RandomArchitecture):
    """It says that it scores on the table and does not."""

    scores_on_table = True


class Wavering(FirstOrderDarts):
    """Alpha's gradient has noise from torch's own generator."""

    def alpha_gradient(self, search, train, valid):
        gradient = super().alpha_gradient(search, train, valid)
        return [each + 1e-9 * torch.randn_like(each) for each in gradient]


class Noisy(FirstOrderDarts):
    """It gets its stream wherever it draws, and saves nothing itself."""

    name = "noisy"
    host = "darts-1st"
    drawn: ClassVar[list[float]] = []

    def alpha_gradient(self, search, train, valid):
        rng = search.task.generator("noise")
        gradient = super().alpha_gradient(search, train, valid)
        noise = torch.randn(1, generator=rng, dtype=torch.float64)
        self.drawn.append(noise.item())
        return [each + noise for each in gradient]


def test_a_stream_continues_over_steps_and_kills():
    for check in CHECKS.values():
        check(Noisy)
    Noisy.drawn.clear()
    checks.finds_an_architecture(Noisy)
    assert len(set(Noisy.drawn)) == len(Noisy.drawn) > 4


class Forgetful(FirstOrderDarts):
    """It counts its steps, and forgets the count when it is saved."""

    def begin(self, search):
        self.steps = 0

    def alpha_gradient(self, search, train, valid):
        self.steps += 1
        gradient = super().alpha_gradient(search, train, valid)
        return [each / self.steps for each in gradient]


class Misspelt(FirstOrderDarts):
    """It would sample, were its hook's name right."""

    def mixtures(self, search, step):
        return self.weights(search)


class Old(FirstOrderDarts):
    """It overrides a hook by its earlier name."""

    def scores(self, search):
        return {}


class Helpful(FirstOrderDarts):
    """It has a function of its own, which it calls."""

    def measure(self):
        return 1.0

    def begin(self, search):
        self.measure()


def test_a_function_that_is_called_may_have_almost_a_hooks_name():
    checks.overrides_hooks_that_exist(Helpful)


class Restless(FirstOrderDarts):
    """Its weights are drawn, so that measuring them moves the stream of its steps."""

    def weights(self, search):
        found = super().weights(search)
        noise = torch.randn((), generator=search.task.generator("noise"), dtype=torch.float64)
        weights = {each: tensor * noise.exp() for each, tensor in found.weights.items()}
        return replace(found, weights=weights)


@pytest.mark.parametrize(
    ("method", "check", "message"),
    [
        (Shouting, "names itself", "its name is 'Shouting'; use lower-case letters"),
        (Unversioned, "names itself", "it has no version"),
        (Silent, "names itself", "its class has no docstring"),
        (Strange, "names itself", "it does not run under `common`: strange has no protocol"),
        (Unreasonable, "states what it supports", "nas-bench-201. returns ''; return None"),
        (Empty, "finds an architecture", "it returns None, which is not an architecture"),
        (Secretive, "states whether it scores", "it scores architectures on the table without st"),
        (Boasting, "states whether it scores", "it states scores_on_table, but scores nothing"),
        (Careless, "repeats itself", "differ in its outcome, architecture: draw random numbers fr"),
        (Wavering, "repeats itself", "two searches with one seed differ in its results"),
        (Forgetful, "resumes after a kill", "resumed after save 1 differs in its"),
        (Misspelt, "overrides hooks that exist", "`mixtures` is no hook.* did you mean `mixture`?"),
        (Old, "overrides hooks that exist", "`scores` is no hook.* did you mean `score_edges`?"),
        (Restless, "measures without moving", "measuring changes its .*: `weights` and `measured`"),
    ],
)
def test_a_check_sees_the_method_that_breaks_it(method, check, message):
    with pytest.raises(checks.Broken, match=message):
        CHECKS[check](method)


def test_a_check_leaves_everybodys_generators_alone():
    torch.manual_seed(3)
    expected = torch.rand(1, generator=torch.Generator().manual_seed(3))
    checks.repeats_itself(RandomArchitecture)
    assert torch.equal(torch.rand(1), expected)


def test_an_author_is_told_what_is_broken(tmp_path):
    plugin = tmp_path / "my_method.py"
    plugin.write_text(MY_METHOD.read_text().replace("search.progress", "search.progres"))
    done = run_harness("check-method", "sharp-darts", "--plugin", plugin)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith("names itself: yes\n")
    assert (
        "finds an architecture on nas-bench-201: AttributeError: 'BilevelSearch' object has no"
        in done.stdout
    )
    done = run_harness("check-method", "sharp")
    assert done.returncode == 2
    assert "Unknown method 'sharp'." in done.stderr
