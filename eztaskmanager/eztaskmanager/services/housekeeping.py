def tidy() -> None:
    pass
