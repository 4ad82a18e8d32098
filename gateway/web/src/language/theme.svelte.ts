/** Light or dark: as the system says, unless somebody chose. */
export type Choice = "auto" | "light" | "dark";

const KEPT = "desk.theme";
const system = window.matchMedia("(prefers-color-scheme: dark)");

class Theme {
  choice = $state<Choice>(kept());
  #systemDark = $state(system.matches);
  readonly dark = $derived(this.choice === "auto" ? this.#systemDark : this.choice === "dark");

  constructor() {
    this.#paint();
    system.addEventListener("change", (change) => {
      this.#systemDark = change.matches;
      this.#paint();
    });
  }

  choose(choice: Choice): void {
    this.choice = choice;
    localStorage.setItem(KEPT, choice);
    this.#paint();
  }

  /** The palette is in place before anything that reads it is told of the change. */
  #paint(): void {
    document.documentElement.dataset.theme = this.dark ? "dark" : "light";
  }
}

function kept(): Choice {
  const word = localStorage.getItem(KEPT);
  return word === "light" || word === "dark" ? word : "auto";
}

export const theme = new Theme();

/** A colour of the page's palette as it is now, for what is drawn on a canvas. */
export function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}
