/**
 * Turnout by the hour, its target, and behind it how many TPS reported. The line joins only slots that nearly all TPS have
 * reported: voters do not become fewer because reports are missing. The other slots are points of their own.
 */
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { colour } from "../language/theme.svelte";

export interface TurnoutPoint {
  slot: string;
  turnout: number | null;
  reporting: number | null;
}

export interface Words {
  slot: (slot: string) => string;
  share: (value: number) => string;
}

/** From this share of TPS on, a slot's figure is that of the region. */
export const NEARLY_ALL = 0.9;
const NARROW_PX = 420;
const OPENS_MIN = 7 * 60;
const CLOSES_MIN = 13 * 60;
const FINAL_AFTER_MIN = 60;

export class TurnoutChart {
  readonly #plot: uPlot;
  readonly #sizes: ResizeObserver;
  readonly #words: Words;
  #finalAt = CLOSES_MIN + FINAL_AFTER_MIN;

  constructor(place: HTMLElement, words: Words) {
    this.#words = words;
    this.#plot = new uPlot(this.#options(place), [[], [], [], [], []], place);
    this.#sizes = new ResizeObserver(() => this.#plot.setSize(sizeOf(place)));
    this.#sizes.observe(place);
  }

  show(points: TurnoutPoint[], target: number): void {
    const hours = points.filter((point) => point.slot !== "final").map((point) => minutesOf(point.slot));
    this.#finalAt = Math.max(CLOSES_MIN, ...hours) + FINAL_AFTER_MIN;
    const x = points.map((point) => (point.slot === "final" ? this.#finalAt : minutesOf(point.slot)));
    const edges = [OPENS_MIN - 30, this.#finalAt + 30];
    const at = [edges[0]!, ...x, edges[1]!];
    const padded = (values: (number | null)[]) => [null, ...values, null];
    this.#plot.setData([
      at,
      padded(points.map((point) => point.reporting)),
      padded(points.map((point) => (isWhole(point) ? point.turnout : null))),
      padded(points.map((point) => (isWhole(point) ? null : point.turnout))),
      at.map(() => target),
    ]);
  }

  destroy(): void {
    this.#sizes.disconnect();
    this.#plot.destroy();
  }

  #options(place: HTMLElement): uPlot.Options {
    const { share, slot } = this.#words;
    const font = `500 ${Math.round(parseFloat(getComputedStyle(place).fontSize) * 0.82)}px Plex, system-ui, sans-serif`;
    const axis = { stroke: colour("soft"), font, ticks: { show: false } };
    const grid = { stroke: colour("line"), width: 1 };
    return {
      ...sizeOf(place),
      legend: { show: false },
      cursor: { show: false },
      scales: { x: { time: false }, y: { range: (_, __, most) => [0, Math.max(1, most ?? 1)] } },
      axes: [
        {
          ...axis,
          size: 28,
          grid: { show: false },
          splits: () => hoursTo(this.#finalAt),
          values: (plot, at) =>
            at.map((minutes) => {
              const hour = hourOf(minutes);
              if (minutes === this.#finalAt) return slot("final");
              return plot.width < NARROW_PX ? hour.slice(0, 2) : slot(hour);
            }),
        },
        { ...axis, grid, size: 54, splits: () => [0, 0.25, 0.5, 0.75, 1], values: (_, at) => at.map(share) },
      ],
      series: [
        {},
        {
          stroke: colour("bar-second"),
          fill: colour("track"),
          width: 1,
          points: { show: false },
          ...(uPlot.paths.bars ? { paths: uPlot.paths.bars({ size: [0.6, 48] }) } : {}),
        },
        {
          stroke: colour("accent"),
          width: 2.5,
          points: { show: true, size: 7, fill: colour("panel"), width: 2 },
        },
        {
          stroke: colour("accent"),
          paths: () => null,
          points: { show: true, size: 7, stroke: colour("soft"), fill: colour("panel"), width: 2 },
        },
        { stroke: colour("ink"), width: 1.5, dash: [7, 5], points: { show: false } },
      ],
    };
  }
}

function isWhole(point: TurnoutPoint): boolean {
  return (point.reporting ?? 0) >= NEARLY_ALL;
}

function sizeOf(place: HTMLElement): { width: number; height: number } {
  return { width: Math.max(200, place.clientWidth), height: Math.max(120, place.clientHeight) };
}

function minutesOf(slot: string): number {
  const [hours = 0, minutes = 0] = slot.split(":").map(Number);
  return hours * 60 + minutes;
}

function hourOf(minutes: number): string {
  return `${String(Math.floor(minutes / 60)).padStart(2, "0")}:00`;
}

function hoursTo(last: number): number[] {
  const found: number[] = [];
  for (let at = OPENS_MIN; at < last; at += 60) found.push(at);
  return [...found, last];
}
