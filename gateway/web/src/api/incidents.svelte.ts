/** The incidents that are open, of the tokens that may see how they are dealt with. */
import { underElection } from "./client";
import { session } from "./session.svelte";
import { Snapshot } from "./snapshot.svelte";
import type { Incident } from "./types";

const OPEN_STATES = ["reported", "acknowledged", "acting"];
const SEVERITIES = ["critical", "high", "medium", "unassessed", "low"];
const MOST = 200;

interface IncidentPage {
  items: Incident[];
  next_cursor: string | null;
}

export class OpenIncidents {
  readonly allowed = session.may("incidents:read") && session.may("events:operational");
  readonly pages = $state.raw<Snapshot<IncidentPage>[]>([]);

  /** The worst first; among equals what is overdue, then the newest. */
  readonly items = $derived.by(() => {
    // The states are read one after the other: one that moved on meanwhile is in two of them.
    const found = this.pages.flatMap((page) => page.body?.items ?? []);
    const once = new Map(found.map((item) => [item.incident_id, item]));
    return [...once.values()].sort(
      (a, b) =>
        SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) ||
        Number(b.overdue) - Number(a.overdue) ||
        b.reported_at.localeCompare(a.reported_at),
    );
  });
  readonly more = $derived(this.pages.some((page) => page.body?.next_cursor));
  /** The TPS that have one. */
  readonly tps = $derived(new Set(this.items.flatMap((item) => item.tps_code ?? [])));

  constructor(region: string) {
    const of = (state: string) =>
      `/incidents?region=${encodeURIComponent(region)}&state=${state}&limit=${MOST}`;
    this.pages = this.allowed
      ? OPEN_STATES.map((state) => new Snapshot(() => underElection(of(state)), 2))
      : [];
  }

  async refresh(): Promise<void> {
    await Promise.all(this.pages.map((page) => page.refresh()));
  }

  soon(): void {
    for (const page of this.pages) page.soon();
  }
}
