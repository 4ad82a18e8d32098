/** The picture of one region: snapshots that are read when events say that something changed, and now and then all the same. */
import { underElection } from "./client";
import { OpenIncidents } from "./incidents.svelte";
import { Places } from "./places.svelte";
import { session } from "./session.svelte";
import { Snapshot } from "./snapshot.svelte";
import { Stream, type StreamState } from "./stream";
import { TpsPoints } from "./tps.svelte";
import type { DeskEvent, Overview, Region, Results } from "./types";

const EVENTS_KEPT = 200;
const LOOK_EVERY_S = 5;
const LOOK_HIDDEN_S = 60;
const OTHERS_EVERY_S = 15; // what is withheld becomes public without any event
const MAP_EVERY_S = 60;
/** A map of more points is a carpet, and its file too large for a telephone. */
export const MOST_POINTS = 5_000;

export interface Seen {
  event: DeskEvent;
  key: string;
}

export class Desk {
  readonly region: string;
  readonly overview: Snapshot<Overview>;
  readonly results: Snapshot<Results>;
  readonly within: Snapshot<Region>;
  readonly incidents: OpenIncidents;
  readonly points: TpsPoints;
  readonly places: Places;
  events = $state.raw<readonly Seen[]>([]);
  stream = $state.raw<StreamState>({ kind: "connecting" });
  now = $state(Date.now());

  #cursor: string | null = null;
  #stream: Stream | null = null;
  #looked = 0;
  #closed = false;
  readonly #ticking: ReturnType<typeof setInterval>;

  constructor(region: string) {
    this.region = region;
    const of = (path: string) => () => underElection(`/regions/${encodeURIComponent(region)}${path}`);
    this.overview = new Snapshot(of("/overview"), 1);
    this.results = new Snapshot(of("/results"), 3);
    this.within = new Snapshot(of(""), 10);
    this.incidents = new OpenIncidents(region);
    this.points = new TpsPoints(region);
    this.places = new Places();
    this.#ticking = setInterval(() => this.#tick(), 1_000);
    void this.#begin();
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#ticking);
    this.#stream?.close();
    for (const snapshot of this.#snapshots()) snapshot.stop();
  }

  /** How long ago the gateway last confirmed the overview, in seconds. */
  get ageS(): number | null {
    return this.overview.readAt === null ? null : Math.max(0, (this.now - this.overview.readAt) / 1_000);
  }

  async #begin(): Promise<void> {
    await this.#readAll();
    if (this.#closed) return;
    this.#stream = new Stream(this.region, {
      cursor: () => this.#cursor,
      onState: (state) => (this.stream = state),
      onEvents: (events, cursor) => this.#take(events, cursor),
      onReset: () => this.#readAll(),
    });
  }

  /**
   * Read every snapshot. The stream goes on from the overview's cursor; the others are read after it, so that whatever
   * comes after that cursor is either in them or told by the stream.
   */
  async #readAll(): Promise<void> {
    this.#looked = Date.now();
    await this.overview.refresh();
    this.#cursor = this.overview.body?.cursor ?? null;
    void this.within.refresh().then(() => this.places.learn(this.within.body));
    void this.results.refresh();
    void this.incidents.refresh();
    if (this.#hasMap()) void this.points.snapshot.refresh();
  }

  #take(events: DeskEvent[], cursor: string): void {
    this.#cursor = cursor;
    // At least once: an event that comes again stays where it was.
    const known = new Set(this.events.map(({ key }) => key));
    const fresh = new Map(events.filter(({ id }) => !known.has(id)).map((event) => [event.id, event]));
    const seen = [...fresh].map(([key, event]) => ({ event, key })).reverse();
    this.events = [...seen, ...this.events].slice(0, EVENTS_KEPT);
    this.overview.soon();
    const types = new Set(events.map((event) => event.type.split(".")[1]));
    if (types.has("turnout") || types.has("registry")) {
      this.results.soon();
      this.within.soon();
    }
    if (types.has("incidents") && this.incidents.allowed) this.incidents.soon();
    if (this.#hasMap()) this.points.take(events);
  }

  #tick(): void {
    this.now = Date.now();
    const every = document.hidden ? LOOK_HIDDEN_S : LOOK_EVERY_S;
    if (session.refusal || this.now - this.#looked < every * 1_000) return;
    this.#looked = this.now;
    this.overview.soon(); // deadlines pass and sources fall behind without any event
    for (const snapshot of this.#snapshots()) {
      const oldestS = snapshot === this.points.snapshot ? MAP_EVERY_S : OTHERS_EVERY_S;
      if (this.stream.kind !== "open" || this.now - (snapshot.readAt ?? 0) > oldestS * 1_000) snapshot.soon();
    }
  }

  #hasMap(): boolean {
    const total = this.overview.body?.tps_total;
    return total !== undefined && total <= MOST_POINTS;
  }

  #snapshots(): Snapshot<unknown>[] {
    const map = this.#hasMap() ? [this.points.snapshot] : [];
    const all = [this.overview, this.results, this.within, ...this.incidents.pages, ...map];
    return all as Snapshot<unknown>[];
  }
}
