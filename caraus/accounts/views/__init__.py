"""The pages about people: the organization, its members, its journal, one's own data."""
