"""Forms: a command's own arguments as fields, and the task with its schedule."""
