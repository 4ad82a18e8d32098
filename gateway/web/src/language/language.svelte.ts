/** The page's language, and how it writes words, numbers and times. */
import { dictionary, type Key, type Language, type Word } from "./dictionary";

type Values = Readonly<Record<string, string | number>>;

const KEPT = "desk.language";
const LOCALES: Record<Language, string> = { id: "id-ID", en: "en-GB" };
const ZONES: Record<string, string> = {
  "Asia/Jakarta": "WIB",
  "Asia/Makassar": "WITA",
  "Asia/Jayapura": "WIT",
};

class Speech {
  language = $state<Language>(localStorage.getItem(KEPT) === "en" ? "en" : "id");
  zone = $state("Asia/Jakarta");

  readonly zoneName = $derived(ZONES[this.zone] ?? this.zone);
  readonly #locale = $derived(LOCALES[this.language]);
  readonly #counts = $derived(new Intl.NumberFormat(this.#locale));
  readonly #decimals = $derived(new Intl.NumberFormat(this.#locale, { maximumFractionDigits: 1 }));
  readonly #ratios = $derived(
    new Intl.NumberFormat(this.#locale, {
      style: "percent",
      minimumFractionDigits: 2,
      maximumFractionDigits: 2,
    }),
  );
  readonly #shares = $derived(
    new Intl.NumberFormat(this.#locale, { style: "percent", maximumFractionDigits: 1 }),
  );
  readonly #time = $derived(this.#dates({ hour: "2-digit", minute: "2-digit" }));
  readonly #seconds = $derived(this.#dates({ hour: "2-digit", minute: "2-digit", second: "2-digit" }));
  readonly #day = $derived(this.#dates({ weekday: "short", day: "numeric", month: "short" }));
  readonly #date = $derived(new Intl.DateTimeFormat(this.#locale, { dateStyle: "full", timeZone: "UTC" }));

  speak(language: Language): void {
    this.language = language;
    localStorage.setItem(KEPT, language);
  }

  say(key: Key, values: Values = {}): string {
    return this.fill(dictionary[key], values);
  }

  /** A word of a set that may grow: what the page does not know is shown as it is. */
  sayOf(group: string, value: string): string {
    const key = `${group}_${value}`;
    return key in dictionary ? this.say(key as Key) : value.replaceAll("_", " ");
  }

  fill(word: Word, values: Values): string {
    return word[this.language].replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
  }

  /** What was not reported is said, never shown as 0. */
  count(value: number | null | undefined): string {
    return value == null ? this.say("noData") : this.#counts.format(value);
  }

  decimal(value: number): string {
    return this.#decimals.format(value);
  }

  ratio(value: number | null | undefined): string {
    return value == null ? this.say("noData") : this.#ratios.format(value);
  }

  share(value: number | null | undefined): string {
    return value == null ? this.say("noData") : this.#shares.format(value);
  }

  time(instant: string | Date): string {
    return `${this.#time.format(new Date(instant))} ${this.zoneName}`;
  }

  /** A slot is a civil time, or the final figure. */
  slot(slot: string): string {
    if (slot === "final") return this.say("slotFinal");
    return this.language === "id" ? slot.replace(":", ".") : slot;
  }

  clock(instant: string | Date): string {
    return this.#time.format(new Date(instant));
  }

  seconds(instant: string | Date): string {
    return this.#seconds.format(new Date(instant));
  }

  dayAndTime(instant: string | Date): string {
    return `${this.#day.format(new Date(instant))} ${this.time(instant)}`;
  }

  day(instant: string | Date): string {
    return this.#day.format(new Date(instant));
  }

  /** A civil date, which has no zone. */
  date(civil: string): string {
    return this.#date.format(new Date(`${civil}T00:00:00Z`));
  }

  /** A length of time in the two largest units. */
  lasting(seconds: number): string {
    const s = Math.max(0, Math.round(seconds));
    if (s < 60) return this.say("seconds", { n: s });
    if (s < 3_600) return this.say("minutes", { n: Math.floor(s / 60) });
    if (s < 86_400) return this.say("hours", { h: Math.floor(s / 3_600), m: Math.floor((s % 3_600) / 60) });
    return this.say("days", { d: Math.floor(s / 86_400), h: Math.floor((s % 86_400) / 3_600) });
  }

  #dates(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
    return new Intl.DateTimeFormat(this.#locale, { ...options, hourCycle: "h23", timeZone: this.zone });
  }
}

export const speech = new Speech();
export const say = speech.say.bind(speech);
