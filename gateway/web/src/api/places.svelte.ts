/** Names of regions by code, learnt from the gateway when they are first needed. */
import { say } from "../language/language.svelte";
import { read, underElection } from "./client";
import type { Region } from "./types";

const MOST_LOOKUPS = 60;

export class Places {
  #names = $state<Record<string, string>>({});
  readonly #asked = new Set<string>();

  learn(region: Region | null): void {
    if (!region) return;
    this.#names[region.code] = region.name;
    for (const child of region.children) this.#names[child.code] = child.name;
    this.#asked.add(region.code);
  }

  /** `Kebon Pedes` for `32.71.06.1002`; the code itself until the name is known. */
  region(code: string): string {
    if (code === "*") return say("nation");
    const known = this.#names[code];
    if (known === undefined) this.#ask(code);
    return known ?? code;
  }

  /** `TPS 28 Kebon Pedes` for `32.71.06.1002.028`. */
  tps(code: string): string {
    const dot = code.lastIndexOf(".");
    return `TPS ${Number(code.slice(dot + 1))} ${this.region(code.slice(0, dot))}`;
  }

  /** A region's or a TPS's name, whichever the code is of. */
  of(code: string): string {
    return code.split(".").length === 5 ? this.tps(code) : this.region(code);
  }

  #ask(code: string): void {
    const parent = code.slice(0, code.lastIndexOf("."));
    if (!parent || this.#asked.has(parent) || this.#asked.size >= MOST_LOOKUPS) return;
    this.#asked.add(parent);
    queueMicrotask(async () => {
      try {
        this.learn((await read<Region>(underElection(`/regions/${parent}`))).body);
      } catch {
        // The code stays; it is a name too.
      }
    });
  }
}
