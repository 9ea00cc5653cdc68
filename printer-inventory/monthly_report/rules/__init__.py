"""What a month's figures mean: pure functions without a request, a socket, a clock or a model."""
