/** The page's own words in three languages, numbers and plurals by Intl. */

import { computed, effect, signal } from "@preact/signals";
import { forever } from "./keep";
import type { Language } from "./types";
import ar from "./words/ar.json";
import en from "./words/en.json";
import zh from "./words/zh.json";

export type Key = keyof typeof en;
export type Values = Record<string, string | number>;

const CATALOGUES: Record<Language, Record<Key, string>> = { en, ar, zh };
export const LANGUAGES: Record<Language, string> = { en: "English", ar: "العربية", zh: "中文" };
// Arabic with Latin digits: Laqta's own answers count so, and "take 3" must read the same in both places.
const LOCALES: Record<Language, string> = { en: "en", ar: "ar-u-nu-latn", zh: "zh-Hans" };

export const language = signal<Language>(preferred());
export const direction = computed(() => (language.value === "ar" ? "rtl" : "ltr"));

function preferred(): Language {
  const wished = [forever.get("language") ?? "", ...navigator.languages].map((tag) => tag.slice(0, 2));
  return wished.find((tag): tag is Language => tag in CATALOGUES) ?? "en";
}

/** Keep `<html lang dir>` true to the language. */
export function followLanguage(): void {
  effect(() => {
    document.documentElement.lang = language.value === "zh" ? "zh-Hans" : language.value;
    document.documentElement.dir = direction.value;
  });
}

/** Speak another language from now on. */
export function setLanguage(wished: Language): void {
  language.value = wished;
  forever.set("language", wished);
}

/**
 * The words of a key. `{name}` is replaced by a value, `{count, plural, one {# take} other {# takes}}` by the form
 * that Intl picks for it.
 */
export function t(key: Key, values: Values = {}): string {
  return CATALOGUES[language.value][key]
    .replace(/\{(\w+), plural, ((?:\w+ \{[^}]*\}\s*)+)\}/g, (_, name: string, forms: string) =>
      plural(Number(values[name]), forms),
    )
    .replace(/\{(\w+)\}/g, (_, name: string) => shown(values[name] ?? ""));
}

/** The words of a key that the server named, or its own name for it where we have none. */
export function known(prefix: string, name: string): string {
  const key = `${prefix}.${name}`;
  return key in en ? t(key as Key) : name;
}

function plural(count: number, forms: string): string {
  const found = new Map([...forms.matchAll(/(\w+) \{([^}]*)\}/g)].map(([, name, form]) => [name, form]));
  const rule = new Intl.PluralRules(LOCALES[language.value]).select(count);
  return (found.get(rule) ?? found.get("other") ?? "").replaceAll("#", number(count));
}

function shown(value: string | number): string {
  if (typeof value === "number") return number(value);
  // A person's own words may run the other way than the sentence round them: first-strong isolate, and its end.
  return direction.value === "rtl" ? `\u2068${value}\u2069` : value;
}

export function number(value: number, options: Intl.NumberFormatOptions = {}): string {
  return new Intl.NumberFormat(LOCALES[language.value], options).format(value);
}

export function seconds(value: number): string {
  const maximumFractionDigits = value < 10 ? 1 : 0;
  return number(value, { style: "unit", unit: "second", unitDisplay: "short", maximumFractionDigits });
}

export function bytes(value: number): string {
  const [unit, size] = value >= 1e9 ? ["gigabyte", 1e9] : ["megabyte", 1e6];
  return number(value / (size as number), { style: "unit", unit: unit as string, maximumFractionDigits: 1 });
}

/** How long ago, in the largest unit that fits. */
export function ago(time: number): string {
  const passed = Math.max(0, Date.now() / 1000 - time);
  const [unit, size] = passed < 3600 ? ["minute", 60] : passed < 86400 ? ["hour", 3600] : ["day", 86400];
  const format = new Intl.RelativeTimeFormat(LOCALES[language.value], { numeric: "auto", style: "short" });
  return format.format(-Math.floor(passed / (size as number)), unit as Intl.RelativeTimeFormatUnit);
}

/** Several words as a list: "a, b, and c". */
export function listed(words: string[]): string {
  return new Intl.ListFormat(LOCALES[language.value], { type: "unit" }).format(words);
}
