"""Errors that a user can mend; the command line prints them as one line and exits with status 2."""


class UserError(Exception):
    """A request that cannot be served as given; the message says what to change."""


class SimulatorError(UserError):
    """A simulator is missing, too old or cannot build."""
