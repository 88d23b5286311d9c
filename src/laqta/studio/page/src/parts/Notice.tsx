import { lineLost, notice } from "../state";
import { t } from "../words";
import { Icon } from "./Icon";
import { IconButton } from "./IconButton";

/** What went wrong and what to do, and quietly that the line is lost. Both regions are there before they speak. */
export function Notice() {
  return (
    <>
      <p class="line-lost" role="status">
        {lineLost.value && t("lineLost")}
      </p>
      <div class="notice" role="alert">
        {notice.value && (
          <>
            <Icon name="warning" />
            <p dir="auto">{notice.value}</p>
            <IconButton icon="close" label={t("close")} onClick={() => (notice.value = "")} />
          </>
        )}
      </div>
    </>
  );
}
