"""What happened when: event dates, corrections, and sources that differ."""

from __future__ import annotations

from rag.event import event_date, event_dates

__all__ = ["event_date", "event_dates"]
