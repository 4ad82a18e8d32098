/**
 * Who looks: an access token, kept in this tab only.
 *
 * It comes pasted into a form, or once in the address after `#` (which no browser sends to a server) and is taken out
 * of the address bar at once. A link may be anybody's, who would have this browser look and act as somebody else: what
 * it brings is kept only once whoever sits here has said so. There is no cookie, so no other site can make this browser
 * ask for anything. Signing out ends the token at the desk.
 */
const KEPT = "desk.token";
const DEFAULT_ELECTION = "pilkada-2024";
const NATION = "*";
const REGION = /^(\*|\d{2}(\.\d{2}(\.\d{2}(\.\d{4})?)?)?)$/;

interface Claims {
  exp: number;
  sub?: string;
  regions?: string[];
  election?: string;
  roles?: string[];
  scope?: string;
}

export type Refusal = "tokenUnreadable" | "tokenExpired" | "tokenRefused";

class Session {
  token = $state<string | null>(null);
  refusal = $state<Refusal | null>(null);
  region = $state<string | null>(null);
  /** A token that a link brought, and that nobody has said yes to. */
  offered = $state<string | null>(null);
  #told = $state<string | null>(null);

  readonly claims = $derived(this.token ? claimsOf(this.token) : null);
  readonly election = $derived(
    this.claims?.election ?? fromQuery("election") ?? this.#told ?? DEFAULT_ELECTION,
  );
  /** The token's regions that have a page; a grant of one TPS or of a named group has none. */
  readonly regions = $derived((this.claims?.regions ?? []).filter((code) => isRegion(code)));
  readonly scopes = $derived(new Set((this.claims?.scope ?? "").split(" ")));

  /** What the token of a link says of itself, for whoever is asked. */
  readonly offer = $derived(this.offered ? claimsOf(this.offered) : null);

  constructor() {
    const given = takenFromAddress();
    const kept = sessionStorage.getItem(KEPT);
    if (kept) this.enter(kept);
    this.#ask(given);
    this.region = askedRegion() ?? this.region;
    window.addEventListener("popstate", () => (this.region = askedRegion() ?? this.#own()));
    window.addEventListener("hashchange", () => this.#ask(takenFromAddress()));
  }

  /** Let whoever sits here say whether the token of a link is theirs; one that is none, or has expired, is said so. */
  #ask(given: string | null): void {
    if (given === null || given === this.token) return;
    if (wrongWith(given) === null) this.offered = given;
    else this.enter(given);
  }

  /** The token of the link is mine. */
  accept(): void {
    const given = this.offered;
    this.offered = null;
    if (given === null) return;
    this.region = askedRegion();
    this.enter(given);
  }

  decline(): void {
    this.offered = null;
  }

  /** Take a token; what is none, or has expired, is said and not kept. */
  enter(text: string): boolean {
    const token = text.trim().replace(/^Bearer\s+/i, "");
    const wrong = wrongWith(token);
    if (wrong) {
      this.refusal = wrong;
      return false;
    }
    sessionStorage.setItem(KEPT, token);
    this.token = token;
    this.refusal = null;
    this.region ??= this.#own();
    return true;
  }

  /** Look at another region; the address names it, so that the view can be shared (without the token). */
  look(region: string): void {
    const address = new URL(location.href);
    address.searchParams.set("region", region);
    history.pushState(null, "", address);
    this.region = region;
  }

  /** The desk's own election and region, for a token that names none. */
  told(election: string, region: string | null): void {
    this.#told = election;
    this.region ??= region ?? (this.regions.includes(NATION) ? NATION : null);
  }

  covers(region: string): boolean {
    return this.regions.some((held) => held === NATION || region === held || region.startsWith(`${held}.`));
  }

  may(scope: string): boolean {
    return this.scopes.has(scope);
  }

  /** The desk did not take the token: ask for another one, over the view that is there. */
  refused(): void {
    const expired = (this.claims?.exp ?? 0) * 1_000 <= Date.now();
    this.refusal = expired ? "tokenExpired" : "tokenRefused";
    sessionStorage.removeItem(KEPT);
  }

  /** Sign out: the desk is told that the token is over, and it is forgotten here whatever the desk says. */
  leave(): void {
    const body = new URLSearchParams({ token: this.token ?? "" });
    void fetch("/v1/oauth/revoke", { method: "POST", body, keepalive: true }).catch(() => undefined);
    sessionStorage.removeItem(KEPT);
    this.token = this.refusal = null;
    location.assign(location.pathname);
  }

  #own(): string | null {
    return this.regions.find((code) => code !== NATION) ?? null;
  }
}

/** What is wrong with a token as far as it can be seen from here; null where nothing is. */
function wrongWith(token: string): Refusal | null {
  const claims = claimsOf(token);
  if (!claims) return "tokenUnreadable";
  return claims.exp * 1_000 <= Date.now() ? "tokenExpired" : null;
}

/** What a token says of itself; the page only shows it, the desk alone judges it. */
function claimsOf(token: string): Claims | null {
  try {
    const [, body = ""] = token.split(".");
    const bytes = Uint8Array.from(atob(body.replaceAll("-", "+").replaceAll("_", "/")), (c) =>
      c.charCodeAt(0),
    );
    const claims: unknown = JSON.parse(new TextDecoder().decode(bytes));
    const known =
      typeof claims === "object" && claims !== null && "exp" in claims && typeof claims.exp === "number";
    return known ? (claims as Claims) : null;
  } catch {
    return null;
  }
}

function takenFromAddress(): string | null {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const token = fragment.get("token");
  if (token !== null) history.replaceState(null, "", location.pathname + location.search);
  return token;
}

function fromQuery(name: string): string | null {
  return new URLSearchParams(location.search).get(name);
}

function askedRegion(): string | null {
  const asked = fromQuery("region");
  return asked && REGION.test(asked) ? asked : null;
}

export const isRegion = (code: string): boolean => REGION.test(code);
export const session = new Session();
