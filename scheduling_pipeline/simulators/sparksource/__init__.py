"""The simulated booking site (SparkSource): HTML pages only, a session that remembers agenda and week.

The site keeps, for each session, the agenda and the week that were looked at last, and the grid's address
without a date shows those. A fresh login starts with the current week.

Faults, by `kind`, with their `params` and defaults:

- any request: `http` (`status` 503, `retry_after` seconds, none); `expired_session` drops the session first
- grid pages: `slow_grid` (`seconds` 20); `login_page` answers with the login form; `wrong_week`
  (`offset_weeks` 2) shows another week than asked for; `empty_week`; `shrunken_week` (`keep` 0.5, a share of
  the lessons); `missing_room_column` (`room`, else the one with most lessons)
- choice of the agenda: `agenda_ignored` accepts it and stays where it was
- details pages: `attendee_500`; `attendee_login_html`; `attendee_empty_teacher`; `attendee_teacher_link`
  puts the name inside a link

The journal notes every request but those to `/control`; what a read-only client must never send (any POST,
PUT, PATCH or DELETE but login and choice of the agenda) is noted with `forbidden`.
"""

from scheduling_pipeline.simulators.sparksource.app import SiteSettings, create_app

__all__ = ["SiteSettings", "create_app"]
