import { announcement } from "../announce";

/** The polite live region that tells a screen reader what became of a take. */
export function Announcer() {
  return (
    <p class="unseen" role="status">
      {announcement.value}
    </p>
  );
}
