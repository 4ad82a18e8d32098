/** Requests to the gateway: a token in a header, an ETag where there is one, problems as they are. */
import { speech } from "../language/language.svelte";
import { session } from "./session.svelte";

/** A problem (RFC 9457) that the desk answered with, or `unreachable` where it did not answer. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    readonly retryAfterS: number | null = null,
  ) {
    super(detail);
  }
}

export interface Answer<T> {
  body: T | null;
  etag: string | null;
}

/** Read a resource; `body` is null where it is what `etag` stood for. */
export async function read<T>(path: string, etag: string | null = null): Promise<Answer<T>> {
  const headers: Record<string, string> = etag ? { "If-None-Match": etag } : {};
  const response = await ask(path, { headers });
  if (response.status === 304) return { body: null, etag };
  return { body: (await response.json()) as T, etag: response.headers.get("ETag") };
}

export async function send<T>(path: string): Promise<T> {
  const response = await ask(path, { method: "POST" });
  return (await response.json()) as T;
}

export function underElection(path: string): string {
  return `/v1/elections/${encodeURIComponent(session.election)}${path}`;
}

async function ask(path: string, init: RequestInit): Promise<Response> {
  const headers = {
    ...init.headers,
    Authorization: `Bearer ${session.token}`,
    "Accept-Language": speech.language,
  };
  const options: RequestInit = {
    ...init,
    headers,
    cache: "no-store", // what is kept is kept here, with its age
    credentials: "omit",
    signal: AbortSignal.timeout(20_000),
  };
  const response = await fetch(path, options).catch(() => {
    throw new Problem(0, "unreachable", "");
  });
  if (response.ok || response.status === 304) return response;
  if (response.status === 401) session.refused();
  throw await problemOf(response);
}

async function problemOf(response: Response): Promise<Problem> {
  const wait = Number(response.headers.get("Retry-After")) || null;
  try {
    const document = (await response.json()) as { code?: string; title?: string; detail?: string };
    const detail = document.detail || document.title || response.statusText;
    return new Problem(response.status, document.code ?? "unknown", detail, wait);
  } catch {
    return new Problem(response.status, "unknown", response.statusText, wait);
  }
}
