"""Training in small: targets, batches, a loss that falls, checkpoints that resume, weights that are read safely."""

from __future__ import annotations

import json
import random
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch

import nl2sql
from nl2sql.errors import ParserUnavailableError
from nl2sql.parsers.builtin import decode, weights
from nl2sql.parsers.builtin.batches import Sampler, collate, collate_targets, shuffled
from nl2sql.parsers.builtin.convert import to_reading
from nl2sql.parsers.builtin.corpus import TrainingExample
from nl2sql.parsers.builtin.features import encode, find_links
from nl2sql.parsers.builtin.grammar import KEYWORD_IDS, LONGEST, START, Leaf
from nl2sql.parsers.builtin.ground import GroundingError, ground
from nl2sql.parsers.builtin.layers import floats
from nl2sql.parsers.builtin.model import save
from nl2sql.parsers.builtin.network import ModelConfig
from nl2sql.parsers.builtin.questions.draw import Draw
from nl2sql.parsers.builtin.questions.shapes import SHAPES
from nl2sql.parsers.builtin.synthesis import Synthesis, things_of
from nl2sql.parsers.builtin.train import _checkpoint, _groups, _resume, loss_of, rate_at
from nl2sql.schema import Column, Schema, Table
from tests.builtin_world import TINY, tiny_model, write_tokenizer
from tests.readings import SCHEMAS

pytestmark = pytest.mark.usefixtures("one_thread")
LIBRARY = SCHEMAS["library"]
K = TINY.keywords
FITTED = {"bias": 0.5, "score": 2.0, "margin": 0.25}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tokenizer")
    write_tokenizer(folder)
    return folder


@pytest.fixture(scope="module")
def sampler(folder):
    return Sampler(*weights.load_pieces(folder), K)


@pytest.fixture(scope="module")
def pairs(sampler):
    """Sixteen synthetic examples, ready for the model."""
    rng = random.Random(4)
    synthesis, found = Synthesis(rng, []), []
    while len(found) < 16:
        try:
            found.append(sampler.draw(synthesis.draw(), rng, []))
        except GroundingError:
            continue
    return found


def laid_out(sampler, question, schema=LIBRARY):
    return encode(question, schema, find_links(question, None, schema), sampler.pieces, sampler.special)


# -- targets and batches --------------------------------------------------------------------------------------------


def test_targets_point_at_what_the_reading_names(sampler):
    inputs = laid_out(sampler, "titles of books over 20 by some Ann Lee")
    targets = ground(to_reading("SELECT title FROM books WHERE price > 20 AND title = 'ann lee'", LIBRARY), inputs, K)
    named = [inputs.items[one - K] if one >= K else one for one in targets.actions]
    assert named[:4] == [KEYWORD_IDS["select"], named[1], KEYWORD_IDS["where"], KEYWORD_IDS["and"]]
    assert named[1].leaf == Leaf("column", "books", "title")
    assert [one.kind for one in named if not isinstance(one, int)] == [
        "column", "column", "mention", "column", "word", "word",
    ]  # fmt: skip
    assert len(targets.keywords) == len(targets.kinds) == len(targets.actions)


@pytest.mark.parametrize(
    ("question", "sql"),
    [
        ("books over twenty", "SELECT title FROM books WHERE price > 21"),
        ("books by someone", "SELECT title FROM books WHERE title = 'nobody'"),
        ("", "SELECT title FROM books WHERE title = 'x'"),
    ],
)  # fmt: skip
def test_what_the_question_does_not_say_is_no_target(sampler, question, sql):
    with pytest.raises(GroundingError):
        ground(to_reading(sql, LIBRARY), laid_out(sampler, question), K)


def test_tables_that_are_not_shown_and_broken_readings_are_no_targets(sampler):
    inputs = laid_out(sampler, "books")
    for reading in (("select", "end"), ("select", Leaf("column", "films", "title"), "end"), ("select",), ("end",)):
        with pytest.raises(GroundingError):
            ground(reading, inputs, K)


def test_typed_decoding_can_reach_every_target(pairs):
    for inputs, targets in pairs:
        places, beam = decode._Places(inputs), decode._Beam(START, (), 0.0)
        for step, action in enumerate(targets.actions):
            may = decode._allowed(beam, places, K, LONGEST - step)
            assert may[action], (inputs.question, targets.actions, step)
            beam = decode._extended(beam, action, 0.0, places, K)
        assert not beam.stack


def test_a_batch_is_padded(pairs):
    inputs = [one for one, _ in pairs]
    batch = collate(inputs)
    count, length = max(len(one.items) for one in inputs), max(len(one.pieces) for one in inputs)
    count, length = -(-count // 8) * 8, -(-length // 8) * 8
    assert batch.pieces.shape == (16, length)
    assert batch.pooling.shape == (16, count, length)
    for row, one in enumerate(inputs):
        assert int(batch.mask[row].sum()) == len(one.pieces)
        assert int((batch.kinds[row] >= 0).sum()) == len(one.items)
        sums = batch.pooling[row, : len(one.items)].sum(-1)
        assert torch.allclose(sums, torch.ones_like(sums))
        assert int(batch.features[row].sum()) == sum(len(set(flags)) for flags in one.features)
    read, gold, allowed = collate_targets([one for _, one in pairs], batch, K)
    assert bool((read[:, 0] == -1).all())
    for row, (_, targets) in enumerate(pairs):
        used = len(targets.actions)
        assert gold[row, :used].tolist() == list(targets.actions)
        assert read[row, 1:used].tolist() == list(targets.actions[:-1])
        assert bool((gold[row, used:] == -100).all())
        assert all(allowed[row, step, action] for step, action in enumerate(targets.actions))
        assert not allowed[row, :used, K + len(pairs[row][0].items) :].any()


def test_every_reading_of_an_example_is_another_variation(sampler):
    reading = to_reading("SELECT title FROM books", LIBRARY)
    example = TrainingExample(("titles of books", "book titles"), LIBRARY, reading, "test", "library")
    rng = random.Random(1)
    seen = {tuple(sampler.draw(example, rng, [])[0].pieces) for _ in range(12)}
    assert len(seen) > 8
    assert "books" in {table.name for table in shuffled(LIBRARY, rng).tables}
    assert sorted(column.name for _, column in shuffled(LIBRARY, rng).columns()) == sorted(
        column.name for _, column in LIBRARY.columns()
    )


def test_a_question_of_another_database_is_declined(sampler):
    example = TrainingExample(("titles of books",), LIBRARY, to_reading("SELECT title FROM books", LIBRARY), "t", "l")
    rng = random.Random(0)
    drawn = [sampler.draw(example, rng, [SCHEMAS["flights"]]) for _ in range(300)]
    declined = [inputs for inputs, targets in drawn if targets.actions == (KEYWORD_IDS["decline"],)]
    assert 0 < len(declined) < 30
    assert all(item.leaf.table != "books" for inputs in declined for item in inputs.items if item.kind == "table")


@pytest.mark.parametrize("shape", [shape for shape, _ in SHAPES], ids=lambda shape: shape.__name__)
def test_every_shape_of_question_comes_up_and_fills_its_places(shape):
    rng = random.Random(5)
    synthesis = Synthesis(rng, [])
    lines = Table("lines", (Column("quantity", "INTEGER"), Column("unit price", "DOUBLE")))
    worlds = [*(synthesis.world() for _ in range(30)), things_of(Schema((lines,)), None)]
    drawn = [asked for _ in range(500) if (asked := shape(Draw(rng.choice(worlds), rng))) is not None]
    assert drawn
    for question, reading in drawn:
        assert not re.search(r"[{}|]|<(?!=? )", question)
        assert (reading[0], reading[-1]) == ("select", "end")


# -- learning ----------------------------------------------------------------------------------------------------------


def test_the_loss_falls_and_a_checkpoint_resumes(pairs, tmp_path):
    model = tiny_model(2, sharp=1.0, ending=0.0).train()
    groups = _groups(model, 1e-4)
    assert not model.encoder.pieces.weight.requires_grad
    assert sum(len(group["params"]) for group in groups) == sum(one.requires_grad for one in model.parameters())
    optimizer = torch.optim.AdamW(groups, lr=3e-3)

    def step(model, optimizer) -> float:
        loss, _ = loss_of(model, pairs)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        return loss.item()

    losses = [step(model, optimizer) for _ in range(15)]
    assert losses[-1] < 0.7 * losses[0]
    assert _resume(tmp_path, model, optimizer) == 0
    _checkpoint(tmp_path, model, optimizer, 15)
    went_on = [step(model, optimizer) for _ in range(3)]
    other = tiny_model(3)
    other_optimizer = torch.optim.AdamW(_groups(other, 1e-4), lr=3e-3)
    assert _resume(tmp_path, other.train(), other_optimizer) == 15
    assert [step(other, other_optimizer) for _ in range(3)] == pytest.approx(went_on, rel=1e-4)
    assert not (tmp_path / "checkpoint.tmp").exists()
    assert (tmp_path / "weights" / "model.safetensors").exists()


def test_loss_counts_whole_readings(pairs):
    model = tiny_model(2)
    loss, whole = loss_of(model, pairs)
    assert loss.item() > 0
    assert 0 <= whole <= 1


def test_the_learning_rate_rises_and_falls():
    rates = [rate_at(step, 1.0, 1000, warm=100) for step in range(1200)]
    assert rates[0] == pytest.approx(0.01)
    assert max(rates) == pytest.approx(1.0)
    assert rates.index(max(rates)) in (99, 100)
    assert rates[1000] == rates[1199] == pytest.approx(0.05)
    assert all(later <= earlier for earlier, later in pairwise(rates[100:]))


# -- weights -----------------------------------------------------------------------------------------------------------


def test_weights_are_read_as_they_were_written(folder, tmp_path):
    model = tiny_model(7)
    save(model, tmp_path, FITTED)
    loaded, confidence, revision = weights.load(tmp_path)
    assert loaded.config == TINY
    assert confidence == FITTED
    assert re.fullmatch(r"[0-9a-f]{12}", revision)
    rounded = {name: tensor.to(torch.bfloat16).float().numpy() for name, tensor in model.state_dict().items()}
    assert np.array_equal(floats(loaded.pieces), rounded["encoder.pieces.weight"])
    assert np.array_equal(loaded.encoder[0].up.weight, rounded["encoder.layers.0.up.weight"].T)
    assert np.array_equal(loaded.decoder[0].down.bias, rounded["layers.0.down.bias"])
    assert np.array_equal(loaded.start, rounded["start"])
    save(tiny_model(8), tmp_path, FITTED)
    assert weights.load(tmp_path)[2] != revision


def test_weights_are_written_and_read_in_shards(tmp_path):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    save(tiny_model(7), whole, FITTED)
    save(tiny_model(7), parts, FITTED, "40KB")
    shards = sorted(parts.glob("model-*.safetensors"))
    assert len(shards) > 2
    assert not (parts / "model.safetensors").exists()
    for one, other in zip(weights.load(whole)[0].encoder, weights.load(parts)[0].encoder, strict=True):
        assert np.array_equal(one.up.weight, other.up.weight)
    shards[1].unlink()
    with pytest.raises(ParserUnavailableError, match="missing or damaged"):
        weights.load(parts)
    save(tiny_model(7), parts, FITTED)
    assert [one.name for one in parts.glob("model*")] == ["model.safetensors"]


def damage(folder: Path, what: str) -> None:
    config, tensors = folder / "config.json", folder / "model.safetensors"
    if what == "no config":
        config.unlink()
    elif what == "no tensors":
        tensors.unlink()
    elif what == "config is no JSON":
        config.write_text("{")
    elif what == "config is a list":
        config.write_text("[]")
    elif what == "config lacks the model":
        config.write_text('{"calibration": {}}')
    elif what == "config lacks the calibration":
        description = json.loads(config.read_text())
        config.write_text(json.dumps({"model": description["model"]}))
    elif what == "another setting":
        description = json.loads(config.read_text())
        config.write_text(json.dumps({**description, "model": {**description["model"], "depth": 3}}))
    elif what == "another size":
        description = json.loads(config.read_text())
        config.write_text(json.dumps({**description, "model": {**description["model"], "width": 64}}))
    elif what == "cut short":
        tensors.write_bytes(tensors.read_bytes()[:-100])
    elif what == "empty":
        tensors.write_bytes(b"")
    elif what == "a pickle":
        torch.save(tiny_model(1).state_dict(), tensors)
    elif what == "a pointer of Git LFS":
        tensors.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n")
    elif what == "an index that names no file":
        (folder / "model.safetensors.index.json").write_text('{"weight_map": {"start": "../elsewhere.safetensors"}}')


@pytest.mark.parametrize(
    "what",
    [
        "no config", "no tensors", "config is no JSON", "config is a list", "config lacks the model",
        "config lacks the calibration", "another setting", "another size", "cut short", "empty", "a pickle",
        "a pointer of Git LFS", "an index that names no file",
    ],
)  # fmt: skip
def test_damaged_weights_are_a_sentence(tmp_path, what):
    save(tiny_model(1), tmp_path, FITTED)
    damage(tmp_path, what)
    with pytest.raises(ParserUnavailableError, match=r"missing or damaged; fetch the repository's files again\.$"):
        weights.load(tmp_path)


@pytest.mark.parametrize("text", [None, "", "{}", "no JSON"])
def test_a_damaged_tokenizer_is_a_sentence(tmp_path, text):
    if text is not None:
        (tmp_path / "tokenizer.json").write_text(text)
    with pytest.raises(ParserUnavailableError, match="missing or damaged"):
        weights.load_pieces(tmp_path)


def test_word_pieces_are_bounded_and_never_none(folder):
    pieces, special = weights.load_pieces(folder)
    assert len(pieces("a" * 90)) == 16
    assert len(pieces("abc")) == 3
    assert all(pieces(text) for text in ("", " ", "🙂", "\0", "x" * 5000))
    assert len({special.start, special.separator, special.colon, special.comma, special.equals}) == 5


def test_nothing_is_ever_unpickled():
    forbidden = re.compile(r"torch\.load\b|\bpickle\b|\bjoblib\b|\bdill\b|\bmarshal\b|weights_only|np\.load\b")
    for path in Path(nl2sql.__file__).parent.rglob("*.py"):
        found = forbidden.search(path.read_text(encoding="utf-8"))
        assert found is None, f"{path.name}: {found and found.group()}"


def test_the_tiny_model_is_like_the_real_one_but_for_its_sizes():
    assert replace(TINY).features == ModelConfig().features
    assert ModelConfig().longest >= LONGEST
