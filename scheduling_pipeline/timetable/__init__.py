"""Timetables: agendas, lessons, teachers, and the calendar events that follow from them. Pure functions."""
