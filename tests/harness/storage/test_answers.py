"""Ground truth on disk: kept beside the searches, by table, whatever happens to the process."""

import multiprocessing
import re
from dataclasses import replace

import pytest

from benchmarks.errors import UserError
from benchmarks.metric import EARLIER_NAMES
from harness.storage.answers import AnswerStore
from harness.storage.sealed import seal, unseal
from harness.trials.ground_truth import Answer, EvaluatedDataset, Evaluation, GroundTruthCard
from harness.trials.trial import TableIdentity

TABLE = GroundTruthCard(
    TableIdentity("digits", "v1", "a" * 64),
    "a table",
    ("a note",),
    (EvaluatedDataset("digits", None, "digits/test", 62.5),),
)
REMADE = replace(TABLE, identity=TableIdentity("digits", "v2", "b" * 64))
SHA256, REMADE_SHA256 = TABLE.identity.sha256, REMADE.identity.sha256


def answer(name: str, accuracy: float = 60.0) -> Answer:
    return Answer(name, (Evaluation("digits", None, accuracy, 10, 20, rank=3),))


@pytest.fixture
def answers(tmp_path):
    store = AnswerStore(tmp_path / "ground_truth")
    store.use("space", "digits", TABLE)
    return store


def test_answers_round_trip(answers):
    answers.add(SHA256, [answer("a"), answer("b", 1 / 3)])
    answers.add(SHA256, [answer("c")])
    expected = {name: answer(name) for name in "ac"} | {"b": answer("b", 1 / 3)}
    assert answers.answers(SHA256) == expected
    assert answers.card(SHA256) == TABLE


def test_answers_and_cards_with_the_earlier_names_are_read(answers):
    """As this format was written when accuracy was the only metric."""
    answers.add(SHA256, [answer("a", 1 / 3)])
    folder = answers.folder / SHA256
    for name in ("card.json", "answers.jsonl"):
        content = unseal((folder / name).read_bytes().removesuffix(b"\n"))
        for old, new in EARLIER_NAMES.items():
            content = content.replace(f'"{new}"'.encode(), f'"{old}"'.encode())
        content = re.sub(rb',\s*"metric": ?\{[^}]*\}', b"", content)
        content = content.replace(b',"test_training_sd":null,"training_seeds":null', b"")
        assert b"_accuracy" in content
        assert not any(
            word in content for word in (b"metric", b'optimum"', b"_value", b"training_")
        )
        (folder / name).write_bytes(seal(content) + b"\n")
    assert answers.answers(SHA256) == {"a": answer("a", 1 / 3)}
    assert answers.card(SHA256) == TABLE


def test_a_later_answer_replaces_an_earlier_one(answers):
    answers.add(SHA256, [Answer("a", reason="its training failed")])
    answers.add(SHA256, [answer("a")])
    assert answers.answers(SHA256) == {"a": answer("a")}


def test_tables_are_kept_apart(answers):
    answers.add(SHA256, [answer("a")])
    answers.use("space", "digits", REMADE)
    answers.add(REMADE_SHA256, [answer("a", 50)])
    assert answers.answers(SHA256) == {"a": answer("a")}
    assert answers.answers(REMADE_SHA256) == {"a": answer("a", 50)}


def test_each_space_and_dataset_has_a_table_of_its_own(answers):
    answers.use("space", "other", REMADE)
    assert answers.used("space", "digits") == [TABLE]
    assert answers.used("space", "other") == [REMADE]
    assert answers.used("elsewhere", "digits") == []


def test_the_table_used_last_is_the_default(answers):
    answers.use("space", "digits", REMADE)
    assert answers.used("space", "digits") == [REMADE, TABLE]
    answers.use("space", "digits", TABLE)
    assert answers.used("space", "digits") == [TABLE, REMADE]
    other = replace(TABLE, identity=TableIdentity("digits", "v3", "c" * 64))
    answers.use("space", "digits", other, is_default=False)
    answers.use("space", "digits", REMADE, is_default=False)
    assert answers.used("space", "digits") == [TABLE, REMADE, other]


def test_an_answer_cut_short_by_a_kill_costs_that_answer_alone(answers):
    answers.add(SHA256, [answer("a"), answer("b")])
    path = answers.folder / SHA256 / "answers.jsonl"
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        answers.add(SHA256, [answer("c")])
        found = answers.answers(SHA256)
        assert found.pop("c") == answer("c")
        assert all(each == answer(name) for name, each in found.items())


def test_every_bit_flip_of_an_answer_or_a_table_is_noticed(answers):
    answers.add(SHA256, [answer("a")])
    for name, read in (
        ("answers.jsonl", lambda: answers.answers(SHA256)),
        ("card.json", lambda: answers.card(SHA256)),
    ):
        path = answers.folder / SHA256 / name
        whole = bytearray(path.read_bytes())
        for bit in range(8 * (len(whole) - 1)):  # the last byte ends the line
            whole[bit // 8] ^= 1 << bit % 8
            path.write_bytes(whole)
            assert not read(), f"{name}, bit {bit}"
            whole[bit // 8] ^= 1 << bit % 8
        path.write_bytes(whole)
        assert read()


def test_a_damaged_choice_is_made_again(answers, caplog):
    path = answers.folder / "used.json"
    path.write_bytes(path.read_bytes()[:-5])
    assert answers.used("space", "digits") == []
    assert "used.json is damaged" in caplog.text
    answers.use("space", "digits", TABLE)
    assert answers.used("space", "digits") == [TABLE]


def _add(folder, name):
    for number in range(50):
        AnswerStore(folder).add(SHA256, [answer(f"{name} {number}")])


def test_processes_that_add_at_once_lose_nothing(answers):
    context = multiprocessing.get_context("spawn")
    both = [context.Process(target=_add, args=(answers.folder, name)) for name in "xy"]
    for process in both:
        process.start()
    for process in both:
        process.join()
    assert len(answers.answers(SHA256)) == 100


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="Cannot write"):
        AnswerStore(tmp_path / "file" / "ground_truth").use("space", "digits", TABLE)
