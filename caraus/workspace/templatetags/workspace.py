"""Template tags of the list."""

from django import template

from caraus.workspace.filters import ListFilters

register = template.Library()


@register.simple_tag
def list_link(filters: ListFilters, **changed: str) -> str:
    """Return the query string of a view of the list with filters changed, for a link."""
    return filters.link(**changed)
