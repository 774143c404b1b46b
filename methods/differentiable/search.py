"""The bilevel loop: weights on one split of the data, alpha on another, step by step.

Liu, Simonyan and Yang, "DARTS", ICLR 2019, algorithm 1. Every gradient method runs in this loop;
what makes it another method than DARTS is in its own file.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from benchmarks.spaces.mixture import Mixture
from methods.differentiable.curvature import dominant_eigenvalue
from methods.differentiable.schedules import cosine_epoch
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
        settings: the method's.
        supernet: images and a mixture in, logits out.
        parameters: the architecture parameters, by name (`alpha`, ...) and cell type.
        weights: those parameters of the supernet that are trained.
        weight_optimizer: the optimizer of `weights`; its learning rate is that of the epoch.
        alpha_optimizer: the optimizer of `parameters`.
        epoch: epochs that are done.
    """

    def __init__(self, method: Hooks, task: Task):
        self.method, self.task = method, task
        self.settings = settings = task.settings
        self.supernet = self._made_supernet()
        self.parameters = {
            name: {
                cell_type: tensor.to(task.device, task.dtype).requires_grad_()
                for cell_type, tensor in tensors.items()
            }
            for name, tensors in method.parameters(
                task.space, settings, task.generator("alpha")
            ).items()
        }
        self.weight_optimizer: torch.optim.Optimizer = torch.optim.SGD(
            self._weight_groups(),
            lr=settings.weight_lr,
            momentum=settings.weight_momentum,
            nesterov=settings.weight_nesterov,
        )
        self.weights = [
            each for group in self.weight_optimizer.param_groups for each in group["params"]
        ]
        self.alpha_optimizer = method.alpha_optimizer(settings, self.alphas)
        self.epoch = 0
        self._step = 0
        self._batches = method.batches(task)
        self._totals = Totals(task.device)
        self._epoch_seconds = 0.0
        self._valid: Batch | None = None
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
        architecture = self.method.select(self)
        return Outcome(architecture, collapsed=self.task.space.is_collapsed(architecture))

    def mixture(self) -> Mixture:
        """The mixture that the method makes of the architecture parameters now."""
        return self.method.mixture(self)

    def loss(self, split: str, batch: Batch, mixture: Mixture, *, counted: bool = True) -> Tensor:
        """Mean cross-entropy of a batch under a mixture.

        It is counted among the losses of its split, unless `counted` is False.
        """
        images, labels = batch
        logits = self.supernet(images, mixture)
        loss = nn.functional.cross_entropy(
            logits, labels, label_smoothing=self.settings.label_smoothing
        )
        if counted:
            self._totals.add(split, loss, logits, labels)
        return loss

    def curvature(self) -> float:
        """The dominant eigenvalue of the loss's Hessian along alpha, on alpha's last batch.

        Measuring moves nothing: the running statistics of BatchNorm are put back.
        """
        assert self._valid is not None  # it is asked for at the end of an epoch
        statistics = [buffer.clone() for buffer in self.supernet.buffers()]
        with torch.enable_grad():
            loss = self.loss("search_valid", self._valid, self.mixture(), counted=False)
            eigenvalue = dominant_eigenvalue(loss, self.alphas)
        for buffer, before in zip(self.supernet.buffers(), statistics, strict=True):
            buffer.copy_(before)
        return eigenvalue

    def _run_epoch(self) -> None:
        if not self._step:
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
            self._weight_step(train)
            return
        self._valid = valid = self.next_batch("search_valid")
        if self.settings.update_order == "weights_first":
            self._weight_step(train)
            self._alpha_step(train, valid)
        else:
            self._alpha_step(train, valid)
            self._weight_step(train)

    def _weight_step(self, batch: Batch) -> None:
        with torch.no_grad():  # alpha's gradient of this loss would be thrown away
            mixture = self.mixture()
        loss = self.loss("search_train", batch, mixture)
        # Zeros, not None, where a mixture leaves a weight out: momentum and decay act on it all the
        # same, however the supernet packs it. They did in the papers' code, on the torch of 2020.
        gradient = torch.autograd.grad(loss, self.weights, materialize_grads=True)
        for weight, of_weight in zip(self.weights, gradient, strict=True):
            weight.grad = of_weight
        _clip(self.weights, self.settings.weight_clip)
        self.weight_optimizer.step()

    def _alpha_step(self, train: Batch, valid: Batch) -> None:
        if not self.method.alpha_trains(self):
            return
        gradient = self.method.alpha_gradient(self, train, valid)
        for tensor, of_tensor in zip(self.alphas, gradient, strict=True):
            tensor.grad = of_tensor
        _clip(self.alphas, self.settings.alpha_clip)
        self.alpha_optimizer.step()
        self.method.alpha_stepped(self)

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

    def _made_supernet(self) -> nn.Module:
        task = self.task
        supernet = task.space.supernet(
            task.dataset, self.method.options(self.settings), task.generator("initialisation")
        )
        for name, module in supernet.named_modules():
            for parameter in module.parameters(recurse=False):
                parameter.requires_grad_(self.method.trains(self.settings, name, module))
        return supernet.to(  # type: ignore[call-overload]
            device=task.device, dtype=task.dtype, memory_format=_memory_format(task.device)
        )

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
        images, labels = self._batches[split].next()
        memory_format = _memory_format(self.task.device)
        return images.to(self.task.dtype).contiguous(memory_format=memory_format), labels

    def _state(self) -> dict[str, Any]:
        """Everything that the steps to come depend on."""
        return {
            "epoch": self.epoch,
            "step": self._step,
            "epoch_seconds": self._epoch_seconds,
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
