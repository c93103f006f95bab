import type { Manifest } from '../backup/manifest.ts';

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
}

const LOOK_EVERY_MS = 500;
/** 18 seconds besides the looks themselves: API Gateway gives up after 29. */
const LOOKS = 36;

/** Starts a backup and waits a while for it; without a manifest it is still running. */
export async function requestBackup({
  backups,
  newBackupKey,
  sleep,
}: BackupDependencies): Promise<{ readonly key: string; readonly manifest?: Manifest }> {
  const key = newBackupKey();
  await backups.start(key);
  for (let look = 0; look < LOOKS; look++) {
    await sleep(LOOK_EVERY_MS);
    const manifest = await backups.find(key);
    if (manifest !== undefined) return { key, manifest };
  }
  return { key };
}
