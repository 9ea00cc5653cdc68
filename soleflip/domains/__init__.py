"""The eleven domains; each has the rooms api, services, repositories and events, and none imports another."""
