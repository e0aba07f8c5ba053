"""The pages about people: the organization, its members, its audit log, one's own data."""
