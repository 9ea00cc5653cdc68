"""The checks no linter has. Each module offers functions that take a root folder and return an `Outcome`."""
