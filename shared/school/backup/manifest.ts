import * as z from 'zod/mini';

/** Where backups are kept in their bucket. */
export const BACKUP_FOLDER = 'backups/';

const DATA_ENDING = '.ndjson.gz';
const MANIFEST_ENDING = '.manifest.json';

/**
 * Key of a backup's data file, `backups/20261122T081946Z-21c93750.ndjson.gz`: it names the backup.
 */
export const BackupKey = z
  .string()
  .check(
    z.regex(
      /^backups\/\d{8}T\d{6}Z-[0-9a-f]{8}\.ndjson\.gz$/,
      'must be backups/<time>-<8 hex digits>.ndjson.gz',
    ),
  );

/** Describes a finished backup. It is written last: without it, there is no backup. */
export const Manifest = z.object({
  key: BackupKey,
  /** How many students are in it. */
  count: z.int().check(z.minimum(0)),
  /** Of the data file as it is stored, compressed. */
  sha256: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
  /** Of the data file as it is stored, compressed. */
  bytes: z.int().check(z.minimum(0)),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime(),
  /** Where the students come from. */
  table: z.string().check(z.minLength(1)),
});
export type Manifest = z.infer<typeof Manifest>;

/**
 * @param at when the backup was asked for
 * @param id tells backups of the same second apart; begins with 8 hex digits, as a UUID does
 */
export function backupKeyOf(at: Date, id: string): string {
  const time = at.toISOString().replace(/\.\d+/, '').replaceAll(/[-:]/g, '');
  return BackupKey.parse(`${BACKUP_FOLDER}${time}-${id.slice(0, 8).toLowerCase()}${DATA_ENDING}`);
}

export function manifestKeyOf(key: string): string {
  return key.replace(/\.ndjson\.gz$/, MANIFEST_ENDING);
}

/** The backup that a manifest's key belongs to; undefined if the key is not a manifest's. */
export function backupOfManifest(objectKey: string): string | undefined {
  if (!objectKey.endsWith(MANIFEST_ENDING)) return undefined;
  const key = `${objectKey.slice(0, -MANIFEST_ENDING.length)}${DATA_ENDING}`;
  return BackupKey.safeParse(key).success ? key : undefined;
}

/** Somebody has changed or damaged a manifest. */
export class InvalidManifestError extends Error {
  override readonly name = 'InvalidManifest';
}

/** @throws InvalidManifestError if the text is not a manifest, or is that of another backup */
export function readManifest(key: string, text: string): Manifest {
  try {
    return z.extend(Manifest, { key: z.literal(key) }).parse(JSON.parse(text));
  } catch (cause) {
    throw new InvalidManifestError(`The manifest of ${key} is damaged, or another backup's`, { cause });
  }
}
