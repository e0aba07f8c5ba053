"""Files that people send: at the addresses that take them, small, and in memory only."""

from typing import Any

from django.conf import settings
from django.core.exceptions import TooManyFilesSent
from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http import HttpRequest

# The proxy lets 1 MB through.
MAX_FILE_BYTES = 900_000
# The request around such a file: boundaries and the fields beside it.
MAX_REQUEST_BYTES = MAX_FILE_BYTES + 10_000


def is_upload_too_large(request: HttpRequest) -> bool:
    """Return whether a file was sent that was dropped for its size."""
    length = int(request.META.get("CONTENT_LENGTH") or 0)
    return length > MAX_REQUEST_BYTES and not request.FILES


class LimitedUploadHandler(MemoryFileUploadHandler):
    """Django's: it keeps what FILE_UPLOAD_MAX_MEMORY_SIZE allows, and drops the rest where no
    other handler follows it.

    Raises TooManyFilesSent (responded to with 400) at addresses that take no files.
    """

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        if self.request is None or not self.request.path_info.startswith(settings.UPLOADS_AT):
            raise TooManyFilesSent("No files are taken here.")
        super().new_file(*args, **kwargs)
