import type { BackupFiles, BackupReports, StudentSource } from '../../../../shared/school/backup/backup.ts';
import type { BackupReport } from '../../../../shared/school/backup/backup-report.ts';
import { type StudentItem, toLine } from '../../../../shared/school/backup/item-line.ts';
import type { Manifest } from '../../../../shared/school/backup/manifest.ts';
import type { RestoreTarget } from '../../../../shared/school/backup/restore.ts';

export const KEY = 'backups/20261122T081946Z-21c93750.ndjson.gz';

export class MemoryFiles implements BackupFiles {
  readonly contents = new Map<string, Uint8Array>();
  readonly manifests = new Map<string, Manifest>();

  async find(key: string) {
    return this.manifests.get(key);
  }

  async write(key: string, content: AsyncIterable<Uint8Array>) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of content) chunks.push(chunk);
    if (this.contents.has(key)) return false;
    this.contents.set(key, Buffer.concat(chunks));
    return true;
  }

  async open(key: string) {
    const content = this.contents.get(key);
    if (content === undefined) return undefined;
    return async function* () {
      yield content;
    };
  }

  async publish(manifest: Manifest) {
    this.manifests.set(manifest.key, manifest);
  }

  async discard(key: string) {
    this.manifests.delete(key);
    this.contents.delete(key);
  }
}

export class MemoryReports implements BackupReports {
  readonly sent: BackupReport[] = [];

  async send(report: BackupReport) {
    this.sent.push(report);
  }
}

export function sourceOf(...pages: (readonly StudentItem[])[]): StudentSource {
  return {
    table: 'studentData',
    async *pages() {
      yield* pages;
    },
  };
}

/** A table whose conditions are DynamoDB's: on equality of items. */
export class MemoryTable implements RestoreTarget {
  readonly items = new Map<string, StudentItem>();

  constructor(...items: StudentItem[]) {
    for (const item of items) this.items.set(item.studentid.S, item);
  }

  async get(studentid: string) {
    return this.items.get(studentid);
  }

  async insert(item: StudentItem) {
    if (this.items.has(item.studentid.S)) return false;
    this.items.set(item.studentid.S, item);
    return true;
  }

  async replace(seen: StudentItem, item: StudentItem) {
    const current = this.items.get(item.studentid.S);
    if (current === undefined || toLine(current) !== toLine(seen)) return false;
    this.items.set(item.studentid.S, item);
    return true;
  }
}
