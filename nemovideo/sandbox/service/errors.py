"""The errors that the service answers with (wire-contract section 3)."""

from nemovideo.sandbox.service.settings import ErrorStatus

_HTTP_STATUS = {1001: 401, 1002: 404, 2001: 403, 4001: 415, 4002: 413}


class APIError(Exception):
    """An error response: its code and message, and an HTTP status if that is always the same."""

    def __init__(self, code: int, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status

    def http_status(self, style: ErrorStatus, number: int) -> int:
        """Return the HTTP status of the response; `number` alternates the styles of "mixed"."""
        if self.status is not None:
            return self.status
        as_http = style == "http" or (style == "mixed" and number % 2 == 1)
        return _HTTP_STATUS.get(self.code, 400) if as_http else 200


def bad_request(message: str) -> APIError:
    return APIError(400, message, status=400)


def session_not_found() -> APIError:
    return APIError(1002, "Session not found")
