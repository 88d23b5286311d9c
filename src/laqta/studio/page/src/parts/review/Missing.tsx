import { missing } from "../../review/state";
import { t } from "../../words";
import { Mark } from "../Mark";

const COMMANDS = {
  not_installed: ["pip install 'laqta[studio,data]'"],
  no_data: ["laqta data ingest FOLDER", "laqta data run", "laqta studio"],
};

/** What must be done before anything can be reviewed. */
export function Missing() {
  const why = missing.value;
  if (!why) return null;
  return (
    <div class="review-empty" data-testid="review-missing">
      <Mark size={48} />
      <p>{t(`review.missing.${why}`)}</p>
      <pre dir="ltr">
        <code>{COMMANDS[why].join("\n")}</code>
      </pre>
    </div>
  );
}
