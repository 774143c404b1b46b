"""The bilevel loop: weights on one split of the data, alpha on another, step by step.

Liu, Simonyan and Yang, "DARTS", ICLR 2019, algorithm 1. Every gradient method runs in this loop;
what makes it another method than DARTS is in its own file.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import torch
from torch import Tensor, nn

from benchmarks.spaces.mixture import Mixture
from benchmarks.spaces.objective import BatchLoss
from methods.differentiable.curvature import dominant_eigenvalue
from methods.differentiable.gradients import restored
from methods.differentiable.schedules import cosine_epoch
from methods.differentiable.stage import Stage, check_stage, first_stage, restored_stage
from methods.differentiable.step import Step
from methods.differentiable.totals import Totals
from methods.method import Diverged, Outcome, Task

if TYPE_CHECKING:
    from methods.differentiable.hooks import Hooks
    from methods.differentiable.state import Batch


class BilevelSearch:
    """One search under way: all that changes while it runs, and how it is kept.

    Attributes:
        method: what defines the search.
        task: what it searches, on which data and device.
        settings: the method's, and those of the supernet, which are the space's.
        supernet: inputs and a mixture in, outputs such as logits out.
        parameters: the architecture parameters, by name (`alpha`, ...) and cell type.
        weights: those parameters of the supernet that are trained.
        weight_optimizer: the optimizer of `weights`; its learning rate is that of the epoch.
        alpha_optimizer: the optimizer of `parameters`.
        epoch: epochs that are done.
        stage: the operations that are searched now.
        memory_after: the hidden state in which the pair of steps leaves each split.
    """

    def __init__(self, method: Hooks, task: Task):
        self.method, self.task = method, task
        self.settings = settings = task.settings
        self.objective = task.space.objective
        self.stage = first_stage(task.space)
        self._build_supernet(task.generator("initialisation"))
        self.parameters = {
            name: {
                cell_type: tensor.to(task.device, task.dtype).requires_grad_()
                for cell_type, tensor in tensors.items()
            }
            for name, tensors in method.parameters(
                task.space, settings, task.generator("alpha")
            ).items()
        }
        self.alpha_optimizer = method.alpha_optimizer(settings, self.alphas)
        self.epoch = 0
        self._step = 0
        self._batches = method.batches(task)
        self._totals = Totals(self.objective, task.device)
        self._epoch_seconds = 0.0
        self._step_under_way: Step | None = None
        self._statistics: list[Tensor] = []  # BatchNorm's, before the method asked for a loss
        # Hidden states by split: where the batches of a pair of steps start, and where they end.
        self._memory: dict[str, Any] = {}
        self.memory_after: dict[str, Any] = {}
        self._valid: tuple[Batch, Any] | None = None  # alpha's last batch, and its hidden state
        method.begin(self)

    @property
    def alphas(self) -> list[Tensor]:
        """All architecture parameters, in a fixed order."""
        return [tensor for group in self.parameters.values() for tensor in group.values()]

    @property
    def progress(self) -> float:
        """The share of the epochs that are done, 0 to 1."""
        return self.epoch / self.settings.epochs

    def run(self) -> Outcome:
        """Search from the start, or from where an earlier process saved it, to the end.

        Raises:
            Diverged: the loss or alpha stopped being a number.
        """
        saved = self.task.load()
        if saved is not None:
            self._restore(saved)
        # An epoch that was begun is ended, whatever the method would say of a new one.
        while self.epoch < self.settings.epochs and (self._step or not self.method.is_over(self)):
            self._run_epoch()
        return Outcome(self.method.select(self))

    def mixture(self) -> Mixture:
        """The mixture that the method makes for the step that is being taken.

        Between steps, its weights.
        """
        step = self._step_under_way
        if step is None:
            return self.method.weights(self)
        found = self.method.mixture(self, step)
        # Only now: the method may have differentiated the step's loss, whose graph holds them.
        for buffer, before in zip(self.supernet.buffers(), self._statistics, strict=False):
            buffer.copy_(before)
        self._statistics = []
        return found

    def loss(self, split: str, batch: Batch, mixture: Mixture, *, counted: bool = True) -> Tensor:
        """The loss of a batch under a mixture, by the space's objective.

        It is counted among the losses of its split, unless `counted` is False. All passes of a pair
        of steps start from the same hidden state; the next pair starts where a counted pass ended.
        """
        found = self._batch_loss(batch, mixture, self._memory.get(split))
        if counted:
            self._totals.add(split, found)
            if self.objective.keeps_memory:
                self.memory_after[split] = found.memory
        return found.loss

    def penalised(self, loss: Tensor) -> Tensor:
        """Alpha's loss: that of the data, and the method's penalty if it has one."""
        penalty = self.method.penalty(self)
        return loss if penalty is None else loss + penalty

    @torch.no_grad()
    def advance_memory(self, split: str, batch: Batch) -> None:
        """Take the hidden state of a split through a batch at the weights as they are."""
        if self.objective.keeps_memory:
            found = self._batch_loss(batch, self.mixture(), self._memory.get(split))
            self.memory_after[split] = found.memory

    @torch.no_grad()
    def value(self, batch: Batch, mixture: Mixture) -> float:
        """The metric of the space's objective on a batch, with no hidden state before it."""
        model = partial(self.supernet, mixture=mixture)
        found = self.objective.loss(model, batch, None, label_smoothing=0.0, step="alpha")
        return self.objective.value(found.total.item(), found.samples)

    def in_double(self) -> BilevelSearch:
        """A view whose architecture parameters are in double precision, detached."""
        view = copy.copy(self)
        view.parameters = {
            name: {each: tensor.detach().double() for each, tensor in tensors.items()}
            for name, tensors in self.parameters.items()
        }
        return view

    def _batch_loss(self, batch: Batch, mixture: Mixture, memory: Any) -> BatchLoss:
        step = self._step_under_way
        return self.objective.loss(
            partial(self.supernet, mixture=mixture),
            batch,
            memory,
            label_smoothing=self.settings.label_smoothing,
            step=step.of if step else "alpha",
        )

    def curvature(self) -> float:
        """The dominant eigenvalue of the loss's Hessian along alpha, on alpha's last batch.

        Measuring moves nothing: the mixture is the method's deterministic weights, and the running
        statistics of BatchNorm are put back. NaN before the first batch of alpha.
        """
        if self._valid is None:
            return float("nan")
        batch, memory = self._valid
        with restored(list(self.supernet.buffers())), torch.enable_grad():
            found = self._batch_loss(batch, self.method.weights(self), memory)
            return dominant_eigenvalue(self.penalised(found.loss), self.alphas)

    def _run_epoch(self) -> None:
        if not self._step:
            self._memory = {}
            self._enter(self.method.next_stage(self))
            self.method.epoch_start(self)
        for group in self.weight_optimizer.param_groups:
            group["lr"] = cosine_epoch(
                self.epoch,
                self.settings.epochs,
                self.settings.weight_lr,
                self.settings.weight_lr_min,
            )
        self.supernet.train()
        steps = self.settings.steps_per_epoch or self._batches["search_train"].batches_per_pass
        started = time.perf_counter() - self._epoch_seconds
        while self._step < steps:
            self._pair_of_steps()
            self._memory |= self.memory_after
            self.memory_after.clear()
            self._step += 1
            self._epoch_seconds = time.perf_counter() - started
            if self.task.is_save_due and self._step < steps:
                self.task.save(self._state())
        self._end_epoch(started)
        self.task.save(self._state())

    def _pair_of_steps(self) -> None:
        """One step of the weights and one of alpha, if there is one, in the protocol's order."""
        train = self.next_batch("search_train")
        if not self.alphas:
            self.step_weights(train)
            return
        valid = self.next_batch("search_valid")
        self._valid = (valid, self._memory.get("search_valid"))
        if self.settings.update_order == "weights_first":
            self.step_weights(train)
            self.step_alpha(train, valid)
        else:
            self.step_alpha(train, valid)
            self.step_weights(train)

    def step_weights(self, batch: Batch) -> None:
        """Take a step of the weights on a batch of `search_train`."""
        with self._step_of("weights", "search_train", batch):
            mixture = self.mixture().detached()  # alpha's gradient would be thrown away
            loss = self.loss("search_train", batch, mixture)
        # Zeros, not None, where a mixture leaves a weight out: momentum and decay act on it all the
        # same, however the supernet packs it. They did in the papers' code, on the torch of 2020.
        gradient = torch.autograd.grad(loss, self.weights, materialize_grads=True)
        for weight, of_weight in zip(self.weights, gradient, strict=True):
            weight.grad = of_weight
        _clip(self.weights, self.settings.weight_clip)
        self.weight_optimizer.step()

    def step_alpha(self, train: Batch, valid: Batch) -> None:
        """Take a step of alpha, if it trains in this epoch, on a batch of each split."""
        if not self.method.alpha_trains(self):
            return
        with self._step_of("alpha", "search_valid", valid):
            gradient = self.method.alpha_gradient(self, train, valid)
        for tensor, of_tensor in zip(self.alphas, gradient, strict=True):
            tensor.grad = of_tensor
        _clip(self.alphas, self.settings.alpha_clip)
        self.alpha_optimizer.step()
        self.method.alpha_stepped(self)

    @contextmanager
    def _step_of(self, of: Literal["weights", "alpha"], split: str, batch: Batch) -> Iterator[None]:
        """Make mixtures for one step within a `with` block."""

        def loss(mixture: Mixture) -> Tensor:
            if not self._statistics:
                self._statistics = [buffer.clone() for buffer in self.supernet.buffers()]
            return self.loss(split, batch, mixture, counted=False)

        self._step_under_way = Step(of, loss, self.task.generator)
        try:
            yield
        finally:
            self._step_under_way = None

    def _enter(self, stage: Stage | None) -> None:
        """Continue with fewer operations, another supernet, or both."""
        if stage is None:
            return
        check_stage(stage, self.task.space)
        # What earlier stages changed of the supernet stays; a resumed search builds it from this.
        self.stage = replace(stage, supernet={**self.stage.supernet, **stage.supernet})
        self.settings = replace(self.settings, **stage.supernet)
        if stage.supernet:
            self._build_supernet(self.task.generator("initialisation"))

    def _end_epoch(self, started: float) -> None:
        measured = self._totals.means()  # waits for the device, so the seconds are whole
        self._epoch_seconds = time.perf_counter() - started
        epoch = self.epoch + 1
        if not (self._totals.is_finite() and all(each.isfinite().all() for each in self.alphas)):
            raise Diverged(f"The loss or alpha stopped being a number in epoch {epoch}.")
        architecture = self.method.derived(self)
        if architecture is not None:
            self._log(epoch, architecture, measured)
        self._totals.clear()
        self.epoch, self._step, self._epoch_seconds = epoch, 0, 0.0

    def _log(self, epoch: int, architecture: Any, measured: Mapping[str, float]) -> None:
        with torch.no_grad():
            of_method = self.method.measured(self)
        counts = self.task.space.counts(architecture)
        self.task.log(
            architecture,
            arrays={
                f"{name}/{cell_type}": tensor.detach().cpu().numpy().copy()
                for name, tensors in self.parameters.items()
                for cell_type, tensor in tensors.items()
            },
            epoch=epoch,
            **measured,
            **of_method,
            weight_lr=self.weight_optimizer.param_groups[0]["lr"],
            epoch_seconds=self._epoch_seconds,
            **{f"count_{name}": count for name, count in counts.items()},
        )

    def _build_supernet(self, rng: torch.Generator) -> None:
        """Build the supernet of the stage, and the optimizer of its weights."""
        task, settings = self.task, self.settings
        supernet = task.space.supernet(
            task.dataset,
            settings,
            self.method.variant(settings),
            rng,
        )
        for name, module in supernet.named_modules():
            for parameter in module.parameters(recurse=False):
                parameter.requires_grad_(self.method.trains(settings, name, module))
        self.supernet: nn.Module = supernet.to(  # type: ignore[call-overload]
            device=task.device, dtype=task.dtype, memory_format=_memory_format(task.device)
        )
        self.weight_optimizer: torch.optim.Optimizer = torch.optim.SGD(
            self._weight_groups(),
            lr=settings.weight_lr,
            momentum=settings.weight_momentum,
            nesterov=settings.weight_nesterov,
        )
        self.weights: list[Tensor] = [
            each for group in self.weight_optimizer.param_groups for each in group["params"]
        ]

    def _weight_groups(self) -> list[dict[str, Any]]:
        """What is trained, in groups of one weight decay each, in the supernet's order."""
        decays = {self.settings.weight_decay: [], 0.0: []}
        for name, module in self.supernet.named_modules():
            decay = self.settings.weight_decay * self.method.decays(self.settings, name, module)
            for parameter in module.parameters(recurse=False):
                if parameter.requires_grad:
                    decays[decay].append(parameter)
        return [
            {"params": parameters, "weight_decay": decay}
            for decay, parameters in decays.items()
            if parameters
        ]

    def next_batch(self, split: str) -> Batch:
        """Return the next batch of a split."""
        inputs, targets = self._batches[split].next()
        if inputs.is_floating_point():  # not tokens
            inputs = inputs.to(self.task.dtype)
        if inputs.ndim == 4:
            inputs = inputs.contiguous(memory_format=_memory_format(self.task.device))
        return inputs, targets

    def _state(self) -> dict[str, Any]:
        """Everything that the steps to come depend on."""
        return {
            "epoch": self.epoch,
            "step": self._step,
            "epoch_seconds": self._epoch_seconds,
            "stage": self.stage.state(),
            "memory": self._memory,
            "supernet": self.supernet.state_dict(),
            "parameters": {
                name: {cell_type: tensor.detach() for cell_type, tensor in tensors.items()}
                for name, tensors in self.parameters.items()
            },
            "weight_optimizer": self.weight_optimizer.state_dict(),
            "alpha_optimizer": self.alpha_optimizer.state_dict(),
            "batches": {split: stream.state() for split, stream in self._batches.items()},
            "totals": self._totals.state(),
            "method": self.method.state(),
        }

    def _restore(self, state: Mapping[str, Any]) -> None:
        self.epoch, self._step = state["epoch"], state["step"]
        self._epoch_seconds = state["epoch_seconds"]
        self.stage = restored_stage(state["stage"])
        self.settings = replace(self.settings, **self.stage.supernet)
        if self.stage.supernet:
            self._build_supernet(torch.Generator())  # its weights are restored
        self._memory = {
            split: memory.to(self.task.device) for split, memory in state["memory"].items()
        }
        self.supernet.load_state_dict(state["supernet"])
        with torch.no_grad():
            for name, tensors in self.parameters.items():
                for cell_type, tensor in tensors.items():
                    tensor.copy_(state["parameters"][name][cell_type])
        self.weight_optimizer.load_state_dict(state["weight_optimizer"])
        self.alpha_optimizer.load_state_dict(state["alpha_optimizer"])
        for split, stream in self._batches.items():
            stream.restore(state["batches"][split])
        self._totals.restore(state["totals"])
        self.method.restore(state["method"])


def _clip(parameters: Iterable[Tensor], greatest_norm: float) -> None:
    if greatest_norm:
        nn.utils.clip_grad_norm_(parameters, greatest_norm)


def _memory_format(device: torch.device) -> torch.memory_format:
    # On a CPU a step takes 1.5 times as long in the other layout (tests/speed/bench_supernet.py).
    return torch.channels_last if device.type == "cpu" else torch.contiguous_format
