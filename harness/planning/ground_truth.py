"""What gives the values of the architectures that searches find: a table, or trainings."""

from collections.abc import Sequence

from benchmarks import tables
from benchmarks.datasets import dataset as named_dataset
from benchmarks.datasets.image_file import images_of
from benchmarks.errors import UserError
from benchmarks.tables.table import Table
from benchmarks.training.protocol import protocol as named_protocol
from harness.planning.recipe import Recipe


def find_table_of(space: str, name: str | None, dataset: str) -> Table | None:
    """Open the table that gives the ground truth of searches of a space on a dataset.

    Args:
        space: a registered space.
        name: of the table; None for the preferred one of those that are here.
        dataset: a registered dataset.

    Returns:
        The table, or None where none is named and none is known that has the dataset.

    Raises:
        UserError: the table is unknown, not here, lacks the dataset, or was made from other images.
    """
    if name is None and not tables.tables_of(space, dataset):
        return None
    table = choose_table(space, name, dataset)
    table.evaluation(dataset)
    check_images(table, dataset)
    return table


def find_recipe(
    space: str, dataset: str, protocol: str | None, seeds: Sequence[int]
) -> Recipe | None:
    """Return the recipe that trains architectures found on a dataset; None without a protocol.

    Raises:
        UserError: the protocol is unknown or does not fit, or the images are unusable.
    """
    if protocol is None:
        return None
    return Recipe(space, named_dataset(dataset), named_protocol(protocol), tuple(seeds))


def choose_table(space: str, name: str | None, dataset: str | None = None) -> Table:
    """Open the table of a space: the named one, or the preferred one of those that are here.

    With a dataset, a table that is not named is one that a search on it can use.

    Raises:
        UserError: no such table is known, or it is not here.
    """
    known = tables.tables_of(space)
    if name is not None:
        chosen = tables.find_table(name)
        if chosen not in known:
            raise UserError(
                f"{name} is not a table of {space}; its tables are "
                f"{', '.join(each.name for each in known) or 'none'}."
            )
    else:
        fitting = tables.tables_of(space, dataset)
        if not fitting:
            raise UserError(
                f"There is no table of {space} for a search on {dataset}. Make one with `python "
                "-m harness tabulate` and name it with --table."
            )
        chosen = next((each for each in fitting if each.path.is_file()), fitting[0])
    return tables.open_table(chosen.name, chosen.path)


def check_images(table: Table, name: str) -> None:
    """Check that a table was made from the images of the dataset of that name.

    Raises:
        UserError: it was made from others, or under other noise.
    """
    source = named_dataset(name)
    if source.file is None:
        return
    made_from = {(each["sha256"], each.get("noise")) for each in table.card.sources}
    if (images_of(source).sha256, f"{source.noise:g}") not in made_from:
        raise UserError(
            f"{table.card.name} was made from other images than those of {source.file}, or under "
            "other noise; tabulate these, or search on the images that the table was made from."
        )
