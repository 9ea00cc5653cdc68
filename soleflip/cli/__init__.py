"""The command line: `python -m cli`. Each module with `app` is a group of commands."""
