/// <reference lib="dom" />

/**
 * Runs `check` now, then again and again, one at a time; never while hidden, at once when the visitor comes back.
 *
 * @param pauseMs asked after each check how long to wait for the next one
 * @returns a function that does not wait for it; called during a check, it has another one follow
 */
export function checkWhileVisible(check: () => Promise<void>, pauseMs: () => number): () => void {
  let nextCheck: number | undefined;
  let checking = false;
  let isWanted = false;

  const run = async () => {
    window.clearTimeout(nextCheck);
    if (checking || document.hidden) return;
    checking = true;
    isWanted = false;
    try {
      await check();
    } finally {
      checking = false;
    }
    if (!document.hidden) nextCheck = window.setTimeout(run, isWanted ? 0 : pauseMs());
  };

  document.addEventListener('visibilitychange', () => {
    if (document.hidden) window.clearTimeout(nextCheck);
    else void run();
  });
  window.addEventListener('focus', run);
  window.addEventListener('online', run);
  void run();
  return () => {
    isWanted = true;
    void run();
  };
}
