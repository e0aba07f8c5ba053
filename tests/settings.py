"""The product's settings, but for passwords, which are hashed quickly: the product's slow hash is
tested once, in `security/test_refusals.py`. Processes that tests start have these too."""

from caraus.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
