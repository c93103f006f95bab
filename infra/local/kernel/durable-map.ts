import { DatabaseSync } from 'node:sqlite';

/** A map of JSON values. It outlives the process if its store has a file. */
export interface DurableMap<T> {
  get(key: string): T | undefined;
  set(key: string, value: T): void;
  delete(key: string): void;
  /** In order of first insertion. */
  values(): T[];
}

export interface DurableStore {
  map<T>(name: string): DurableMap<T>;
  close(): void;
}

/** @param file SQLite file, created if missing; without one, everything is kept in memory */
export function openDurableStore(file?: string): DurableStore {
  const database = new DatabaseSync(file ?? ':memory:');
  // WAL with synchronous=NORMAL survives a killed process; only a power cut may lose the last
  // writes.
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
  return {
    map<T>(name: string): DurableMap<T> {
      database.exec(`CREATE TABLE IF NOT EXISTS "${name}" (key TEXT PRIMARY KEY, value TEXT NOT NULL)`);
      const get = database.prepare(`SELECT value FROM "${name}" WHERE key = ?`);
      const set = database.prepare(
        `INSERT INTO "${name}" (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
      );
      const remove = database.prepare(`DELETE FROM "${name}" WHERE key = ?`);
      const all = database.prepare(`SELECT value FROM "${name}" ORDER BY rowid`);
      const parse = (row: Record<string, unknown>) => JSON.parse(String(row['value'])) as T;
      return {
        get: key => {
          const row = get.get(key);
          return row === undefined ? undefined : parse(row);
        },
        set: (key, value) => void set.run(key, JSON.stringify(value)),
        delete: key => void remove.run(key),
        values: () => all.all().map(parse),
      };
    },
    close: () => database.close(),
  };
}
