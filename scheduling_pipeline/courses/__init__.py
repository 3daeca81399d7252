"""Students' course calendars: the catalogue, who takes what, and the events that follow from it."""
