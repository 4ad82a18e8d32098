"""The public API of a desk on this machine, spoken to with tokens that the desk's own key signs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar
from uuid import uuid4

import httpx
import stamina
from pydantic import BaseModel, ValidationError

from cli import tokens
from cli.errors import DeskError
from contracts.access import NATION, Role
from deploy.desk_settings import DeskSettings, read_settings
from deploy.run_folder import RunFolder

PATIENCE_S = 30.0
"""So long a desk may be too busy, or one of its services away, before a command gives up."""

_AGAIN = frozenset({429, 503, 504})
"""Answers after which the same request, with the same key, is sent again."""

_TIMEOUT = httpx.Timeout(60.0, connect=3.0)

T = TypeVar("T", bound=BaseModel)


class FieldComplaint(BaseModel):
    """One thing that is wrong with what was sent."""

    pointer: str = ""
    code: str = ""
    detail: str = ""


class Problem(BaseModel):
    """What a refusal says (RFC 9457), as far as we show it."""

    code: str = ""
    title: str = ""
    detail: str = ""
    errors: list[FieldComplaint] = []
    allowed: list[str] = []


class DownError(DeskError):
    """No desk answers there."""


class RefusedError(DeskError):
    """The desk refused.

    Attributes:
        status: of its answer.
    """

    def __init__(self, status: int, problem: Problem) -> None:
        what = f"{status} {problem.code}: {problem.detail or problem.title}"
        fields = [f"{each.pointer} {each.code}: {each.detail}" for each in problem.errors]
        ways = [f"you can {way}" for way in problem.allowed]
        super().__init__("\n  ".join([what, *fields, *ways]))
        self.status = status


class _BusyError(RefusedError):
    """It may go well when the same is sent again."""


@dataclass(frozen=True)
class Content:
    """The body of a request."""

    data: bytes
    media_type: str = "application/json"


class Api:
    """The public API of one desk.

    Args:
        folder: the desk's folder, whose key signs our tokens.
        settings: what the desk is for; read from its folder where they are left out.

    Raises:
        DeskError: the folder's settings cannot be read.
    """

    def __init__(self, folder: RunFolder, settings: DeskSettings | None = None) -> None:
        self.folder = folder
        self.settings = settings or settings_of(folder)
        self.url = folder.url("gateway")
        self._client = new_client()

    @property
    def election(self) -> str:
        """The path of the desk's election."""
        return f"/v1/elections/{self.settings.election}"

    def get(self, path: str, shape: type[T], *, role: Role, params: Mapping[str, str] | None = None) -> T:
        """Read something.

        Args:
            path: from `/v1` on.
            shape: what the answer is.
            role: whose token is shown.
            params: of the query.

        Raises:
            DownError: no desk answers.
            RefusedError: it refused.
        """
        return self._ask("GET", path, shape, role=role, params=params or {})

    def send(
        self,
        method: str,
        path: str,
        shape: type[T],
        *,
        role: Role,
        content: Content | None = None,
        if_match: int | None = None,
        params: Mapping[str, str] | None = None,
    ) -> T:
        """Send a command under a key of its own; it is sent again under that key while the desk is too busy.

        Args:
            method: `POST` or `PUT`.
            path: from `/v1` on.
            shape: what the answer is.
            role: whose token is shown.
            content: its body.
            if_match: the version that it changes.
            params: of the query.

        Raises:
            DownError: no desk answers.
            RefusedError: it refused.
        """
        headers = {"Idempotency-Key": str(uuid4())}
        if content is not None:
            headers["Content-Type"] = content.media_type
        if if_match is not None:
            headers["If-Match"] = f'"{if_match}"'
        data = content.data if content else None
        return self._ask(method, path, shape, role=role, params=params or {}, headers=headers, data=data)

    def _ask(
        self,
        method: str,
        path: str,
        shape: type[T],
        *,
        role: Role,
        params: Mapping[str, str],
        headers: Mapping[str, str] | None = None,
        data: bytes | None = None,
    ) -> T:
        for attempt in stamina.retry_context(on=_BusyError, attempts=None, timeout=PATIENCE_S):
            with attempt:
                shown = {"Authorization": f"Bearer {self._token(role)}", "Accept-Language": "en"}
                answer = request(
                    self._client,
                    method,
                    f"{self.url}{path}",
                    headers={**shown, **(headers or {})},
                    params=params,
                    content=data,
                )
                return parsed(answer, shape)
        raise AssertionError("the last attempt answers or raises")

    def _token(self, role: Role) -> str:
        wish = tokens.Wish(
            roles=[role],
            # Who runs the desk's own machine is there for all of it: its clock, rebuilding the gateway, the whole trail.
            regions=[NATION] if role in {Role.ADMIN, Role.AUDITOR} else [self.settings.region],
            person=None,
            device=None,
            election=self.settings.election,
            client="desk-cli",
            minutes=tokens.LONGEST_MINUTES,
        )
        try:
            return tokens.sign(self.folder, wish)
        except tokens.NoTokenError as error:
            raise DeskError(str(error)) from error


def settings_of(folder: RunFolder) -> DeskSettings:
    """Return what a desk is for.

    Raises:
        DeskError: its settings cannot be read.
    """
    try:
        return read_settings(folder)
    except ValueError as error:
        raise DeskError(f"the settings in {folder.path} cannot be read: {error}") from error


def new_client() -> httpx.Client:
    """Return a client for processes of this machine's desk: no proxy of the surroundings is asked."""
    return httpx.Client(trust_env=False, timeout=_TIMEOUT)


def request(
    client: httpx.Client,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    params: Mapping[str, str] | None = None,
    content: bytes | None = None,
) -> httpx.Response:
    """Send one request to a process of this machine's desk.

    Raises:
        DownError: nobody answers.
    """
    try:
        return client.request(method, url, headers=dict(headers), params=params, content=content)
    except httpx.TransportError as error:
        where = url.split("/", 3)[2]
        raise DownError(f"no desk answers on {where}: start it with `desk run`") from error


def parsed(answer: httpx.Response, shape: type[T]) -> T:
    """Return an answer in its shape.

    Raises:
        RefusedError: it is a refusal, or has no such shape.
    """
    if answer.is_success:
        try:
            return shape.model_validate_json(answer.content)
        except ValidationError as error:
            raise DeskError(f"{answer.url.path} answered in another shape: {error}") from error
    try:
        problem = Problem.model_validate_json(answer.content)
    except ValidationError:
        problem = Problem(title=answer.reason_phrase)
    kind = _BusyError if answer.status_code in _AGAIN else RefusedError
    raise kind(answer.status_code, problem)
