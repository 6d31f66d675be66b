"""Who may do what: users, roles, rights, and who is logged in."""

from inspector.people.access import allowed, require
from inspector.people.rights import Action

__all__ = ["Action", "allowed", "require"]
