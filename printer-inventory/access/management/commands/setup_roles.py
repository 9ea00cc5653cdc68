from access.management.commands.bootstrap_roles import Command as BootstrapRoles


class Command(BootstrapRoles):
    """The older name of `bootstrap_roles`."""
