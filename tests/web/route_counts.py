"""What the stranger test asks, counted: `uv run python -m tests.web.route_counts`."""

import os


def counts() -> dict[str, int]:
    """Count requests by whom they come from: addresses × methods × people, as the tests' tables
    say."""
    from tests.web import addresses, test_roles

    inside, methods = (
        len(addresses.OBJECT_ROUTES) + len(addresses.OWN_ROUTES),
        len(addresses.METHODS),
    )
    return {
        "anonymous": inside * methods,
        "an owner of another organization": inside * methods,
        "somebody without an organization": inside * methods,
        "a member kept to another company": inside * methods - len(test_roles.OWN_ACTIONS),
        "members of a lower role": len(test_roles.REFUSALS) * methods,
        "an owner elsewhere, ids of others and of nothing": len(addresses.OBJECT_ROUTES) * 3,
        "anybody and a stranger, at the pages of sign-in": len(addresses.SIGN_IN_ROUTES)
        * methods
        * 2,
        "anybody with an invented link": len(addresses.SECRET_ROUTES) * methods,
    }


def main() -> None:
    from tests.web import addresses

    tables = (
        addresses.OBJECT_ROUTES,
        addresses.OWN_ROUTES,
        addresses.PUBLIC_ROUTES,
        addresses.SECRET_ROUTES,
        addresses.SIGN_IN_ROUTES,
    )
    print(f"{sum(map(len, tables))} addresses, all placed; {len(addresses.METHODS)} methods:")
    counted = counts()
    for person, number in counted.items():
        print(f"{number:6}  {person}")
    print(f"{sum(counted.values()):6}  requests in all")


if __name__ == "__main__":
    import django

    # Nothing of these is called: the tables need the models' names only.
    os.environ |= {
        "DATABASE_URL": "postgresql://127.0.0.1:9/never-asked",
        "CARAUS_SECRET_KEY": "never used",
        "CARAUS_TOKEN_KEYS": "never used",
        "DJANGO_SETTINGS_MODULE": "caraus.settings",
    }
    django.setup()
    main()
