"""The network that answers computes what the trained one does, step by step and question by question, without torch."""

from __future__ import annotations

import json
import math
import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from threadpoolctl import threadpool_limits

from nl2sql.parsers.builtin import weights
from nl2sql.parsers.builtin.arrays import arrays_of
from nl2sql.parsers.builtin.batches import collate
from nl2sql.parsers.builtin.decode import search
from nl2sql.parsers.builtin.features import encode, find_links
from nl2sql.parsers.builtin.layers import floats, gelu
from nl2sql.parsers.builtin.model import ParserModel
from nl2sql.parsers.builtin.network import ModelConfig, Network, Past
from tests.builtin_world import TINY, awkward_question, awkward_schema, awkward_values, network_of, write_tokenizer
from tests.readings import SCHEMAS

DEEPER = replace(TINY, width=48, encoder_layers=2, heads=4, decoder_layers=2, decoder_heads=3)
QUESTIONS = (
    ("titles of books over 5", "library"),
    ("how many loans were there last month for each author?", "library"),
    ("flights that are not cancelled", "flights"),
    ("the colour of happiness", "flights"),
)


class Trained:
    """The trained network in the place of the one that answers: whole readings every time, nothing kept of a step."""

    def __init__(self, model: ParserModel, inputs, beside=()) -> None:
        self.config = model.config
        self.model = model
        self.batch = collate([inputs, *beside])
        self.count = len(inputs.items)
        self.readings: list[list[int]] = [[]]

    @torch.inference_mode()
    def encode(self, _):
        return self.model.encode(self.batch)

    @torch.inference_mode()
    def decode(self, actions, rows, memory, _):
        self.readings = [[*self.readings[row], action] for action, row in zip(actions, rows, strict=True)]
        found = []
        for reading in self.readings:
            read = torch.tensor([reading] * len(memory.states))
            scores, _ = self.model.decode(read, memory, self.model.cross(memory))
            found.append(scores[0, -1, : self.config.keywords + self.count])
        return torch.stack(found).numpy()


def random_inputs(seed: int, pieces, special):
    rng = random.Random(seed)
    schema = awkward_schema(rng)
    question = f"number of {awkward_question(rng, schema)}"
    links = find_links(question, awkward_values(rng, schema), schema)
    return encode(question, schema, links, pieces, special)


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    with threadpool_limits(1):
        yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("seed", range(6))
def test_every_step_of_every_reading_scores_as_in_training(seed, tmp_path):
    write_tokenizer(tmp_path)
    laid_out = weights.load_pieces(tmp_path)
    inputs, beside = random_inputs(seed, *laid_out), random_inputs(seed + 100, *laid_out)
    torch.manual_seed(seed)
    model = ParserModel(DEEPER).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    trained, network = Trained(model, inputs, [beside]), network_of(model)
    memory, known, past = network.encode(arrays_of(inputs)), trained.encode(None), Past(DEEPER, 4)
    rng = random.Random(seed)
    live, last = 1, [-1]
    for step in range(12):
        rows = [0] if step == 0 else [rng.randrange(live) for _ in range(rng.randint(1, 4))]
        if step:
            last = [rng.randrange(DEEPER.keywords + len(inputs.items)) for _ in rows]
        live = len(rows)
        scores, expected = network.decode(last, rows, memory, past), trained.decode(last, rows, known, None)
        assert scores.dtype == np.float32
        assert np.abs(scores - expected).max() < 1e-4


def test_the_released_weights_read_questions_as_in_training():
    network, _, _ = weights.load()
    description = json.loads((weights.RELEASED / "config.json").read_text(encoding="utf-8"))
    model = ParserModel(ModelConfig(**description["model"])).eval()
    stored = load_file(weights.RELEASED / "model.safetensors")
    model.load_state_dict({name: tensor.float() for name, tensor in stored.items()})
    laid_out = weights.load_pieces()
    for question, name in QUESTIONS:
        inputs = encode(question, SCHEMAS[name], find_links(question, None, SCHEMAS[name]), *laid_out)
        found, declining = search(network, inputs, 3)
        expected, expected_declining = search(Trained(model, inputs), inputs, 3)
        assert [one.reading for one in found] == [one.reading for one in expected]
        assert [one.score for one in found] == pytest.approx([one.score for one in expected], abs=1e-3)
        assert declining == pytest.approx(expected_declining, abs=1e-3)


def test_gelu_is_exact_to_a_millionth():
    x = np.concatenate([np.linspace(-9, 9, 40_001), [0.0, -1e-30, 1e-30, -60.0, 60.0]]).astype(np.float32)
    expected = np.array([one * (1 + math.erf(one / math.sqrt(2))) / 2 for one in x.tolist()])
    assert np.abs(gelu(x.copy().reshape(-1, 1))[:, 0] - expected).max() < 1e-6


def test_every_bfloat16_is_widened_exactly():
    bits = np.arange(2**16, dtype=np.uint16)
    expected = torch.from_numpy(bits.view(np.int16)).view(torch.bfloat16).float().numpy()
    assert np.array_equal(floats(bits), expected, equal_nan=True)


def test_weights_of_another_network_are_refused():
    stored = {name: tensor.numpy() for name, tensor in ParserModel(TINY).state_dict().items()}
    with pytest.raises(ValueError, match=r"Nobody takes spare\."):
        Network(TINY, {**stored, "spare": stored["start"]})
    with pytest.raises(ValueError, match="shape"):
        Network(replace(TINY, positions=4), stored)
    with pytest.raises(KeyError):
        Network(replace(TINY, decoder_layers=2), stored)


def test_an_answer_needs_no_torch():
    code = (
        "import datetime as dt, sys\n"
        "from nl2sql.parsers import registry\n"
        "from nl2sql.parsers.base import ParseRequest\n"
        "from nl2sql.schema import Column, Schema, Table\n"
        "from nl2sql.settings import Settings\n"
        "schema = Schema((Table('books', (Column('title', 'VARCHAR'), Column('price', 'DOUBLE'))),))\n"
        "parser = registry.load('builtin', Settings())\n"
        "print(parser.predict(ParseRequest('average price of books', schema, dt.date(2025, 3, 1))).candidates[0].sql)\n"
        "print(sorted({'torch', 'transformers', 'sqlglot'} & set(sys.modules)))\n"
    )
    root = Path(__file__).resolve().parent.parent
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "avg" in done.stdout
    assert done.stdout.endswith("[]\n")
