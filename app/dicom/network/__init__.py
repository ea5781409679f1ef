"""DICOM's network: receive, query, fetch and send; no module here touches a window, and each is used from any thread.

Nothing listens unless it is switched on. Every association has time limits, and another thread can cut it off.
"""
