"""The checks of a method's contract. Each runs small searches on synthetic images, in seconds.

`python -m harness check-method NAME` runs them for an author; the tests run them for all methods of
the harness.
"""

import contextlib
import copy
import difflib
import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import fields
from functools import partial
from itertools import product
from typing import Any

import numpy as np
import torch

from benchmarks.errors import UserError
from benchmarks.spaces import SPACES
from benchmarks.spaces.nas_bench_201 import NAS_BENCH_201
from harness.contract.fake_task import FakeTask, settings_of
from harness.settings.lookup import protocols_of
from methods.differentiable.hooks import Hooks
from methods.differentiable.method import BilevelMethod
from methods.method import Method, Outcome, scores_on_table

# So short that it takes seconds, with steps of alpha so long that warm-ups end and prunings happen.
_SHORT = {
    "epochs": 6,
    "steps_per_epoch": 2,
    "alpha_lr": 0.5,
    "draws": 4,
    "draw_batch_size": 10,
}
_EARLIER_HOOKS = {"scores": "score_edges", "options": "variant"}
_TIMINGS = ("epoch_seconds",)


class Broken(Exception):
    """A method violates its contract; the text says how."""


class _Stopped(Exception):
    pass


def names_itself(method: type[Method]) -> None:
    """It has a name, a version, a description, and its settings under a protocol."""
    name = getattr(method, "name", None)
    if not (isinstance(name, str) and re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)):
        raise Broken(
            f"its name is {name!r}; use lower-case letters, digits and hyphens, such as my-method"
        )
    if not getattr(method, "version", None):
        raise Broken("it has no version; give it one, and raise it whenever its results change")
    if not (method.__doc__ or "").strip():
        raise Broken("its class has no docstring; `list methods` prints the first line")
    try:
        settings_of(method)
    except UserError as error:
        raise Broken(f"it does not run under `common`: {error}") from error


def states_what_it_supports(method: type[Method]) -> None:
    """It supports each space, or refuses it with a reason."""
    for name in SPACES:
        reason = method.supports(SPACES[name])
        if not (reason is None or (isinstance(reason, str) and reason.strip())):
            raise Broken(f"supports({name}) returns {reason!r}; return None, or the reason why not")


def finds_an_architecture(method: type[Method], space: str = NAS_BENCH_201.name) -> None:
    """It returns an architecture of the space, whose text parses back to it."""
    task, outcome = _searched(method, space)
    found = outcome.architecture
    try:
        read = task.space.parse(str(found))
    except UserError as error:
        raise Broken(f"it returns {found!r}, which is not an architecture: {error}") from error
    if read != found:
        raise Broken(f"it returns {found!r}, whose text parses to another architecture")


def states_whether_it_scores(method: type[Method], space: str = NAS_BENCH_201.name) -> None:
    """It has `scores_on_table` if and only if it uses scores."""
    task, _ = _searched(method, space)
    if task.has_scored and not scores_on_table(method):
        raise Broken(
            "it scores architectures on the table without stating it: set scores_on_table = True "
            "in its class, so that another table is another search"
        )
    if scores_on_table(method) and not task.has_scored:
        raise Broken(
            "it states scores_on_table, but scores nothing: leave that out, or a new table repeats "
            "its searches for nothing"
        )


def repeats_itself(method: type[Method], space: str = NAS_BENCH_201.name) -> None:
    """One seed gives the same bits, whatever the global generators of torch and numpy do."""
    ends = []
    before = torch.get_rng_state(), np.random.get_state()
    try:
        for seed in (1, 2):
            torch.manual_seed(seed)
            np.random.seed(seed)
            task, outcome = _searched(method, space)
            ends.append((outcome, task.logged, task.saved))
    finally:
        torch.set_rng_state(before[0])
        np.random.set_state(before[1])
    difference = _difference(*ends)
    if difference:
        raise Broken(
            f"two searches with one seed differ in {difference}: draw random numbers from "
            "task.rng(STREAM) and task.generator(STREAM) only"
        )


def resumes_after_a_kill(method: type[Method], space: str = NAS_BENCH_201.name) -> None:
    """A search that is stopped after a save and resumed ends in the same bits."""
    whole, saves = _task(method, space), []
    whole.is_save_due, whole.on_save = True, lambda: saves.append(1)
    outcome = method().search(whole)
    # Within the first epoch and after it, half-way, within the last epoch and after it; a search of
    # milliseconds need not save at all.
    stops = {1, 2, len(saves) // 2, len(saves) - 1, len(saves)}
    for stop in sorted(each for each in stops if 1 <= each <= len(saves)):
        broken = _task(method, space)
        broken.is_save_due, broken.on_save = True, _stop_after(stop)
        with contextlib.suppress(_Stopped):
            method().search(broken)
        resumed = _task(method, space)
        resumed.saved = copy.deepcopy(broken.saved)
        again = method().search(resumed)
        difference = _difference(
            (outcome, whole.logged, whole.saved),
            (again, broken.logged + resumed.logged, resumed.saved),
        )
        if difference:
            raise Broken(
                f"a search resumed after save {stop} differs in {difference}: whatever it "
                "remembers from step to step belongs in state() and restore()"
            )


def measures_without_moving(method: type[Method], space: str = NAS_BENCH_201.name) -> None:
    """Measuring an epoch (entropy, curvature) leaves the search's bits as they are."""
    if not hasattr(method, "measured"):
        return
    settings = {each.name for each in fields(method.Settings)}
    few = {"epochs": 2}  # curvature takes long
    more = {"measure_curvature": True} if "measure_curvature" in settings else {}
    silent = type(method.__name__, (method,), {"measured": lambda self, search: {}})
    (unmeasured, outcome), (measured, same) = (
        _searched(silent, space, **few),
        _searched(method, space, **few, **more),
    )
    logged = [
        {name: each[name] for name in other if name in each}
        for each, other in zip(measured.logged, unmeasured.logged, strict=True)
    ]
    difference = _difference(
        (outcome, unmeasured.logged, unmeasured.saved), (same, logged, measured.saved)
    )
    if difference:
        raise Broken(
            f"measuring changes {difference}: `weights` and `measured` must neither draw random "
            "numbers nor change anything; sample in `mixture`"
        )


def overrides_hooks_that_exist(method: type[Method]) -> None:
    """No function that nothing calls has almost a hook's name, or the earlier name of one."""
    if not issubclass(method, Hooks):
        return
    hooks = [name for name in dir(BilevelMethod) if not name.startswith("_")]
    for kind in method.__mro__:
        own = [name for name, each in vars(kind).items() if callable(each)]
        for name in own if not issubclass(BilevelMethod, kind) else ():
            if name in hooks or f".{name}(" in inspect.getsource(inspect.getmodule(kind) or kind):
                continue
            close = difflib.get_close_matches(name, hooks, n=1, cutoff=0.85)
            hook = _EARLIER_HOOKS.get(name) or next(iter(close), None)
            if hook:
                raise Broken(f"`{name}` is no hook, so it is never called; did you mean `{hook}`?")


CHECKS_OF_METHOD: dict[str, Callable[[type[Method]], None]] = {
    "names itself": names_itself,
    "states what it supports": states_what_it_supports,
    "overrides hooks that exist": overrides_hooks_that_exist,
}

CHECKS_OF_SEARCH: dict[str, Callable[[type[Method], str], None]] = {
    "finds an architecture": finds_an_architecture,
    "states whether it scores": states_whether_it_scores,
    "repeats itself": repeats_itself,
    "resumes after a kill": resumes_after_a_kill,
    "measures without moving": measures_without_moving,
}
"""In the order that is most useful to an author; each on every space that the method searches."""


def spaces_of(method: type[Method]) -> list[str]:
    """Return the registered spaces that a method supports and has a `common` protocol for."""
    return [
        name
        for name in SPACES
        if method.supports(SPACES[name]) is None and "common" in protocols_of(method, name)
    ]


def run_checks(method: type[Method]) -> Iterator[tuple[str, str | None]]:
    """Yield the name of each check and what is wrong, None where the method passes."""
    for name, check in CHECKS_OF_METHOD.items():
        yield name, _problem(partial(check, method))
    try:
        spaces = spaces_of(method)
    except Exception:  # the checks so far have said why
        return
    for space, (name, check) in product(spaces, CHECKS_OF_SEARCH.items()):
        yield f"{name} on {space}", _problem(partial(check, method, space))


def _problem(check: Callable[[], None]) -> str | None:
    try:
        check()
    except Broken as error:
        return str(error)
    except Exception as error:  # whatever the author's code does
        return f"{type(error).__name__}: {error}"
    return None


def _task(method: type[Method], space: str, **changes: Any) -> FakeTask:
    return FakeTask(settings_of(method, space, **{**_SHORT, **changes}), space=SPACES[space])


def _searched(
    method: type[Method], space: str = NAS_BENCH_201.name, **changes: Any
) -> tuple[FakeTask, Outcome]:
    task = _task(method, space, **changes)
    return task, method().search(task)


def _stop_after(stop: int) -> Callable[[], None]:
    saves = iter(range(1, stop + 1))

    def on_save() -> None:
        if next(saves) == stop:
            raise _Stopped

    return on_save


def _difference(ours: Any, theirs: Any, path: str = "its results") -> str | None:
    """Return where two results first differ in any bit, timings aside; None if nowhere."""
    if isinstance(ours, Outcome) and isinstance(theirs, Outcome):
        return _difference(vars(ours), vars(theirs), "its outcome")
    if type(ours) is not type(theirs):
        return path
    if isinstance(ours, dict):
        if list(ours) != list(theirs):
            return path
        keys = [key for key in ours if key not in _TIMINGS]
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
