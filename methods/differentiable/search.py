"""The bilevel loop: weights on one part of the data, alpha on another, step by step.

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
from methods.differentiable.schedules import cosine_epoch
from methods.differentiable.settings import BilevelSettings
from methods.differentiable.totals import Totals
from methods.method import PARTS, Diverged, Outcome, Task

if TYPE_CHECKING:
    from methods.differentiable.method import BilevelMethod

Batch = tuple[Tensor, Tensor]
"""Images (batch, 3, side, side) and labels (batch,)."""


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

    def __init__(self, method: BilevelMethod, task: Task):
        settings: BilevelSettings = task.settings
        self.method, self.task, self.settings = method, task, settings
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
        self.weights = [each for each in self.supernet.parameters() if each.requires_grad]
        self.weight_optimizer = torch.optim.SGD(
            self.weights,
            lr=settings.weight_lr,
            momentum=settings.weight_momentum,
            nesterov=settings.weight_nesterov,
            weight_decay=settings.weight_decay,
        )
        self.alpha_optimizer = torch.optim.Adam(
            self.alphas,
            lr=settings.alpha_lr,
            betas=(settings.alpha_beta1, settings.alpha_beta2),
            eps=settings.alpha_eps,
            weight_decay=settings.alpha_weight_decay,
        )
        self.epoch = 0
        self._step = 0
        self._batches = method.batches(task)
        self._totals = Totals(task.device)
        self._epoch_seconds = 0.0

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
        while self.epoch < self.settings.epochs:
            self._run_epoch()
        architecture = self.method.select(self)
        return Outcome(architecture, collapsed=self.task.space.is_collapsed(architecture))

    def mixture(self) -> Mixture:
        """The mixture that the method makes of the architecture parameters now."""
        return self.method.mixture(self.task.space, self.parameters, self.progress)

    def loss(self, part: str, batch: Batch, mixture: Mixture) -> Tensor:
        """Mean cross-entropy of a batch under a mixture, counted among the losses of its part."""
        images, labels = batch
        logits = self.supernet(images, mixture)
        loss = nn.functional.cross_entropy(
            logits, labels, label_smoothing=self.settings.label_smoothing
        )
        self._totals.add(part, loss, logits, labels)
        return loss

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
        """One step of the weights and one of alpha, in the protocol's order."""
        train, valid = (self._next_batch(part) for part in PARTS)
        if self.settings.update_order == "w_then_alpha":
            self._weight_step(train)
            self._alpha_step(train, valid)
        else:
            self._alpha_step(train, valid)
            self._weight_step(train)

    def _weight_step(self, batch: Batch) -> None:
        with torch.no_grad():  # alpha's gradient of this loss would be thrown away
            mixture = self.mixture()
        self.weight_optimizer.zero_grad()
        self.loss("search_train", batch, mixture).backward()
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

    def _end_epoch(self, started: float) -> None:
        measured = self._totals.means()  # waits for the device, so the seconds are whole
        self._epoch_seconds = time.perf_counter() - started
        self.epoch += 1
        if not (self._totals.is_finite() and all(each.isfinite().all() for each in self.alphas)):
            raise Diverged(f"The loss or alpha stopped being a number in epoch {self.epoch}.")
        space = self.task.space
        architecture = space.derive(self.method.scores(self.parameters))
        with torch.no_grad():
            mixture = self.mixture()
        self.task.record(
            architecture,
            arrays={
                f"{name}/{cell_type}": tensor.detach().cpu().numpy().copy()
                for name, tensors in self.parameters.items()
                for cell_type, tensor in tensors.items()
            },
            epoch=self.epoch,
            **measured,
            entropy=_entropy(mixture),
            weight_lr=self.weight_optimizer.param_groups[0]["lr"],
            epoch_seconds=self._epoch_seconds,
            **{f"count_{name}": count for name, count in space.counts(architecture).items()},
        )
        self._totals.clear()
        self._step, self._epoch_seconds = 0, 0.0

    def _made_supernet(self) -> nn.Module:
        task = self.task
        supernet = task.space.supernet(
            task.dataset, self.method.options(self.settings), task.generator("initialisation")
        )
        for name, module in supernet.named_modules():
            for parameter in module.parameters(recurse=False):
                parameter.requires_grad_(self.method.trains(name, module))
        return supernet.to(  # type: ignore[call-overload]
            device=task.device, dtype=task.dtype, memory_format=_memory_format(task.device)
        )

    def _next_batch(self, part: str) -> Batch:
        images, labels = self._batches[part].next()
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
            "batches": {part: stream.state() for part, stream in self._batches.items()},
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
        for part, stream in self._batches.items():
            stream.restore(state["batches"][part])
        self._totals.restore(state["totals"])
        self.method.restore(state["method"])


def _clip(parameters: Iterable[Tensor], greatest_norm: float) -> None:
    if greatest_norm:
        nn.utils.clip_grad_norm_(parameters, greatest_norm)


def _entropy(mixture: Mixture) -> float:
    """Entropy of the operations' weights in nats, a mean over all edges."""
    weights = torch.cat([each.flatten(end_dim=-2) for each in mixture.weights.values()])
    return torch.special.entr(weights).sum(dim=1).mean().item()


def _memory_format(device: torch.device) -> torch.memory_format:
    # On a CPU a step takes 1.5 times as long in the other layout (tests/speed/bench_supernet.py).
    return torch.channels_last if device.type == "cpu" else torch.contiguous_format
