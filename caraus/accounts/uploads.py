"""Files that people send: at the addresses that take them, small, and in memory only."""

from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.exceptions import TooManyFilesSent
from django.core.files.uploadedfile import InMemoryUploadedFile, UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile, StopUpload
from django.http import HttpRequest

# The proxy lets 1 MB through.
LARGEST = 900_000
# More than this is not read to its end, whatever the browser then shows.
_UNREAD_BEYOND = 50_000_000
_MARK = "upload_too_large"


def too_large(request: HttpRequest) -> bool:
    """Whether a file was sent that was dropped for its size."""
    return bool(getattr(request, _MARK, False))


class SmallFileHandler(FileUploadHandler):
    """Keeps up to LARGEST bytes; drops a larger file and marks the request with it.

    Raises TooManyFilesSent (answered with 400) at addresses that take no files.
    """

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        request = self.request
        if request is None or not request.path.startswith(tuple(settings.UPLOADS_AT)):
            raise TooManyFilesSent("No files are taken here.")
        self.kept = BytesIO()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        if start + len(raw_data) <= LARGEST:
            self.kept.write(raw_data)
            return None
        setattr(self.request, _MARK, True)
        if (self.content_length or 0) > _UNREAD_BEYOND:
            raise StopUpload(connection_reset=True)
        raise SkipFile

    def handle_raw_input(
        self,
        input_data: Any,
        META: dict[str, str],  # noqa: N803 - Django's name
        content_length: int,
        boundary: str,
        encoding: str | None = None,
    ) -> None:
        self.content_length: int | None = content_length

    def file_complete(self, file_size: int) -> "UploadedFile[Any]":
        self.kept.seek(0)
        return InMemoryUploadedFile(
            self.kept,
            self.field_name,
            self.file_name or "",
            self.content_type,
            file_size,
            self.charset,
            self.content_type_extra,
        )
