import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig, type Plugin } from "vite";

const here = import.meta.dirname;

export default defineConfig({
  plugins: [svelte(), licences(), sources()],
  build: {
    target: "es2022",
    assetsInlineLimit: 0, // data: addresses would need a hole in the content security policy
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 2_000,
    rolldownOptions: { input: { index: join(here, "index.html"), docs: join(here, "docs.html") } },
  },
  worker: { format: "es" },
  server: {
    port: Number(process.env.PAGE_PORT ?? 24510),
    proxy: Object.fromEntries(
      ["/v1", "/openapi.json", "/asyncapi.json"].map((path) => [
        path,
        process.env.DESK_URL ?? "http://127.0.0.1:8000",
      ]),
    ),
  },
});

/** What is shipped of others keeps its licence: dist/assets/licences.txt holds each one's text. */
function licences(): Plugin {
  const shipped = ["svelte", "maplibre-gl", "uplot", "@fontsource-variable/ibm-plex-sans", "swagger-ui-dist"];
  return {
    name: "licences",
    generateBundle() {
      const texts = [...closure(shipped)].sort().map((name) => {
        const folder = join(here, "node_modules", name);
        const about = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
        const files = readdirSync(folder).filter((file) => /licen[cs]e|notice/i.test(file));
        const text = files.sort().map((file) => readFileSync(join(folder, file), "utf8").trim());
        return [`${name} ${about.version} (${about.license})`, "", ...text].join("\n");
      });
      this.emitFile({
        type: "asset",
        fileName: "assets/licences.txt",
        source: texts.join(`\n\n${"-".repeat(80)}\n\n`) + "\n",
      });
    },
  };
}

/** The packages that are in the bundle: those named, and what MapLibre's own file has bundled. */
function closure(names: string[]): Set<string> {
  const found = new Set(names);
  const waiting = ["maplibre-gl"];
  for (let name = waiting.pop(); name; name = waiting.pop()) {
    const about = JSON.parse(readFileSync(join(here, "node_modules", name, "package.json"), "utf8"));
    for (const needed of Object.keys(about.dependencies ?? {})) {
      if (!found.has(needed) && !needed.startsWith("@types/")) {
        found.add(needed);
        waiting.push(needed);
      }
    }
  }
  return found;
}

/** dist/sources.json says which sources this build was made from, so that a test without Node can tell an old build. */
function sources(): Plugin {
  return {
    name: "sources",
    generateBundle() {
      const tops = ["src", "public", "index.html", "docs.html", "package-lock.json", "vite.config.ts"];
      const files = tops.flatMap((top) => filesUnder(join(here, top)));
      const hashes = files.sort().map((file) => {
        const hash = createHash("sha256").update(readFileSync(file)).digest("hex");
        return [relative(here, file), hash] as const;
      });
      this.emitFile({
        type: "asset",
        fileName: "sources.json",
        source: JSON.stringify(Object.fromEntries(hashes), null, 1) + "\n",
      });
    },
  };
}

function filesUnder(path: string): string[] {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path).flatMap((name) => filesUnder(join(path, name)));
}
