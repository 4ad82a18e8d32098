/** The TPS as points on the page's own ground: no tiles, no fonts, nothing from anywhere else. */
import {
  type DataDrivenPropertyValueSpecification,
  type ExpressionSpecification,
  type FilterSpecification,
  type GeoJSONSource,
  LngLatBounds,
  Map as MapLibreMap,
  type MapMouseEvent,
  Marker,
  NavigationControl,
  ScaleControl,
  setWorkerUrl,
  type StyleSpecification,
} from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import "maplibre-gl/dist/maplibre-gl.css";
import { colour } from "../language/theme.svelte";
import { drawSign, SIGNS, type Sign } from "./signs";
import { COLOURS } from "./milestones";

setWorkerUrl(workerUrl);

/** A TPS as the map draws it. */
export interface MapPoint {
  code: string;
  at: [number, number];
  milestone: string;
  hazard: boolean;
  incident: boolean;
  apart: boolean;
}

export interface MapLabel {
  name: string;
  at: [number, number];
}

export interface MapWords {
  title: string;
  zoomIn: string;
  zoomOut: string;
  ctrl: string;
  command: string;
  touch: string;
}

export interface MapListener {
  onChoose: (code: string) => void;
  onHover: (code: string | null, x: number, y: number) => void;
}

const NEAR_PX = 7;
const DRAW_EVERY_MS = 2_000;
const RADIUS: DataDrivenPropertyValueSpecification<number> = [
  ...["interpolate", ["linear"], ["zoom"]],
  ...[9, 1.6, 11, 3.1, 13, 5.5, 15, 10],
] as unknown as ExpressionSpecification;

const sized = (small: number, large: number) =>
  ["interpolate", ["linear"], ["zoom"], 10, small, 14, large] as unknown as ExpressionSpecification;
const SIGN_SIZE: Readonly<Record<Sign, ExpressionSpecification>> = {
  incident: sized(0.75, 1.1),
  hazard: sized(0.45, 1),
  apart: sized(0.6, 0.9),
};

export class TpsMapView {
  readonly #map: MapLibreMap;
  readonly #listener: MapListener;
  #labels: Marker[] = [];
  #ready = false;
  #points: MapPoint[] = [];
  #drawn = "";
  #drawnAt = 0;
  #waiting: ReturnType<typeof setTimeout> | undefined;
  #chosen: string | null = null;

  constructor(place: HTMLElement, words: MapWords, listener: MapListener) {
    this.#listener = listener;
    this.#map = new MapLibreMap({
      container: place,
      style: styleOf(),
      attributionControl: false,
      cooperativeGestures: true,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      renderWorldCopies: false,
      maxZoom: 17,
      fadeDuration: 0,
      locale: {
        "Map.Title": words.title,
        "NavigationControl.ZoomIn": words.zoomIn,
        "NavigationControl.ZoomOut": words.zoomOut,
        "CooperativeGesturesHandler.WindowsHelpText": words.ctrl,
        "CooperativeGesturesHandler.MacHelpText": words.command,
        "CooperativeGesturesHandler.MobileHelpText": words.touch,
      },
    });
    this.#map.touchZoomRotate.disableRotation();
    this.#map.keyboard.disableRotation();
    this.#map.addControl(new NavigationControl({ showCompass: false }), "top-right");
    this.#map.addControl(new ScaleControl({ maxWidth: 120 }), "bottom-left");
    this.#map.on("load", () => {
      for (const sign of SIGNS) this.#map.addImage(sign, drawSign(sign), { pixelRatio: 2 });
      this.#ready = true;
      this.#draw();
      this.choose(this.#chosen);
    });
    this.#map.on("click", (click) => {
      const code = this.#nearest(click);
      if (code) listener.onChoose(code);
    });
    this.#map.on("mousemove", (move) => this.#hover(move));
    this.#map.on("mouseout", () => listener.onHover(null, 0, 0));
  }

  /** Draw the points as they are now; at most once in a while, for a screen without a graphics card draws slowly. */
  show(points: MapPoint[]): void {
    this.#points = points;
    if (!this.#ready || this.#waiting !== undefined) return;
    const wait = Math.max(0, this.#drawnAt + DRAW_EVERY_MS - Date.now());
    this.#waiting = setTimeout(() => {
      this.#waiting = undefined;
      this.#draw();
    }, wait);
  }

  #draw(): void {
    const features = this.#points.map(({ at, ...properties }) => ({
      type: "Feature" as const,
      geometry: { type: "Point" as const, coordinates: at },
      properties,
    }));
    const drawn = JSON.stringify(features);
    if (drawn === this.#drawn) return;
    const first = this.#drawn === "" && features.length > 0;
    this.#drawn = features.length ? drawn : "";
    this.#drawnAt = Date.now();
    this.#map.getSource<GeoJSONSource>("tps")?.setData({ type: "FeatureCollection", features });
    if (first) this.fit();
  }

  fit(): void {
    if (this.#points.length === 0) return;
    const bounds = new LngLatBounds();
    for (const point of this.#points) bounds.extend(point.at);
    this.#map.fitBounds(bounds, { padding: 20, maxZoom: 15, animate: false });
  }

  label(labels: MapLabel[]): void {
    for (const marker of this.#labels) marker.remove();
    this.#labels = labels.map(({ name, at }) => {
      const element = document.createElement("div");
      element.className = "map-label";
      element.textContent = name;
      element.ariaHidden = "true";
      return new Marker({ element }).setLngLat(at).addTo(this.#map);
    });
  }

  choose(code: string | null): void {
    this.#chosen = code;
    if (this.#ready) this.#map.setFilter("chosen", ["==", ["get", "code"], code ?? ""]);
  }

  /** Bring a TPS into sight. */
  go(code: string): void {
    const point = this.#points.find((found) => found.code === code);
    if (point) this.#map.jumpTo({ center: point.at, zoom: Math.max(this.#map.getZoom(), 13.5) });
  }

  layer(name: "incident" | "hazard" | "apart", visible: boolean): void {
    if (this.#map.getLayer(name))
      this.#map.setLayoutProperty(name, "visibility", visible ? "visible" : "none");
  }

  destroy(): void {
    clearTimeout(this.#waiting);
    this.#map.remove();
  }

  #hover(move: MapMouseEvent): void {
    const code = this.#nearest(move);
    this.#map.getCanvas().style.cursor = code ? "pointer" : "";
    this.#listener.onHover(code, move.point.x, move.point.y);
  }

  #nearest({ point, lngLat }: MapMouseEvent): string | null {
    if (!this.#ready) return null;
    const { x, y } = point;
    const found = this.#map.queryRenderedFeatures(
      [
        [x - NEAR_PX, y - NEAR_PX],
        [x + NEAR_PX, y + NEAR_PX],
      ],
      { layers: ["tps"] },
    );
    const away = (feature: (typeof found)[number]) => {
      const [lng = 0, lat = 0] = feature.geometry.type === "Point" ? feature.geometry.coordinates : [];
      return (lng - lngLat.lng) ** 2 + (lat - lngLat.lat) ** 2;
    };
    const nearest = found.sort((a, b) => away(a) - away(b))[0];
    return nearest ? String(nearest.properties.code) : null;
  }
}

function styleOf(): StyleSpecification {
  const paint = (name: string) => colour(name) || "#888888";
  const fill = ["match", ["get", "milestone"]] as unknown[];
  for (const [milestone, name] of Object.entries(COLOURS)) {
    fill.push(milestone, milestone === "not_reported" ? paint("panel") : paint(name));
  }
  const fills = [...fill, paint("m-opened")] as unknown as ExpressionSpecification;
  const sign = (id: Sign, filter: string): StyleSpecification["layers"][number] => ({
    id,
    type: "symbol",
    source: "tps",
    filter: ["==", ["get", filter], true] as FilterSpecification,
    layout: {
      "icon-image": id,
      "icon-size": SIGN_SIZE[id],
      "icon-allow-overlap": true,
      "icon-ignore-placement": true,
    },
  });
  return {
    version: 8,
    sources: { tps: { type: "geojson", data: { type: "FeatureCollection", features: [] } } },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": paint("raised") } },
      {
        id: "tps",
        type: "circle",
        source: "tps",
        paint: {
          "circle-radius": RADIUS,
          "circle-color": fills,
          "circle-stroke-width": ["match", ["get", "milestone"], "not_reported", 1.2, 0.6],
          "circle-stroke-color": [
            "match",
            ["get", "milestone"],
            "not_reported",
            paint("m-none"),
            paint("panel"),
          ] as unknown as ExpressionSpecification,
        },
      },
      sign("hazard", "hazard"),
      sign("apart", "apart"),
      sign("incident", "incident"),
      {
        id: "chosen",
        type: "circle",
        source: "tps",
        filter: ["==", ["get", "code"], ""],
        paint: {
          "circle-radius": 13,
          "circle-color": "rgba(0,0,0,0)",
          "circle-stroke-width": 3,
          "circle-stroke-color": paint("ink"),
        },
      },
    ],
  };
}
