// Before the first schema.
import './page/without-eval.ts';
import { BackupDesk } from './backups/backup-desk.ts';
import { FreshnessWatch } from './freshness/watch-freshness.ts';
import { StudentDesk } from './students/student-desk.ts';

const students = new StudentDesk();
const backups = new BackupDesk();

new FreshnessWatch({
  get isInUse() {
    return students.isInUse || backups.isInUse;
  },
  discard: () => students.discard(),
});
