"""The errors that the service answers with (wire-contract section 3)."""

from nemovideo.sandbox.service.settings import ErrorStatus


class APIError(Exception):
    """The service says no: a code of wire-contract section 3, its HTTP status and its words."""

    def __init__(self, code: int, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status

    def http_status(self, style: ErrorStatus, number: int) -> int:
        """The HTTP status that carries this refusal; `number` counts answers, for "mixed"."""
        if self.status is not None:
            return self.status
        as_http = style == "http" or (style == "mixed" and number % 2 == 1)
        return _HTTP_STATUS.get(self.code, 400) if as_http else 200


_HTTP_STATUS = {1001: 401, 1002: 404, 2001: 403, 4001: 415, 4002: 413}


def invalid_token() -> APIError:
    """1001: the bearer is missing, unknown, revoked or expired."""
    return APIError(1001, "Invalid or expired token")


def session_not_found() -> APIError:
    """1002: there is no such session for this user."""
    return APIError(1002, "Session not found")


def insufficient_credits(available: int, cost: int) -> APIError:
    """2001: the message costs more than is left."""
    return APIError(2001, f"Insufficient credits: this needs {cost}, {available} available")


def unsupported_file(filename: str) -> APIError:
    """4001: neither the name nor the content is a kind of file that is taken."""
    return APIError(4001, f"Unsupported file: {filename}")


def file_too_large(filename: str, limit: int) -> APIError:
    """4002: the file is over the limit, in bytes."""
    return APIError(4002, f"File too large: {filename} is over {limit // 2**20} MB")


def bad_request(message: str) -> APIError:
    """400: the request makes no sense."""
    return APIError(400, message, status=400)


def missing_client_id() -> APIError:
    """400: the token request came without a usable `X-Client-Id`."""
    return APIError(400, "Missing or invalid X-Client-Id header", status=400)


def export_blocked(reason: str) -> APIError:
    """402: export is not part of the plan, or nobody can tell who asks."""
    return APIError(402, f"Export blocked: {reason}", status=402)


def rate_limited() -> APIError:
    """429: too many tokens for this client or address within a week."""
    return APIError(429, "Too many token requests: one token per client per 7 days", status=429)


def missing_scope(scope: str) -> APIError:
    """403: the token does not reach that far."""
    return APIError(403, f"The token lacks the scope '{scope}'", status=403)


def render_not_found() -> APIError:
    """404: there is no such render for this user."""
    return APIError(404, "Render not found", status=404)


def duplicate_render(render_id: str) -> APIError:
    """409: the id was used before."""
    return APIError(409, f"Duplicate render id: {render_id} already exists", status=409)
