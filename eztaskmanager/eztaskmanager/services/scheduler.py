def fire_due() -> int:
    return 0
