/**
 * The stream of events: a ticket (single use), an EventSource, and on any end a new ticket after a growing pause.
 *
 * The browser's own reconnecting would show the used ticket again, so an error closes the source for good.
 */
import { Problem, send, underElection } from "./client";
import type { DeskEvent } from "./types";

const FIRST_PAUSE_S = 1;
const LONGEST_PAUSE_S = 30;

export type StreamState = { kind: "connecting" } | { kind: "open" } | { kind: "away"; retryAt: number };

export interface Listener {
  /** Where to go on from when the stream is opened anew; null: from now. */
  cursor: () => string | null;
  onState: (state: StreamState) => void;
  onEvents: (events: DeskEvent[], cursor: string) => void;
  /** The place is lost: read the snapshots again, and answer when their cursor is there. */
  onReset: () => Promise<void>;
}

export class Stream {
  readonly #region: string;
  readonly #listener: Listener;
  #source: EventSource | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  #closed = false;

  constructor(region: string, listener: Listener) {
    this.#region = region;
    this.#listener = listener;
    window.addEventListener("online", this.#atOnce);
    void this.#open();
  }

  close(): void {
    this.#closed = true;
    window.removeEventListener("online", this.#atOnce);
    clearTimeout(this.#timer);
    this.#source?.close();
  }

  readonly #atOnce = (): void => {
    if (this.#source || this.#closed) return;
    clearTimeout(this.#timer);
    void this.#open();
  };

  async #open(): Promise<void> {
    this.#listener.onState({ kind: "connecting" });
    try {
      const { ticket } = await send<{ ticket: string }>(underElection("/stream-tickets"));
      if (!this.#closed) this.#follow(ticket);
    } catch (error) {
      this.#again(error instanceof Problem ? error.retryAfterS : null);
    }
  }

  #follow(ticket: string): void {
    const query = new URLSearchParams({ ticket, interval_s: "1" });
    if (this.#region !== "*") query.set("region", this.#region);
    const cursor = this.#listener.cursor();
    if (cursor) query.set("after", cursor);
    const source = new EventSource(`${underElection("/stream")}?${query}`);
    this.#source = source;
    source.addEventListener("hello", () => {
      this.#failures = 0;
      this.#listener.onState({ kind: "open" });
    });
    source.addEventListener("events", (frame: MessageEvent<string>) => {
      const { items } = JSON.parse(frame.data) as { items: DeskEvent[] };
      this.#listener.onEvents(items, frame.lastEventId);
    });
    source.addEventListener("reset", () => void this.#reset());
    source.addEventListener("error", () => this.#again());
  }

  async #reset(): Promise<void> {
    this.#drop();
    this.#listener.onState({ kind: "connecting" });
    try {
      await this.#listener.onReset();
    } catch {
      this.#again();
      return;
    }
    if (!this.#closed) await this.#open();
  }

  #again(atLeastS: number | null = null): void {
    this.#drop();
    if (this.#closed) return;
    const grown = Math.min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** this.#failures++);
    const pauseS = Math.max(atLeastS ?? 0, grown * (0.5 + Math.random() / 2)); // spread: a gateway that is back is not run over
    this.#listener.onState({ kind: "away", retryAt: Date.now() + pauseS * 1_000 });
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#open(), pauseS * 1_000);
  }

  #drop(): void {
    this.#source?.close();
    this.#source = null;
  }
}
