"""Staff by name, with the roles that decide what they may do."""

from typing import Any

from sqlmodel import Session, col, select

from dsar.domain.errors import BadInput
from dsar.services.runtime.installation import Unit
from dsar.store.tables import Staff

ROLES = ("agent", "reviewer", "officer", "auditor", "admin")


def add(session: Unit, name: str, *, title: str, roles: tuple[str, ...]) -> Staff:
    """Adds somebody or changes them; BadInput for a role that does not exist."""
    if not name.strip() or ":" in name:
        raise BadInput("name", "is not a name.", "Use letters, e.g. ana.")
    unknown = [role for role in roles if role not in ROLES]
    if unknown:
        raise BadInput("role", f"{unknown[0]} does not exist.", f"Use one of: {', '.join(ROLES)}.")
    found = session.get(Staff, name)
    person = found or Staff(name=name, added_at=session.now())
    person.title, person.roles = title, list(roles)
    session.add(person)
    return person


def everybody(session: Session) -> list[dict[str, Any]]:
    """All staff by name."""
    rows = session.exec(select(Staff).order_by(col(Staff.name)))
    return [{"name": row.name, "title": row.title, "roles": row.roles} for row in rows]
