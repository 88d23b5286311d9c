/** What to say when a request fails: what happened, and what to do. */

import { Trouble } from "./api";
import { locked, notice } from "./state";
import { t } from "./words";

/** Do something that may fail; a failure becomes a notice, and the answer undefined. */
export async function attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    const answer = await work();
    notice.value = "";
    return answer;
  } catch (error) {
    tell(error);
    return undefined;
  }
}

/** Show an error to the person. */
export function tell(error: unknown): void {
  if (!(error instanceof Trouble)) throw error;
  if (error.status === 401) locked.value = true;
  else notice.value = sentence(error);
}

function sentence(error: Trouble): string {
  if (error.status === 0) return t("trouble.offline");
  if (error.status === 429) return t("trouble.busy");
  if (error.status === 413) return t("trouble.picture");
  if (error.status === 507) return t("trouble.disk");
  if (error.status >= 500) return t("trouble.server");
  return error.message || t("trouble.unknown");
}
