"""What can be wrong with a request, as exceptions: one tree, each leaf a status, a stable code, two titles.

    Problem
    x BadRequest 400                    bad-request
      - IdempotencyKeyMissing           idempotency-key-missing
      - IdempotencyKeyInvalid           idempotency-key-invalid
      - BodyUnreadable                  body-unreadable
      - BodyAmbiguous                   body-ambiguous
      - UnknownParameter                unknown-parameter
      - InvalidParameter                invalid-parameter
      - CursorInvalid                   cursor-invalid
      - PersonalNumberInUrl             personal-number-in-url
    x Unauthenticated 401               unauthenticated
      - TokenExpired                    token-expired
      - TokenNotYetValid                token-not-yet-valid
      - TokenRevoked                    token-revoked
      - TokenInvalid                    token-invalid
      - SignInTooWeak                   sign-in-too-weak
    x Forbidden 403                     forbidden
      - ScopeMissing                    scope-missing
      - PersonRequired                  person-required
      - ElectionNotCovered              election-not-covered
      - RegionNotCovered                region-not-covered
    x NotFound 404                      not-found
    x MethodNotAllowed 405              method-not-allowed
    x NotAcceptable 406                 not-acceptable
    x SlowRequest 408                   slow-request
    x Conflict 409                      conflict
      - WrongState                      wrong-state
    x PreconditionFailed 412            precondition-failed
    x PayloadTooLarge 413               payload-too-large
    x UnsupportedMediaType 415          unsupported-media-type
    x InvalidPayload 422                invalid-payload
      - IdempotencyKeyReused            idempotency-key-reused
    x PreconditionRequired 428          precondition-required
    x TooManyRequests 429               too-many-requests
    x HeadTooLarge 431                  head-too-large
    x InternalError 500                 internal-error
    x Unavailable 503                   unavailable
      - NotCaughtUp                     not-caught-up
      - Overloaded                      overloaded
    x OutcomeUnknown 504                outcome-unknown

A service adds leaves of its own in its `errors.py`. Problems are raised, never returned: a refusal that is
returned would commit. Nothing here knows the web; `chassis.problem_responses` turns these into RFC 9457
answers.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong with one place of a payload or of the parameters; never the value that was sent.

    Args:
        pointer: JSON pointer into the body (`/votes/3`, empty for the whole of it), or the parameter with its
            place:
            `query:limit`, `path:code`, `header:if-match`.
        code: stable word for what is wrong (`missing`, `E-CAND-SUM`).
        detail: one sentence for people, without the value.
        detail_id: the same in Indonesian.
    """

    pointer: str
    code: str
    detail: str
    detail_id: str


class Problem(Exception):
    """Base of everything that a caller is told is wrong; raise one of its leaves.

    Args:
        detail: what is wrong this time, in English, without personal data and without the value that was
            sent.
        detail_id: the same in Indonesian; where it is empty an Indonesian reader gets the English sentence.
        errors: the places that are wrong, for a payload.
        current_state: the state that the thing is in; every conflict says it.
        allowed: what can be done from there: the way out, which every conflict shows; empty only where there is none.
        retry_after_s: whole seconds until another try makes sense; the class's own where it is left out.
        members: what else the document of this kind of problem has (RFC 9457 section 3.2).
    """

    status: ClassVar[int]
    code: ClassVar[str]
    title: ClassVar[str]
    title_id: ClassVar[str]
    retryable: ClassVar[bool] = False
    default_retry_after_s: ClassVar[int | None] = None

    def __init__(
        self,
        detail: str = "",
        *,
        detail_id: str = "",
        errors: Sequence[FieldError] = (),
        current_state: str | None = None,
        allowed: Sequence[str] = (),
        retry_after_s: int | None = None,
        members: Mapping[str, str | int] | None = None,
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail
        self.detail_id = detail_id
        self.errors = tuple(errors)
        self.current_state = current_state
        self.allowed = tuple(allowed)
        self.members = dict(members or {})
        self.retry_after_s = self.default_retry_after_s if retry_after_s is None else retry_after_s

    def headers(self) -> Mapping[str, str]:
        """Return the response headers that belong to this problem."""
        return {} if self.retry_after_s is None else {"Retry-After": str(self.retry_after_s)}


def problem_types(root: type[Problem] = Problem) -> list[type[Problem]]:
    """Return every problem that is defined so far, by status, code and module; the documentation is made from it.

    Services may share a code, and what the set gives first is an accident, so the module has the last word.
    """
    kinds = set(_descendants(root))
    return sorted(kinds, key=lambda kind: (kind.status, kind.code, kind.__module__, kind.__qualname__))


def _descendants(root: type[Problem]) -> Iterator[type[Problem]]:
    for kind in root.__subclasses__():
        yield kind
        yield from _descendants(kind)


class BadRequest(Problem):
    """The request cannot be understood as it stands."""

    status, code = 400, "bad-request"
    title, title_id = "The request cannot be understood", "Permintaan tidak dapat dipahami"


class IdempotencyKeyMissing(BadRequest):
    """A command came without `Idempotency-Key`, so that a repeat could not be told from a second command."""

    code = "idempotency-key-missing"
    title, title_id = "A command needs an Idempotency-Key", "Perintah memerlukan Idempotency-Key"


class IdempotencyKeyInvalid(BadRequest):
    """The `Idempotency-Key` is empty, too long, or has characters that a key may not have."""

    code = "idempotency-key-invalid"
    title, title_id = "This is not a usable Idempotency-Key", "Idempotency-Key ini tidak dapat dipakai"


class BodyUnreadable(BadRequest):
    """The body is no JSON at all: it ends early, is not UTF-8, or is nested too deep."""

    code = "body-unreadable"
    title, title_id = "The body is not JSON", "Isi permintaan bukan JSON"


class BodyAmbiguous(BadRequest):
    """An object of the body has one name twice, so that nobody knows which value was meant."""

    code = "body-ambiguous"
    title, title_id = "The body can be read in two ways", "Isi permintaan bermakna ganda"


class UnknownParameter(BadRequest):
    """A query parameter that this route does not have; a misspelt filter must not widen a list in silence."""

    code = "unknown-parameter"
    title, title_id = "Unknown query parameter", "Parameter kueri tidak dikenal"


class InvalidParameter(BadRequest):
    """A query parameter that the route has, with a value that it does not have (a sort key, a field)."""

    code = "invalid-parameter"
    title, title_id = "A query parameter has an unknown value", "Nilai parameter kueri tidak dikenal"


class CursorInvalid(BadRequest):
    """A cursor that did not come from this list, or was changed on the way; start again without one."""

    code = "cursor-invalid"
    title, title_id = "This cursor does not belong to this list", "Kursor ini bukan milik daftar ini"


class PersonalNumberInUrl(BadRequest):
    """A NIK or a family number stands in the address, where histories and other people's logs keep it."""

    code = "personal-number-in-url"
    title, title_id = "A personal number stands in the address", "Nomor pribadi tercantum dalam alamat"


class Unauthenticated(Problem):
    """No token at all. What is wrong with a token is told by the class of the reason alone, in the leaves below."""

    status, code = 401, "unauthenticated"
    title, title_id = "A valid access token is needed", "Diperlukan token akses yang sah"

    def headers(self) -> Mapping[str, str]:
        """Name the scheme, and the class of the reason where there was a token (RFC 6750 section 3)."""
        told = f'Bearer error="invalid_token", error_description="{self.code}"' if self.detail else "Bearer"
        return {**super().headers(), "WWW-Authenticate": told}


class TokenExpired(Unauthenticated):
    """The token's time is over; ask for a new one."""

    code = "token-expired"
    title, title_id = "The access token has expired", "Token akses sudah kedaluwarsa"


class TokenNotYetValid(Unauthenticated):
    """The token was issued in the future: the clocks of its issuer and of the desk are apart."""

    code = "token-not-yet-valid"
    title, title_id = "The access token is not valid yet", "Token akses belum berlaku"


class TokenRevoked(Unauthenticated):
    """Its application, person or device changed or ended after the token was issued; ask for a new one."""

    code = "token-revoked"
    title, title_id = "The access token no longer counts", "Token akses tidak berlaku lagi"


class TokenInvalid(Unauthenticated):
    """Signature, key, algorithm, issuer, audience, kind or length of life are not what the desk takes; it is not said which."""

    code = "token-invalid"
    title, title_id = "The access token is not accepted", "Token akses tidak diterima"


class SignInTooWeak(Unauthenticated):
    """How the person signed in at another issuer is not strong enough for this desk, not recent enough, or not said."""

    code = "sign-in-too-weak"
    title, title_id = "A stronger sign-in is needed", "Diperlukan cara masuk yang lebih kuat"


class Forbidden(Problem):
    """The caller is known, and may not do this; judged before anything is looked up."""

    status, code = 403, "forbidden"
    title, title_id = "Not allowed", "Tidak diizinkan"


class ScopeMissing(Forbidden):
    """The token does not have the scope that this route asks for."""

    code = "scope-missing"
    title, title_id = "The token lacks a scope", "Token tidak memiliki cakupan yang diperlukan"


class PersonRequired(Forbidden):
    """An application alone may not enter, verify, adjudicate or correct; a named person must stand behind it."""

    code = "person-required"
    title, title_id = "A named person is needed", "Diperlukan orang yang bertanggung jawab"


class ElectionNotCovered(Forbidden):
    """The token is for another election."""

    code = "election-not-covered"
    title, title_id = "The token is for another election", "Token berlaku untuk pemilihan lain"


class RegionNotCovered(Forbidden):
    """The region is not among the token's; the same answer whether the region exists or not."""

    code = "region-not-covered"
    title, title_id = "The region is outside the token's regions", "Wilayah di luar wilayah token"


class NotFound(Problem):
    """Nothing is known by this name within the caller's regions.

    A thing that this service knows only by another service's events names that service in `learned_from`; while this
    process has not caught up with it, the answer is `NotCaughtUp` in its place.
    """

    status, code = 404, "not-found"
    title, title_id = "Not found", "Tidak ditemukan"
    learned_from: ClassVar[str] = ""


class MethodNotAllowed(Problem):
    """The resource is there, and cannot do this; `Allow` says what it can."""

    status, code = 405, "method-not-allowed"
    title, title_id = "The resource does not know this method", "Metode tidak dikenal oleh sumber daya ini"


class NotAcceptable(Problem):
    """None of the forms that the caller accepts can be made."""

    status, code = 406, "not-acceptable"
    title, title_id = "No acceptable form", "Tidak ada bentuk yang dapat diterima"


class SlowRequest(Problem):
    """The body did not arrive in time; nothing of it was used."""

    status, code, retryable = 408, "slow-request", True
    title, title_id = "The body did not arrive in time", "Isi permintaan tidak tiba pada waktunya"


class Conflict(Problem):
    """The command contradicts what is already recorded."""

    status, code = 409, "conflict"
    title, title_id = (
        "The command contradicts what is recorded",
        "Perintah bertentangan dengan data yang tercatat",
    )


class WrongState(Conflict):
    """The thing is in a state from which this cannot be done; `current_state` and `allowed` show the way out."""

    code = "wrong-state"
    title, title_id = "Not possible in this state", "Tidak dapat dilakukan pada keadaan ini"


class PreconditionFailed(Problem):
    """The thing changed since the caller read it; read again, then decide again."""

    status, code = 412, "precondition-failed"
    title, title_id = "It changed since you read it", "Data telah berubah sejak Anda membacanya"


class PayloadTooLarge(Problem):
    """The body is larger than this route takes."""

    status, code = 413, "payload-too-large"
    title, title_id = "The body is too large", "Isi permintaan terlalu besar"


class UnsupportedMediaType(Problem):
    """The body is in a form that this route does not read."""

    status, code = 415, "unsupported-media-type"
    title, title_id = "This form of body is not read here", "Bentuk isi ini tidak dapat dibaca di sini"


class InvalidPayload(Problem):
    """The request does not have the shape that the route asks for; `errors` says where, never echoing what was sent."""

    status, code = 422, "invalid-payload"
    title, title_id = "The request does not have the right shape", "Bentuk permintaan tidak sesuai"


class IdempotencyKeyReused(InvalidPayload):
    """The key was used before with another body; a new command needs a new key."""

    code = "idempotency-key-reused"
    title, title_id = "This key was used with another body", "Kunci ini sudah dipakai dengan isi lain"


class PreconditionRequired(Problem):
    """A change of this thing must say which version it changes, with `If-Match`."""

    status, code = 428, "precondition-required"
    title, title_id = "Say which version you change", "Sebutkan versi yang diubah"


class TooManyRequests(Problem):
    """The caller's budget is used up for now."""

    status, code, retryable, default_retry_after_s = 429, "too-many-requests", True, 1
    title, title_id = "Too many requests", "Terlalu banyak permintaan"


class HeadTooLarge(Problem):
    """Address and headers together, or what follows a body in pieces, are larger than the desk reads."""

    status, code = 431, "head-too-large"
    title, title_id = "The head of the request is too large", "Kepala permintaan terlalu besar"


class InternalError(Problem):
    """A fault of the desk; its log has the trace id."""

    status, code = 500, "internal-error"
    title, title_id = "A fault of the desk", "Kesalahan pada sistem desk"


class Unavailable(Problem):
    """Something that the desk needs is away; repeat with the same key."""

    status, code, retryable, default_retry_after_s = 503, "unavailable", True, 2
    title, title_id = "Not available at the moment", "Sedang tidak tersedia"


class NotCaughtUp(Unavailable):
    """This service has not yet heard everything that the owner has published, so absence proves nothing."""

    code, default_retry_after_s = "not-caught-up", 1
    title, title_id = "Not caught up with the owner yet", "Belum mengejar data pemiliknya"


class Overloaded(Unavailable):
    """More is waiting than can be done in time; the command was not begun."""

    code, default_retry_after_s = "overloaded", 1
    title, title_id = "Too much is waiting", "Antrean terlalu panjang"


class OutcomeUnknown(Problem):
    """The answer was lost after the command was sent; repeating with the same key is safe and tells."""

    status, code, retryable, default_retry_after_s = 504, "outcome-unknown", True, 1
    title, title_id = "The outcome is not known", "Hasil perintah belum diketahui"
