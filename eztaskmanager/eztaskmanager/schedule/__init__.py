"""When a task is due: pure rules on wall-clock times, without database or clock."""
