"""What is tried again, and when; how a webhook is signed. Plain functions."""
