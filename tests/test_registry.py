"""Names of the parsers, what `auto` means on which machine, and the machine report."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from huggingface_hub import constants

from nl2sql.errors import ParserError, ParserUnavailableError
from nl2sql.parsers import hardware, machine, registry, weights
from nl2sql.parsers.hardware import Gpu, Hardware
from nl2sql.settings import Settings
from tests import tiny_llama

SETTINGS = Settings()
LAPTOP = Hardware(4, 16 * 10**9, 12 * 10**9, avx512_bf16=False, gpus=(), cuda_packages=False)
SERVER = replace(LAPTOP, avx512_bf16=True)
SMALL = replace(LAPTOP, memory=8 * 10**9, available=5 * 10**9)
WORKSTATION = replace(LAPTOP, gpus=(Gpu("Card", 12 * 10**9, 11 * 10**9),), cuda_packages=True)
FULL_CARD = replace(WORKSTATION, gpus=(Gpu("Card", 12 * 10**9, 2 * 10**9),))
CPU_PACKAGES = replace(WORKSTATION, cuda_packages=False)


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    """An empty Hugging Face cache."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    return tmp_path


@pytest.fixture
def sqlcoder_at_hand(cache):
    """A cache in which sqlcoder-7b-2 seems complete."""
    folder = cache / "models--defog--sqlcoder-7b-2"
    snapshot = folder / "snapshots" / "abc123"
    snapshot.mkdir(parents=True)
    (folder / "refs").mkdir()
    (folder / "refs" / "main").write_text("abc123")
    for name in ("config.json", "tokenizer.json", "model.safetensors"):
        (snapshot / name).write_bytes(b"{}")
    return snapshot


@pytest.mark.parametrize(
    ("here", "usable", "well", "part"),
    [
        (WORKSTATION, True, True, "Runs on the GPU"),
        (FULL_CARD, True, False, "2.0 GB free of the 6 GB that it needs; on this processor, which lacks AVX512-BF16"),
        (CPU_PACKAGES, True, False, "installed torch or bitsandbytes cannot use the GPU"),
        (SERVER, True, False, "no NVIDIA GPU here; on this processor an answer takes a minute or more"),
        (LAPTOP, True, False, "an answer takes a quarter of an hour or more"),
        (SMALL, False, False, "only 5.0 GB of the 8 GB of memory that it needs are free"),
    ],
)
def test_where_sqlcoder_runs_and_why(sqlcoder_at_hand, here, usable, well, part):
    found = registry.availability("sqlcoder-7b-2", SETTINGS, here)
    assert (found.usable, found.well, found.weights_at_hand, found.ready) == (usable, well, True, usable)
    assert part in found.sentence
    assert found.can_download is False
    assert registry.resolve("auto", SETTINGS, here) == ("sqlcoder-7b-2" if well else "builtin")


def test_before_the_download_size_target_and_space_are_known(cache):
    found = registry.availability("sqlcoder-7b-2", SETTINGS, WORKSTATION)
    assert (found.ready, found.download_bytes) == (False, 13_477_093_376)
    assert found.target == cache / "models--defog--sqlcoder-7b-2"
    assert found.free_bytes == weights.free_bytes(cache)
    assert "download them first" in found.sentence or "make room" in found.sentence
    assert registry.resolve("auto", SETTINGS, WORKSTATION) == "builtin"


def test_download_is_offered_where_it_makes_sense(cache, monkeypatch):
    monkeypatch.setattr(weights, "free_bytes", lambda _: 20 * 10**9)
    assert registry.availability("sqlcoder-7b-2", SETTINGS, WORKSTATION).can_download
    assert not registry.availability("sqlcoder-7b-2", SETTINGS, SMALL).can_download
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    offline = registry.availability("sqlcoder-7b-2", SETTINGS, WORKSTATION)
    assert not offline.can_download
    assert "HF_HUB_OFFLINE is set" in offline.sentence
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(weights, "free_bytes", lambda _: 10**9)
    full = registry.availability("sqlcoder-7b-2", SETTINGS, WORKSTATION)
    assert not full.can_download
    assert "only 1.0 GB are free" in full.sentence


def test_builtin_runs_anywhere(cache):
    found = registry.availability("builtin", SETTINGS, SMALL)
    assert (found.ready, found.well, found.download_bytes) == (True, True, None)
    assert registry.availability("auto", SETTINGS, SMALL).name == "builtin"


def test_unknown_name_names_the_known_ones():
    for ask in (registry.resolve, registry.availability, registry.load):
        with pytest.raises(ParserError, match="no parser called «gpt»; the parsers are auto, builtin, sqlcoder-7b-2"):
            ask("gpt", SETTINGS)


def test_loading_without_weights_says_why(cache):
    with pytest.raises(ParserUnavailableError, match="sqlcoder-7b-2 cannot answer here"):
        registry.load("sqlcoder-7b-2", SETTINGS)


def test_a_folder_of_ones_own_is_a_parser():
    folder = str(tiny_llama.folder())
    found = registry.availability(folder, SETTINGS, SMALL)
    assert (found.ready, found.name) == (True, folder)
    parser = registry.load(folder, replace(SETTINGS, torch_threads=1))
    assert parser.info.name == "tiny-llama"
    parser.close()


def test_an_empty_folder_is_no_parser(tmp_path):
    assert not registry.availability(str(tmp_path), SETTINGS, WORKSTATION).ready
    with pytest.raises(ParserUnavailableError, match="holds no complete model"):
        registry.load(str(tmp_path), SETTINGS)


def test_visible_gpus():
    listing = "0, Card A, 12288, 11000\n1, Card B, 4096, 4000\n2, broken line"
    names = {
        None: ["Card A", "Card B"],
        "": [],
        "-1": [],
        "1": ["Card B"],
        "1,0": ["Card B", "Card A"],
        "7": [],
        "GPU-12ab": ["Card A", "Card B"],
    }
    for visible, expected in names.items():
        assert [gpu.name for gpu in hardware.parse_gpus(listing, visible)] == expected, visible


def test_report_covers_what_decides(cache, monkeypatch):
    monkeypatch.setattr(hardware, "measure", lambda: FULL_CARD)
    facts = machine.report(SETTINGS)
    by_label = {fact.label: fact for fact in facts}
    assert by_label["Memory"].value == "12.0 GB free of 16.0 GB"
    assert by_label["GPU"].value == "Card, 2.0 GB free of 12.0 GB"
    assert by_label["duckdb"].value[0].isdigit()
    assert by_label["Parser builtin"].ok
    assert not by_label["Parser sqlcoder-7b-2"].ok
    assert "Download: 13.5 GB" in by_label["Parser sqlcoder-7b-2"].value
    assert by_label["Parser «auto»"].value == "means builtin here."
    assert all("\n" not in fact.value for fact in facts)


def test_report_loads_no_model_library_and_needs_no_network():
    code = (
        "import socket, sys\n"
        "def refuse(*_): raise SystemExit('the network was used')\n"
        "socket.socket.connect = socket.getaddrinfo = refuse\n"
        "from nl2sql.parsers import causal, machine, registry, weights\n"
        "assert not {'torch', 'transformers', 'huggingface_hub'} & set(sys.modules), 'on import'\n"
        "assert len(machine.report()) > 10\n"
        "print(sorted({'torch', 'transformers', 'bitsandbytes'} & set(sys.modules)))\n"
    )
    root = Path(__file__).resolve().parent.parent
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root, timeout=600)
    assert (done.stdout, done.returncode) == ("[]\n", 0), done.stderr
