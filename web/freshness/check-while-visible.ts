/// <reference lib="dom" />

/** The pause between two checks of a page that is being looked at. */
export const CHECK_EVERY_MS = 5000;

/** Runs `check` now, then again and again, one at a time; never while hidden, at once when the visitor comes back. */
export function checkWhileVisible(check: () => Promise<void>): void {
  let nextCheck: number | undefined;
  let checking = false;

  const run = async () => {
    window.clearTimeout(nextCheck);
    if (checking || document.hidden) return;
    checking = true;
    try {
      await check();
    } finally {
      checking = false;
    }
    if (!document.hidden) nextCheck = window.setTimeout(run, CHECK_EVERY_MS);
  };

  document.addEventListener('visibilitychange', () => {
    if (document.hidden) window.clearTimeout(nextCheck);
    else void run();
  });
  window.addEventListener('focus', run);
  window.addEventListener('online', run);
  void run();
}
