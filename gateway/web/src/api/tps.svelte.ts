/** The TPS as points: read once, then changed by the events that tell of them, and read again now and then. */
import { underElection } from "./client";
import { Snapshot } from "./snapshot.svelte";
import type { DeskEvent, TpsFeature, TpsMap } from "./types";

/** A milestone that came by event; a snapshot read clearly later knows better. */
interface Told {
  milestone: string;
  at: number;
}

const SNAPSHOT_MAY_BE_OLD_MS = 3_000;

export class TpsPoints {
  readonly snapshot: Snapshot<TpsMap>;
  #told = $state.raw<ReadonlyMap<string, Told>>(new Map());

  readonly features = $derived.by(() => (this.snapshot.body?.features ?? []).map((f) => this.#current(f)));

  constructor(region: string) {
    this.snapshot = new Snapshot(
      () => underElection(`/tps.geojson?region=${encodeURIComponent(region)}`),
      15,
    );
  }

  take(events: DeskEvent[]): void {
    const told = new Map<string, Told>();
    for (const { type, data } of events) {
      if (type === "desk.turnout.voting_day.milestone_recorded.v1") {
        told.set(String(data.tps_code), { milestone: String(data.milestone), at: Date.now() });
      } else if (type.startsWith("desk.registry.tps")) {
        this.snapshot.soon();
      }
    }
    if (told.size) this.#told = new Map([...this.#told, ...told]);
  }

  #current(feature: TpsFeature): TpsFeature {
    const told = this.#told.get(feature.properties.code);
    if (!told || told.at + SNAPSHOT_MAY_BE_OLD_MS < (this.snapshot.readAt ?? 0)) return feature;
    return { ...feature, properties: { ...feature.properties, milestone: told.milestone } };
  }
}
