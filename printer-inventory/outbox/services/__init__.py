"""Writing messages down, and sending what is due."""
