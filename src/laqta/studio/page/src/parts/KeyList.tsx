import { t, type Key } from "../words";

/** Keys and what they do. */
export function KeyList({ keys }: { keys: [string[], Key][] }) {
  return (
    <>
      <h3>{t("help.keys")}</h3>
      <dl class="keys">
        {keys.map(([each, does]) => (
          <div key={does}>
            <dt dir="ltr">
              {each.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{t(does)}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}
