import { filmAgain } from "../actions";
import type { Take } from "../types";
import { t, type Key } from "../words";
import { Icon } from "./Icon";

const SAYS: Partial<Record<Take["state"], Key>> = {
  failed: "take.failed",
  cancelled: "take.cancelled",
  deleted: "take.deleted",
};

/** What became of a take that is no film, and the offer to film it again. */
export function TakeTrouble({ take }: { take: Take }) {
  const says = SAYS[take.state];
  if (!says) return null;
  return (
    <div class="take-trouble" dir="auto">
      <p>
        <Icon name="warning" />
        <span>
          {t(says)} {take.error && <span dir="auto">{take.error}</span>}
        </span>
      </p>
      <button type="button" class="primary" onClick={() => void filmAgain(take)}>
        {t("take.filmAgain")}
      </button>
    </div>
  );
}
