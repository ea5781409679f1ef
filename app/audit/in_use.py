"""The trail that a command without a window writes to: that of the store which the workstation of this user uses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from app.audit.events import AuditEvent
from app.exit_status import say
from app.store import AuditTrail, Store, StoreError


@contextmanager
def store_in_use() -> Iterator[Store | None]:
    """Open the store that this user's workstation uses; None where there is none. It is closed at the end.

    Raises
    ------
    StoreError
        If there is one and it cannot be used.
    """
    from app.settings import store_address, workstation_settings

    url = store_address(workstation_settings())
    if url is None and not Store.exists():
        yield None
        return
    store = Store.open(url)
    try:
        yield store
    finally:
        store.close()


def record_where_in_use(*events: AuditEvent) -> None:
    """Append events to the trail in use; where that fails, say so and go on, for the work itself is done."""
    try:
        with store_in_use() as store:
            if store is not None:
                _record_all(store.audit, events)
    except StoreError as error:
        say(f"The audit trail was not written. {error}")


def _record_all(trail: AuditTrail, events: tuple[AuditEvent, ...]) -> None:
    for event in events:
        trail.record(event)
