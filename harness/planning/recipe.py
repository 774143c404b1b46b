"""Recipes of trainings from scratch: their trials, and the ground truth that these give."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from statistics import stdev
from typing import Any

from benchmarks.datasets import Dataset
from benchmarks.datasets.image_file import SplitImages, images_of
from benchmarks.errors import UserError
from benchmarks.metric import ACCURACY
from benchmarks.spaces import SPACES
from benchmarks.tables.query import Query
from benchmarks.training.protocol import (
    SEEDING,
    SEEDS,
    TrainingProtocol,
    evaluations_per_image,
)
from harness.trials import device as devices
from harness.trials.ground_truth import Answer, EvaluatedDataset, Evaluation, GroundTruthCard
from harness.trials.record import TrainRecord, TrainResult
from harness.trials.trial import TableIdentity, TrainTrial, digest

_SECONDS_AN_IMAGE = 2e-4  # an epoch and a seed, measured for `tiny` on the digits on one core


@dataclass(frozen=True)
class Recipe:
    """How architectures are trained on a dataset: everything but the architecture."""

    space: str
    dataset: Dataset
    protocol: TrainingProtocol
    seeds: tuple[int, ...]
    network: Mapping[str, int] = field(default_factory=dict, hash=False)
    """Size of the network; by default what the space says for the protocol."""

    def __post_init__(self):
        size, images = self.protocol.batch_size, len(self.images.splits["train"])
        if size > images:
            raise UserError(
                f"Protocol {self.protocol.name} has batches of {size} and {self.dataset.name} only "
                f"{images} training images."
            )
        if not all(0 <= seed < SEEDS for seed in self.seeds):
            raise UserError(f"Seeds of trainings are whole numbers below {SEEDS:,}.")
        space = SPACES[self.space]
        if space.network is None:
            raise UserError(
                f"The space {self.space} does not build stand-alone networks, so nothing found in "
                "it can be trained."
            )
        if space.objective.metric != ACCURACY:
            raise UserError(
                f"Networks are trained to classify, and {self.space} is measured in "
                f"{space.objective.metric.name}; leave --train out."
            )
        if not self.network:
            if self.protocol.name not in space.network_sizes:
                known = ", ".join(space.network_sizes) or "none"
                raise UserError(
                    f"The space {self.space} does not say how large its networks are under the "
                    f"training protocol {self.protocol.name}; it does for: {known}."
                )
            object.__setattr__(self, "network", dict(space.network_sizes[self.protocol.name]))

    @cached_property
    def images(self) -> SplitImages:
        """The images of the dataset."""
        return images_of(self.dataset)

    @property
    def seconds_each(self) -> float:
        """Estimate for one architecture."""
        return (
            _SECONDS_AN_IMAGE
            * len(self.images.splits["train"])
            * self.protocol.epochs
            * len(self.seeds)
        )

    @cached_property
    def identity(self) -> TableIdentity:
        """What distinguishes accuracies by this recipe from all others."""
        seeds = ",".join(map(str, self.seeds))
        made_of = asdict(self.trial_of_text(""))
        return TableIdentity(f"trained by {self.protocol.name}", f"seeds {seeds}", digest(made_of))

    @property
    def settings(self) -> dict[str, Any]:
        """The settings of the protocol, and the network's size."""
        name, *others = vars(self.protocol).items()
        return dict([name, *self.network.items(), *others])

    @property
    def card(self) -> GroundTruthCard:
        """Description of the values by this recipe, for readers of results."""
        name, epochs = self.dataset.name, self.protocol.epochs
        settings = ", ".join(f"{key} {value}" for key, value in self.settings.items())
        valid, test = (str(Query(name, split, epochs, None)) for split in ("valid", "test"))
        return GroundTruthCard(
            self.identity,
            f"found architectures, trained here on {name}: {settings}",
            (),
            (EvaluatedDataset(name, valid, test),),
            is_trained=True,
            metric=ACCURACY,  # trainings count the images that are classified correctly
        )

    def answer(self, architecture: str, trained: TrainRecord) -> Answer:
        """Return the values of an architecture, or why its training has none."""
        if not isinstance(trained.result, TrainResult):
            reason = f"its training {trained.state}: {trained.reason}"
            return Answer(architecture, reason=reason, training=trained.key)
        space, found = SPACES[self.space], SPACES[self.space].parse(architecture)
        tested = trained.result.test
        by_seed = [self._percent("test", [correct]) for correct in tested]
        evaluation = Evaluation(
            dataset=self.dataset.name,
            valid_value=self._percent("valid", [curve[-1] for curve in trained.result.valid]),
            test_value=self._percent("test", tested),
            test_training_sd=stdev(by_seed) if len(by_seed) > 1 else None,
            training_seeds=len(by_seed),
            parameters=space.parameters(found, self.dataset.name, **self.network),
            macs=space.macs(found, self.dataset.name, **self.network),
        )
        return Answer(architecture, (evaluation,), training=trained.key)

    def _percent(self, split: str, correct: Sequence[int]) -> float:
        """Return the share of images that are classified correctly, a mean over seeds."""
        images = len(self.images.splits[split])
        images *= evaluations_per_image(split, self.dataset.noise)
        return 100 * sum(correct) / (images * len(correct))

    def trial_of(self, architecture: str) -> TrainTrial:
        """Return the trial that trains an architecture, or the representative of equal ones."""
        if architecture not in self._trials:
            space = SPACES[self.space]
            canonical = space.canonical(space.parse(architecture))
            self._trials[architecture] = self.trial_of_text(str(canonical))
        return self._trials[architecture]

    def trial_of_text(self, architecture: str) -> TrainTrial:
        """Return the trial that trains exactly this architecture, all seeds at once."""
        return TrainTrial(
            space=self.space,
            space_version=SPACES[self.space].version,
            architecture=architecture,
            dataset=self.dataset.name,
            dataset_sha256=self.images.sha256,
            noise=float(self.dataset.noise),
            protocol=asdict(self.protocol),
            network=self.network,
            seeds=self.seeds,
            seeding=SEEDING,
            arithmetic=devices.arithmetic("cpu"),
        )

    @cached_property
    def _trials(self) -> dict[str, TrainTrial]:
        return {}
