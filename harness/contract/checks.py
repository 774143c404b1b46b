"""The checks of a method's contract. Each runs small searches on made images, in seconds.

`python -m harness check-method NAME` runs them for an author; the tests run them for every method
of the harness.
"""

import contextlib
import copy
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch

from benchmarks.errors import UserError
from benchmarks.spaces import SPACES
from harness.contract.fake_task import MadeTask, settings_of
from methods.method import Method, Outcome

# So short that it takes seconds, with steps of alpha so long that warm-ups end and prunings happen.
_SHORT = {
    "epochs": 6,
    "steps_per_epoch": 2,
    "alpha_lr": 0.5,
    "draws": 4,
    "draw_batch_size": 10,
}
_OF_A_CLOCK = ("epoch_seconds",)


class Broken(Exception):
    """A method does not keep its contract; the text says how."""


class _Stopped(Exception):
    pass


def names_itself(method: type[Method]) -> None:
    """It has a name, a version, a description, and its settings under a protocol."""
    name = getattr(method, "name", None)
    if not (isinstance(name, str) and re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)):
        raise Broken(f"its name is {name!r}; use small letters, figures and hyphens: my-method")
    if not getattr(method, "version", None):
        raise Broken("it has no version; give it one, and raise it when its results move")
    if not (method.__doc__ or "").strip():
        raise Broken("its class has no docstring, whose first line `list methods` prints")
    try:
        settings_of(method)
    except UserError as error:
        raise Broken(f"it does not run under `common`: {error}") from error


def says_what_it_searches(method: type[Method]) -> None:
    """It takes NAS-Bench-201, or refuses it with a reason."""
    for name in SPACES:
        reason = method.supports(SPACES[name])
        if not (reason is None or (isinstance(reason, str) and reason.strip())):
            raise Broken(f"supports({name}) gives {reason!r}; give None, or the reason why not")


def finds_an_architecture(method: type[Method]) -> None:
    """It ends in an architecture of the space, whose text reads back."""
    task, outcome = _searched(method)
    found = outcome.architecture
    try:
        read = task.space.parse(str(found))
    except UserError as error:
        raise Broken(f"it ends in {found!r}, which is no architecture: {error}") from error
    if read != found:
        raise Broken(f"it ends in {found!r}, which reads back as another architecture")


def repeats_itself(method: type[Method]) -> None:
    """The same seed gives the same bits, whatever torch's and numpy's own generators do."""
    ends = []
    before = torch.get_rng_state(), np.random.get_state()
    try:
        for seed in (1, 2):
            torch.manual_seed(seed)
            np.random.seed(seed)
            task, outcome = _searched(method)
            ends.append((outcome, task.records, task.saved))
    finally:
        torch.set_rng_state(before[0])
        np.random.set_state(before[1])
    difference = _difference(*ends)
    if difference:
        raise Broken(
            f"two searches of one seed differ in {difference}: draw random numbers from "
            "task.rng(PART) and task.generator(PART) alone"
        )


def goes_on_after_a_kill(method: type[Method]) -> None:
    """A search that was stopped after a save, and gone on with, ends in the same bits."""
    whole, saves = _task(method), []
    whole.is_save_due, whole.on_save = True, lambda: saves.append(1)
    outcome = method().search(whole)
    # Within the first epoch and after it, half-way, within the last epoch and after it; a search of
    # milliseconds need not save at all.
    stops = {1, 2, len(saves) // 2, len(saves) - 1, len(saves)}
    for stop in sorted(each for each in stops if 1 <= each <= len(saves)):
        broken = _task(method)
        broken.is_save_due, broken.on_save = True, _stop_after(stop)
        with contextlib.suppress(_Stopped):
            method().search(broken)
        resumed = _task(method)
        resumed.saved = copy.deepcopy(broken.saved)
        again = method().search(resumed)
        difference = _difference(
            (outcome, whole.records, whole.saved),
            (again, broken.records + resumed.records, resumed.saved),
        )
        if difference:
            raise Broken(
                f"a search that was stopped after save {stop} ends otherwise, in {difference}: "
                "what it remembers from step to step belongs in state() and restore()"
            )


CHECKS: dict[str, Callable[[type[Method]], None]] = {
    "names itself": names_itself,
    "says what it searches": says_what_it_searches,
    "finds an architecture": finds_an_architecture,
    "repeats itself": repeats_itself,
    "goes on after a kill": goes_on_after_a_kill,
}
"""In the order in which an author wants to know."""


def run(method: type[Method]) -> Iterator[tuple[str, str | None]]:
    """Yield each check's name and what is broken, None where the method keeps it."""
    for name, check in CHECKS.items():
        try:
            check(method)
        except Broken as error:
            yield name, str(error)
        except Exception as error:  # whatever the author's code does
            yield name, f"{type(error).__name__}: {error}"
        else:
            yield name, None


def _task(method: type[Method]) -> MadeTask:
    return MadeTask(settings_of(method, **_SHORT))


def _searched(method: type[Method]) -> tuple[MadeTask, Outcome]:
    task = _task(method)
    return task, method().search(task)


def _stop_after(stop: int) -> Callable[[], None]:
    saves = iter(range(1, stop + 1))

    def on_save() -> None:
        if next(saves) == stop:
            raise _Stopped

    return on_save


def _difference(ours: Any, theirs: Any, path: str = "its results") -> str | None:
    """Where two results first differ in any bit, but for what a clock measured; None if nowhere."""
    if isinstance(ours, Outcome) and isinstance(theirs, Outcome):
        return _difference(vars(ours), vars(theirs), "its outcome")
    if type(ours) is not type(theirs):
        return path
    if isinstance(ours, dict):
        if list(ours) != list(theirs):
            return path
        keys = [key for key in ours if key not in _OF_A_CLOCK]
        pairs = [(ours[key], theirs[key], f"{path}, {key}") for key in keys]
    elif isinstance(ours, list | tuple):
        if len(ours) != len(theirs):
            return path
        pairs = [(*pair, path) for pair in zip(ours, theirs, strict=True)]
    elif isinstance(ours, torch.Tensor | np.ndarray | float):  # NaN is the same as NaN
        same = np.array_equal(np.asarray(ours), np.asarray(theirs), equal_nan=True)
        return None if same else path
    else:
        return None if ours == theirs else path
    return next(filter(None, (_difference(*pair) for pair in pairs)), None)
