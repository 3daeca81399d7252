"""Cron-like schedules, in the zone where people live."""
