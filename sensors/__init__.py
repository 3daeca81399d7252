"""Sensors: what starts a run because something happened. Decisions of people, for now."""
