"""What `tests.forked_process` forks: the product, loaded and connected to nothing."""

from caraus.commands.base import set_up_django

set_up_django()

from caraus.authorizations import tasks, token_refresh  # noqa: E402, F401
from caraus.filings import processor  # noqa: E402, F401
from caraus.sync import company_sync  # noqa: E402, F401
from caraus.sync.limiter import permits  # noqa: E402, F401
