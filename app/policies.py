"""The coverage policies: those that come with Discern, and those of the site, which take their place."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_config_path

from analysis.policy import BadPolicy, Policy, parse_policy
from app.resource_files import resource_path


@dataclass(frozen=True)
class Policies:
    """What was read; `problems` says of each file that could not be used why, one sentence each."""

    policies: tuple[Policy, ...]
    problems: tuple[str, ...] = ()


def site_policy_folder() -> Path:
    """Return the folder of the site's own policies."""
    return user_config_path("discern", appauthor=False) / "policies"


def load_policies(site: Path | None = None) -> Policies:
    """Read all policies, by their id; a file of the site that cannot be used is named and left out.

    Parameters
    ----------
    site : folder of the site's own files; None is the usual one
    """
    found = {policy.id: policy for policy in map(_shipped, sorted(resource_path("policies").glob("*.toml")))}
    problems = []
    for path in sorted((site or site_policy_folder()).glob("*.toml")):
        try:
            policy = parse_policy(path.read_text(encoding="utf-8"))
        except (BadPolicy, OSError, UnicodeDecodeError) as error:
            why = str(error) if isinstance(error, BadPolicy) else "The policy cannot be read."
            problems.append(f"{path.name}: {why}")
            continue
        found[policy.id] = policy
    return Policies(tuple(found.values()), tuple(problems))


def _shipped(path: Path) -> Policy:
    return parse_policy(path.read_text(encoding="utf-8"))
