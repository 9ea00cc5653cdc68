from access.management.commands.bootstrap_roles import Command as BootstrapRoles


class Command(BootstrapRoles):
    """The name of `bootstrap_roles` for those who set up Keycloak: roles are groups here, Keycloak only says who somebody is."""
