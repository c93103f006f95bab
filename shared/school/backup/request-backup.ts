import type { Manifest } from './manifest.ts';

export interface Backups {
  /** Starts a backup into this key, without waiting for it. */
  start(key: string): Promise<void>;
  /** The manifest of a finished backup; undefined while there is none. */
  find(key: string): Promise<Manifest | undefined>;
  /** Newest first. */
  list(): Promise<Manifest[]>;
}

export interface BackupDependencies {
  readonly backups: Backups;
  readonly newBackupKey: () => string;
  readonly sleep: (milliseconds: number) => Promise<void>;
  readonly now: () => Date;
}

const LOOK_EVERY_MS = 500;
const LOOKS = 36;
/** API Gateway gives up after 29 seconds. Slow looks must not add up to that. */
const LOOK_FOR_MS = 20_000;

/** Starts a backup and waits a while for it. Without a manifest, it is still running. */
export async function requestBackup({
  backups,
  newBackupKey,
  sleep,
  now,
}: BackupDependencies): Promise<{ readonly key: string; readonly manifest?: Manifest }> {
  const key = newBackupKey();
  const until = now().getTime() + LOOK_FOR_MS;
  await backups.start(key);
  for (let look = 0; look < LOOKS && now().getTime() < until; look++) {
    await sleep(LOOK_EVERY_MS);
    const manifest = await backups.find(key);
    if (manifest !== undefined) return { key, manifest };
  }
  return { key };
}
