import { hello } from "../state";
import { send } from "../typing";
import { language, t } from "../words";
import { Mark } from "./Mark";

/** The first visit: what can be wished for in one sentence, and three wishes to try. */
export function Welcome() {
  const said = hello.value;
  return (
    <div class="welcome">
      <Mark size={72} />
      <h2>{t("welcome.title")}</h2>
      {said && (
        <p>
          {t("welcome.can", {
            props: said.props.length,
            backdrops: said.backdrops.length,
            seconds: said.seconds,
          })}
        </p>
      )}
      <ul class="examples" aria-label={t("welcome.examples")}>
        {said?.examples[language.value].map((wish) => (
          <li key={wish}>
            <button type="button" dir="auto" onClick={() => void send(wish)}>
              {wish}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
