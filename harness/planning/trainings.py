"""Which trainings from scratch are to be done, as trials."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property

from benchmarks.datasets import Dataset
from benchmarks.datasets.image_file import SplitImages, images_of
from benchmarks.errors import UserError
from benchmarks.spaces import SPACES
from benchmarks.training.protocol import SEEDING, SEEDS, TrainingProtocol
from harness.trials import device as devices
from harness.trials.record import Record
from harness.trials.trial import TableIdentity, TrainTrial, Trial, digest

_SECONDS_AN_IMAGE = 2e-4  # an epoch and a seed, measured for `tiny` on the digits on one core


@dataclass(frozen=True)
class Recipe:
    """How architectures are trained on a dataset: everything but the architecture."""

    space: str
    dataset: Dataset
    protocol: TrainingProtocol
    seeds: tuple[int, ...]

    def __post_init__(self):
        size, images = self.protocol.batch_size, len(self.images.splits["train"])
        if size > images:
            raise UserError(
                f"Protocol {self.protocol.name} has batches of {size} and {self.dataset.name} only "
                f"{images} training images."
            )
        if not all(0 <= seed < SEEDS for seed in self.seeds):
            raise UserError(f"Seeds of trainings are whole numbers below {SEEDS:,}.")
        if not hasattr(SPACES[self.space], "network"):
            raise UserError(
                f"The space {self.space} does not build stand-alone networks, so nothing found in "
                "it can be trained."
            )

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
            seeds=self.seeds,
            seeding=SEEDING,
            arithmetic=devices.arithmetic("cpu"),
        )

    @cached_property
    def _trials(self) -> dict[str, TrainTrial]:
        return {}


@dataclass(frozen=True)
class TrainPlan:
    """Trainings that wait for nothing."""

    trials: Sequence[TrainTrial]
    seconds_each: float
    """Estimate for one of them."""

    def ready(self, records: Mapping[str, Record], busy: Collection[str]) -> list[Trial]:
        """Return the trials that are neither recorded nor busy."""
        return unfinished(self.trials, records, busy)

    def expected_seconds(self, trials: Sequence[Trial]) -> float:
        """Estimate how long some of the trials take one after the other, in seconds."""
        return self.seconds_each * len(trials)

    def unfolding_seconds(self, records: Mapping[str, Record]) -> float:
        """Nothing unfolds."""
        return 0.0


def unfinished(
    trials: Iterable[Trial], records: Mapping[str, Record], busy: Collection[str]
) -> list[Trial]:
    """Return the trials that are neither recorded nor busy, each once, in their order."""
    by_key = {each.key: each for each in trials}
    return [each for key, each in by_key.items() if key not in records and key not in busy]
