/// <reference lib="dom" />

/**
 * Runs `check` now and then repeatedly, one at a time. Never while the page is hidden; at once when
 * the visitor returns.
 *
 * @param pauseMs called after each check: milliseconds until the next one
 * @returns a function that checks at once; called during a check, it schedules another right after
 * it
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
