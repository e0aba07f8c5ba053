"""The product's settings, but for passwords, which are hashed quickly: the product's slow hash is
tested once, in `security/test_refusals.py`. Processes that tests start have these too."""

from caraus.settings import *  # noqa: F403

# The tests' database begins as the one beside it: with the schema, where it was made once for all.
DATABASES["default"]["TEST"] = {"TEMPLATE": DATABASES["default"]["NAME"]}  # noqa: F405
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
