"""The views: they show data, and say what the reader asked for; no view calls another."""
