"""Settings: every one is documented, defaults stand, and a bad value names its variable."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from pathlib import Path

import pytest

from nl2sql.errors import SettingsError
from nl2sql.settings import Settings, variable_of

ROOT = Path(__file__).resolve().parents[1]
ROW = re.compile(r"^\| `(NL2SQL_[A-Z_]+)` \| (.+?) \| (.+?) \|$", re.M)


def documented() -> dict[str, tuple[str, str]]:
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    return {variable: (default, meaning) for variable, default, meaning in ROW.findall(text)}


@pytest.mark.parametrize("spec", dataclasses.fields(Settings), ids=lambda spec: spec.name)
def test_every_setting_is_documented_as_it_is(spec):
    default, meaning = documented()[spec.metadata["variable"]]
    assert meaning == spec.metadata["help"]
    shown = {None: "unset", True: "`1`", False: "`0`", "": "empty"}
    if spec.name == "home":
        assert default == "`~/.nl2sql`"
    else:
        assert default == shown.get(spec.default, f"`{spec.default}`")


def test_nothing_is_documented_that_is_not_there():
    assert set(documented()) == {spec.metadata["variable"] for spec in dataclasses.fields(Settings)}


def test_variables_in_the_code_are_settings():
    known = {spec.metadata["variable"] for spec in dataclasses.fields(Settings)}
    for path in [*(ROOT / "nl2sql").rglob("*.py"), *(ROOT / "pages").rglob("*.py"), ROOT / "streamlit_app.py"]:
        for variable in re.findall(r"NL2SQL_[A-Z_]+[A-Z]", path.read_text(encoding="utf-8")):
            assert variable in known, f"{path.name} names {variable}"


def test_defaults_without_environment():
    assert Settings.from_environment({}) == Settings()


def test_values_are_read():
    settings = Settings.from_environment(
        {
            "NL2SQL_HOME": "~/elsewhere",
            "NL2SQL_SAMPLE": "no",
            "NL2SQL_DEADLINE": " 2.5 ",
            "NL2SQL_WORKERS": "3",
            "NL2SQL_TODAY": "2024-02-29",
            "NL2SQL_TIME_ZONE": "Europe/Berlin",
            "NL2SQL_PARSER": "  ",
        }
    )
    assert settings.home == Path("~/elsewhere").expanduser()
    assert settings.sample is False
    assert settings.deadline == 2.5
    assert settings.workers == 3
    assert settings.as_of() == dt.date(2024, 2, 29)
    assert settings.parser == "auto"


def test_overrides_win_unless_none():
    settings = Settings.from_environment({"NL2SQL_WORKERS": "3"}, workers=5, parser=None)
    assert (settings.workers, settings.parser) == (5, "auto")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("NL2SQL_SAMPLE", "perhaps"),
        ("NL2SQL_DEADLINE", "soon"),
        ("NL2SQL_DEADLINE", "0"),
        ("NL2SQL_DEADLINE", "nan"),
        ("NL2SQL_DEADLINE", "inf"),
        ("NL2SQL_ROW_LIMIT", "0"),
        ("NL2SQL_ROW_LIMIT", "1e4"),
        ("NL2SQL_ROW_LIMIT", "99999999999"),
        ("NL2SQL_MEMORY_SHARE", "1.5"),
        ("NL2SQL_WORKERS", "-1"),
        ("NL2SQL_TORCH_THREADS", "many"),
        ("NL2SQL_TODAY", "yesterday"),
        ("NL2SQL_TODAY", "2024-02-30"),
        ("NL2SQL_TIME_ZONE", "Mars/Olympus"),
        ("NL2SQL_TIME_ZONE", "../../etc/passwd"),
    ],
)
def test_a_bad_value_names_its_variable(variable, value):
    with pytest.raises(SettingsError, match=variable):
        Settings.from_environment({variable: value})


def test_today_follows_the_time_zone():
    zones = ("Pacific/Kiritimati", "Pacific/Pago_Pago")  # 25 hours apart: never the same day
    days = [Settings.from_environment({"NL2SQL_TIME_ZONE": zone}).as_of() for zone in zones]
    assert days[0] > days[1]


def test_variable_of_a_setting():
    assert variable_of("home") == "NL2SQL_HOME"
