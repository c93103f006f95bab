// Must run before the first schema is created.
import './page/without-eval.ts';
import { FreshnessWatch } from './freshness/watch-freshness.ts';
import { BackupDesk } from './register/backup-desk.ts';
import { StudentDesk } from './register/student-desk.ts';

const students = new StudentDesk();
const backups = new BackupDesk();

new FreshnessWatch({
  get isInUse() {
    return students.isInUse || backups.isInUse;
  },
  discard: () => students.discard(),
});
