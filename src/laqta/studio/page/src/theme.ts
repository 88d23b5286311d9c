/** Light or dark: the system's way, until the person wants it otherwise. */

import { computed, effect, signal } from "@preact/signals";
import { forever } from "./keep";

type Theme = "light" | "dark";

const system = matchMedia("(prefers-color-scheme: dark)");
const systemTheme = signal<Theme>(system.matches ? "dark" : "light");
const wished = signal(forever.get("theme") as Theme | null);

export const theme = computed<Theme>(() => wished.value ?? systemTheme.value);

export function followTheme(): void {
  system.addEventListener("change", () => (systemTheme.value = system.matches ? "dark" : "light"));
  effect(() => {
    document.documentElement.dataset.theme = theme.value;
  });
}

/** The other theme. What the system shows anyway is not remembered, so that the page follows it again. */
export function toggleTheme(): void {
  const other: Theme = theme.value === "dark" ? "light" : "dark";
  wished.value = other === systemTheme.value ? null : other;
  forever.set("theme", wished.value);
}
