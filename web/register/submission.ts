/// <reference lib="dom" />
import type { StudentFields } from '../../shared/school/students/student.ts';

/**
 * Idempotency keys of submissions. The same entries sent again after an unclear outcome are the
 * same submission; other entries, or the same ones after a clear outcome, are a new one.
 */
export class Submission {
  #entries: string | undefined;
  #key = '';

  keyFor(student: StudentFields): string {
    const entries = JSON.stringify(student);
    if (entries !== this.#entries) {
      this.#entries = entries;
      this.#key = crypto.randomUUID();
    }
    return this.#key;
  }

  /** The outcome is known. */
  settle(): void {
    this.#entries = undefined;
  }
}
