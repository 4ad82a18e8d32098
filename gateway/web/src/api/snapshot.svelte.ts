/** One snapshot of the gateway, kept until a newer one is there: what it says, how old it is, why it could not be read. */
import { Problem, read } from "./client";

export class Snapshot<T> {
  body = $state.raw<T | null>(null);
  /** When the gateway last confirmed it, by this machine's clock. */
  readAt = $state<number | null>(null);
  problem = $state.raw<Problem | null>(null);

  readonly #path: () => string;
  readonly #leastS: number;
  #etag: string | null = null;
  #pathRead = "";
  #reading: Promise<void> | null = null;
  #askedAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param leastS least time between two readings that events ask for, in seconds.
   */
  constructor(path: () => string, leastS: number) {
    this.#path = path;
    this.#leastS = leastS;
  }

  /** Read it now; whoever asks meanwhile gets the same reading. */
  refresh(): Promise<void> {
    this.#reading ??= this.#read().finally(() => (this.#reading = null));
    return this.#reading;
  }

  /** Something changed: read it soon, but not more often than it bears. */
  soon(): void {
    if (this.#timer !== undefined) return;
    const wait = Math.max(0, this.#askedAt + this.#leastS * 1_000 - Date.now());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.refresh();
    }, wait);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  async #read(): Promise<void> {
    this.#askedAt = Date.now();
    const path = this.#path();
    try {
      const answer = await read<T>(path, path === this.#pathRead ? this.#etag : null);
      if (path !== this.#path()) return;
      if (answer.body !== null) this.body = answer.body;
      this.#etag = answer.etag;
      this.#pathRead = path;
      this.readAt = Date.now();
      this.problem = null;
    } catch (error) {
      this.problem = error instanceof Problem ? error : new Problem(0, "unreadable", String(error));
    }
  }
}
