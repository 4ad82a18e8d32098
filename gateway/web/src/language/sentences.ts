/** An event as a sentence. */
import type { DeskEvent } from "../api/types";
import type { Places } from "../api/places.svelte";
import { eventWords, unknownEvent } from "./events";
import { speech } from "./language.svelte";

const GROUPS: Readonly<Record<string, string>> = {
  milestone: "milestone",
  category: "category",
  agency: "agency",
  risk_class: "riskClass",
};

/** The TPS that an event is about, if it is about one. */
export function tpsOf(event: DeskEvent): string | null {
  return typeof event.data.tps_code === "string" ? event.data.tps_code : null;
}

export function sentenceOf(event: DeskEvent, places: Places): string {
  const word = eventWords[event.type] ?? unknownEvent;
  const filled = speech.fill(word, { ...valuesOf(event, places), type: event.type });
  return filled.replace(/[.\s]+$/, "").replace(/^: /, "");
}

/** What sort of event it is, for the sign beside it. */
export function toneOf(event: DeskEvent): "bad" | "warn" | "plain" {
  const { type, data } = event;
  if (type.startsWith("desk.incidents.incident.reported")) return "bad";
  if (/discrepancy_opened|tally\.disputed|problem\.registered|stray_scan\.recorded/.test(type)) return "warn";
  if (data.milestone === "suspended") return "bad";
  return data.milestone === "moved" || data.held === true ? "warn" : "plain";
}

function valuesOf({ data, contest, type }: DeskEvent, places: Places): Record<string, string> {
  const values: Record<string, string> = {};
  for (const [name, value] of Object.entries(data)) {
    if (typeof value === "number") values[name] = speech.count(value);
    else if (typeof value === "string") {
      const group = GROUPS[name];
      const said = group ? speech.sayOf(group, value) : value;
      values[name] = group && group !== "agency" ? inSentence(said) : said;
    }
  }
  const place = data.tps_code ?? data.region_code;
  if (typeof place === "string") values.place = places.of(place);
  const held = data.contest ?? contest;
  if (typeof held === "string") values.contest = held.split("-")[0] ?? held;
  if (typeof data.slot === "string") values.slot = speech.slot(data.slot);
  if (type.startsWith("desk.logistics.box") && typeof data.state === "string") {
    values.box = speech.sayOf("box", data.state);
  } else if (typeof data.state === "string") values.state = speech.sayOf("state", data.state);
  if (type.includes(".tps_risk.") && typeof data.kind === "string")
    values.risk = inSentence(speech.sayOf("risk", data.kind));
  return values;
}

/** A label begins with a capital; within a sentence it does not, unless it is an abbreviation. */
function inSentence(text: string): string {
  return /^\p{Lu}\p{Ll}/u.test(text) ? text.charAt(0).toLocaleLowerCase() + text.slice(1) : text;
}
