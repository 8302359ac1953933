"""The base of the errors that are the user's to mend."""


class PlmscopeError(Exception):
    """Something a user can mend: the message names what is wrong, where, and what to do."""
