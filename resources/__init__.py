"""Dagster resources: one module an outside system. They own sign-in, pacing, retries and typed errors."""
