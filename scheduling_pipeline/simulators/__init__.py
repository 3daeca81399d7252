"""Local stand-ins of the outside systems, for `make run` and for tests. Only the command line starts them."""
