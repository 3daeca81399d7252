"""The commands of `scheduling-pipeline`, a module each."""
