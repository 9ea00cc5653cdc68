def deliver_pending() -> None:
    pass
