"""What can go wrong on the network, each a sentence for the reader; none names a patient or holds a secret."""

from __future__ import annotations

from analysis.errors import DiscernError


class NetworkProblem(DiscernError):
    """Something on the network did not work."""


class BadNetworkSettings(NetworkProblem):
    """The settings cannot be read, written or used as they are."""


class Unreachable(NetworkProblem):
    """The node does not answer, or not as it should; trying again later may help."""


class Refused(NetworkProblem):
    """The node answered and will not have it; trying again as things are does not help."""
