"""A stand-in for Google's identity platform and the Calendar API v3."""
