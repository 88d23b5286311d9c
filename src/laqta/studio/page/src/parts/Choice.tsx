import type { Signal } from "@preact/signals";
import { useId } from "preact/hooks";
import { t, type Key } from "../words";

interface Props<Id extends string> {
  name: string;
  options: Record<Id, Key>;
  value: Signal<Id>;
  /** Whether the id itself is shown, which for a file format is its name. */
  showId?: boolean;
}

/** One of a few, as a row of radio buttons. */
export function Choice<Id extends string>({ name, options, value, showId = false }: Props<Id>) {
  const group = useId();
  return (
    <fieldset class="choice">
      <legend>{name}</legend>
      {(Object.entries(options) as [Id, Key][]).map(([id, words]) => (
        <label key={id}>
          <input type="radio" name={group} checked={value.value === id} onChange={() => (value.value = id)} />
          <span>
            {showId && <bdi>{id.toUpperCase()}</bdi>} <small>{t(words)}</small>
          </span>
        </label>
      ))}
    </fieldset>
  );
}
