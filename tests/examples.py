"""The examples of the documents, which the tests run."""

from pathlib import Path

EXAMPLES = Path(__file__).parents[1] / "docs" / "examples"
MY_METHOD = EXAMPLES / "my_method.py"
MY_SPACE = EXAMPLES / "my_space.py"
MY_CELLS = EXAMPLES / "my_cells.py"
MY_DATASET = EXAMPLES / "my_dataset.py"
