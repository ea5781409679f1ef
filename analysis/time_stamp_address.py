"""Can an address be that of a time-stamp authority (RFC 3161 over HTTP)?"""

from __future__ import annotations

from urllib.parse import urlsplit


def timestamp_problem(url: str) -> str:
    """Return why an address cannot be that of a time-stamp authority, as a sentence; empty where it can."""
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        has_host, secret = bool(parts.hostname), parts.username or parts.password
    except ValueError:
        return "The address of the time-stamp authority cannot be read; it looks like https://tsa.example.org."
    if parts.scheme not in ("http", "https") or not has_host:
        return "The address of the time-stamp authority begins with http:// or https:// and names a server."
    if secret:
        return "Leave user and password out of the address: settings hold no secrets."
    return ""
