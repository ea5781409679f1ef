"""The network's settings as a file of this user; it holds no secret, only the places of key and password files."""

from __future__ import annotations

from pathlib import Path

from platformdirs import user_config_path
from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked

from analysis.network import NetworkSettings, problem_of_settings
from app.atomic_file import reason_of, write_whole
from app.dicom.network.errors import BadNetworkSettings


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class _File:
    network: NetworkSettings
    schema: int = 1


_FILE = TypeAdapter(_File)


def settings_path() -> Path:
    """Return where the settings are kept."""
    return user_config_path("discern", appauthor=False) / "network.json"


def load_settings(path: Path | None = None) -> NetworkSettings:
    """Return the settings; the defaults, with no node and nothing listening, where there is no file yet.

    Raises
    ------
    BadNetworkSettings
        If the file cannot be read or does not hold what it must; it is left as it is.
    """
    path = path or settings_path()
    try:
        found = _FILE.validate_json(path.read_bytes())
    except FileNotFoundError:
        return NetworkSettings()
    except OSError as error:
        raise BadNetworkSettings(f"The network settings in {path} cannot be read: {reason_of(error)}.") from error
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors()[0]["loc"]) or "the whole file"
        raise BadNetworkSettings(
            f"The network settings in {path} cannot be used: look at {place}; mend or remove the file."
        ) from error
    if problem := problem_of_settings(found.network):
        raise BadNetworkSettings(f"The network settings in {path} cannot be used: {problem}")
    return found.network


def save_settings(settings: NetworkSettings, path: Path | None = None) -> None:
    """Write the settings whole or not at all.

    Raises
    ------
    BadNetworkSettings
        If they are not usable or cannot be written.
    """
    if problem := problem_of_settings(settings):
        raise BadNetworkSettings(problem)
    path = path or settings_path()
    try:
        write_whole(path, _FILE.dump_json(_File(settings), indent=2))
    except OSError as error:
        raise BadNetworkSettings(f"The network settings cannot be written to {path}: {reason_of(error)}.") from error
