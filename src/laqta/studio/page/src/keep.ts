/** What the browser remembers. A browser that forbids storage forgets, and the page works all the same. */

function guarded(storage: () => Storage) {
  return {
    get(key: string): string | null {
      try {
        return storage().getItem(`laqta:${key}`);
      } catch {
        return null;
      }
    },
    set(key: string, value: string | null): void {
      try {
        if (value) storage().setItem(`laqta:${key}`, value);
        else storage().removeItem(`laqta:${key}`);
      } catch {
        // Private windows and full disks refuse; nothing here is worth a word to the person.
      }
    },
  };
}

/** For good: language and theme. */
export const forever = guarded(() => localStorage);
/** For this tab: what is typed and not yet sent. */
export const forTab = guarded(() => sessionStorage);
