"""Weights on disk: what is at hand, and downloads from a hub on loopback: whole, stopped, refused, without space."""

from __future__ import annotations

import re
import shutil
import threading
from collections import namedtuple
from pathlib import Path

import pytest
from huggingface_hub import constants

from nl2sql.engine.base import Cancel
from nl2sql.errors import ParserUnavailableError, QueryCancelledError
from nl2sql.parsers import weights
from tests import fake_hub

MODEL = "someone/small-model"
FILES = {
    "config.json": b'{"model_type": "llama"}',
    "tokenizer.json": b"{}",
    "model.safetensors": bytes(range(256)) * 4096,
    "model.gguf": b"another format of the same weights",
    "README.md": b"# Small model",
}
WANTED = {"config.json", "tokenizer.json", "model.safetensors"}


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    """An empty Hugging Face cache, for this process and those it starts; nothing beyond loopback answers."""
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    return tmp_path / "hub"


def test_download_fetches_only_what_loading_needs(cache, monkeypatch):
    assert not weights.weights_status(MODEL).at_hand
    shares: list[float] = []
    go_on = threading.Event()

    def watch(share: float) -> None:
        shares.append(share)
        if share > 0:
            go_on.set()

    with fake_hub.serve(MODEL, FILES, hold=go_on) as address:
        monkeypatch.setenv("HF_ENDPOINT", address)
        folder = weights.download(MODEL, watch)
    assert {file.name for file in folder.iterdir()} == WANTED
    assert (folder / "model.safetensors").read_bytes() == FILES["model.safetensors"]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert any(0 < share < 1 for share in shares)
    status = weights.weights_status(MODEL)
    assert (status.at_hand, status.folder) == (True, folder)
    assert weights.revision(folder) == fake_hub.COMMIT
    assert weights.download(MODEL) == folder  # no hub is left to ask


def test_download_can_be_stopped_and_taken_up_again(cache, monkeypatch):
    cancel = Cancel()
    with fake_hub.serve(MODEL, FILES, hold=threading.Event()) as address:  # would wait for ever
        monkeypatch.setenv("HF_ENDPOINT", address)
        with pytest.raises(QueryCancelledError, match="what has arrived is kept"):
            weights.download(MODEL, lambda share: cancel.set() if share > 0 else None, cancel)
    assert not weights.weights_status(MODEL).at_hand
    with fake_hub.serve(MODEL, FILES) as address:
        monkeypatch.setenv("HF_ENDPOINT", address)
        folder = weights.download(MODEL)
    assert (folder / "model.safetensors").read_bytes() == FILES["model.safetensors"]


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (401, "gives no access to someone/small-model: check the name, or set HF_TOKEN"),
        (404, "gives no access|answered with an error"),
        (500, "answered with an error .500."),
    ],
)
def test_what_the_hub_refuses_is_a_sentence(cache, monkeypatch, status, sentence):
    with fake_hub.serve(MODEL, FILES, status=status) as address:
        monkeypatch.setattr(constants, "ENDPOINT", address)
        (message,) = weights._fetch(MODEL)
    assert re.search(sentence, message["error"])


def test_without_network(cache):
    with pytest.raises(ParserUnavailableError, match="no connection to the Hub"):
        weights.download(MODEL)


def test_offline_is_honoured_before_anything_is_started(cache, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(weights.subprocess, "Popen", lambda *_, **__: pytest.fail("a download was started"))
    assert weights.weights_status(MODEL).offline
    with pytest.raises(ParserUnavailableError, match="HF_HUB_OFFLINE is set; unset it"):
        weights.download(MODEL)


def test_without_space_nothing_is_started(cache, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**12, 10**12 - 10**9, 10**9))
    monkeypatch.setattr(weights.subprocess, "Popen", lambda *_, **__: pytest.fail("a download was started"))
    status = weights.weights_status(weights.SQLCODER)
    assert (status.download_bytes, status.fits) == (13_477_093_376, False)
    assert status.target == cache / "models--defog--sqlcoder-7b-2"
    with pytest.raises(ParserUnavailableError, match=r"needs 13\.5 GB, and only 1\.0 GB are free"):
        weights.download(weights.SQLCODER)


def test_space_is_measured_against_what_the_hub_lists(cache, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**12, 10**12, 1000))
    with fake_hub.serve(MODEL, FILES) as address:
        monkeypatch.setattr(constants, "ENDPOINT", address)
        template = address + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        (message,) = weights._fetch(MODEL)
    assert message["error"].startswith("someone/small-model needs 0.0 GB, and only 0.0 GB are free")


def test_model_without_safetensors(cache, monkeypatch):
    files = {name: content for name, content in FILES.items() if name != "model.safetensors"}
    with fake_hub.serve(MODEL, files) as address:
        monkeypatch.setenv("HF_ENDPOINT", address)
        with pytest.raises(ParserUnavailableError, match="no complete weights in the safetensors format"):
            weights.download(MODEL)


def test_a_missing_shard_means_not_at_hand(tmp_path):
    for name in ("config.json", "tokenizer.model", "model-00001-of-00002.safetensors"):
        (tmp_path / name).write_bytes(b"x")
    index = '{"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}'
    (tmp_path / "model.safetensors.index.json").write_text(index)
    assert not weights.weights_status(str(tmp_path)).at_hand
    (tmp_path / "model-00002-of-00002.safetensors").write_bytes(b"x")
    assert weights.weights_status(str(tmp_path)).folder == tmp_path
    (tmp_path / "model.safetensors.index.json").write_text("not json")
    assert not weights.weights_status(str(tmp_path)).at_hand


def test_revision_of_a_folder_follows_its_weights(tmp_path):
    (tmp_path / "model.safetensors").write_bytes(b"one")
    first = weights.revision(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"two")
    assert len(first) == 12
    assert weights.revision(tmp_path) != first


def test_a_name_that_is_neither_folder_nor_model():
    with pytest.raises(ParserUnavailableError, match="neither a folder nor a model name"):
        weights.weights_status("a b/c d")
