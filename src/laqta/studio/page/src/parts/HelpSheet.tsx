import { sheet } from "../state";
import { t, type Key } from "../words";
import { Dialog } from "./Dialog";

const KEYS: [string[], Key][] = [
  [["/"], "help.composer"],
  [["Enter"], "help.send"],
  [["Shift", "Enter"], "help.newline"],
  [["Space"], "help.play"],
  [["←", "→"], "help.strips"],
  [["Esc"], "help.close"],
  [["?"], "help.help"],
];

const SAYINGS: Key[] = ["say.new", "say.change", "say.things", "say.takes", "say.length", "say.order", "say.undo"];

/** What can be said, and the keys. */
export function HelpSheet() {
  return (
    <Dialog title={t("help")} onClose={() => (sheet.value = null)}>
      <h3>{t("help.say")}</h3>
      <ul class="sayings">
        {SAYINGS.map((key) => (
          <li key={key}>{t(key)}</li>
        ))}
      </ul>
      <h3>{t("help.keys")}</h3>
      <dl class="keys">
        {KEYS.map(([keys, does]) => (
          <div key={does}>
            <dt dir="ltr">
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{t(does)}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
