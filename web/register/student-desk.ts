/// <reference lib="dom" />
import type { FieldProblem } from '../../shared/http/refusal.ts';
import type { StudentFields } from '../../shared/school/students/student.ts';
import { attempt } from '../api/attempt.ts';
import { ApiFailure, ApiRefused } from '../api/call.ts';
import { isOutcomeUnclear } from '../api/failures.ts';
import { confirmed, isAsking } from '../page/dialogs.ts';
import { setBusy } from '../page/dom.ts';
import { Notice } from '../page/notice.ts';
import { isolated } from '../page/wording.ts';
import { decideConflict, sameStudent } from './conflict-dialog.ts';
import {
  createStudent,
  deleteStudent,
  readStudent,
  type SavedStudent,
  updateStudent,
} from './student-api.ts';
import { StudentForm } from './student-form.ts';
import { StudentList } from './student-list.ts';
import { Submission } from './submission.ts';

/** The form and the list together: adding, changing and deleting students. */
export class StudentDesk {
  readonly #notice = new Notice('form-notice');
  readonly #submission = new Submission();
  readonly #form = new StudentForm({ save: () => void this.#save(), clear: () => void this.#clear() });
  readonly #list = new StudentList({
    edit: student => void this.#edit(student),
    remove: student => void this.#remove(student),
  });
  #isBusy: boolean = false;

  constructor() {
    window.addEventListener('beforeunload', event => {
      if (this.#form.isDirty) event.preventDefault();
    });
  }

  /** True while a reload would interrupt the visitor. */
  get isInUse(): boolean {
    return this.#form.isDirty || this.#form.editing !== undefined || this.#isBusy || isAsking();
  }

  /** Discards what is in the form. */
  discard(): void {
    this.#notice.hide();
    this.#form.showNew();
  }

  async #save(): Promise<void> {
    if (this.#isBusy) return;
    const { student, problems } = this.#form.check();
    if (problems) return this.#showProblems(problems);
    this.#form.showProblems([]);
    const { editing } = this.#form;
    const saved = await this.#whileBusy(() =>
      editing ? this.#update(student, editing.revision) : this.#create(student),
    );
    if (!saved) return;

    this.#form.showNew();
    if (editing === undefined) this.#form.focus();
    this.#notice.show('good', `Saved: ${isolated(saved.name)} (${isolated(saved.studentid)}).`);
    await this.#list.refresh(saved.studentid);
    if (editing && !this.#list.table.focusEdit(saved.studentid)) this.#list.focus();
  }

  async #create(student: StudentFields): Promise<SavedStudent | undefined> {
    return this.#sendForm(async () => {
      try {
        const saved = await createStudent(student, this.#submission.keyFor(student));
        this.#submission.settle();
        return saved;
      } catch (failure) {
        if (failure instanceof ApiFailure && !isOutcomeUnclear(failure)) this.#submission.settle();
        throw failure;
      }
    });
  }

  async #update(student: StudentFields, revision: string): Promise<SavedStudent | undefined> {
    return this.#sendForm(async () => {
      try {
        return await updateStudent(student, revision);
      } catch (failure) {
        if (failure instanceof ApiRefused && failure.status === 412) return this.#settleConflict(student);
        throw failure;
      }
    });
  }

  /**
   * Somebody saved this student since it was listed. It may have been this page, if the answer got
   * lost.
   */
  async #settleConflict(mine: StudentFields): Promise<SavedStudent | undefined> {
    const theirs = await readStudent(mine.studentid);
    if (sameStudent(theirs, mine)) return theirs;
    const choice = await decideConflict(theirs, mine);
    if (choice === 'mine') return this.#update(mine, theirs.revision);
    if (choice === 'theirs') {
      this.#form.showExisting(theirs);
      this.#form.focus();
      this.#notice.show('waiting', 'The form now shows the saved version.');
      await this.#list.refresh();
    } else {
      this.#notice.show('waiting', 'Not saved. Your entries are still in the form.');
    }
    return undefined;
  }

  /** Sends the form. Problems with single entries are shown at their fields. */
  #sendForm(send: () => Promise<SavedStudent | undefined>): Promise<SavedStudent | undefined> {
    const work = async () => {
      try {
        return await send();
      } catch (failure) {
        if (failure instanceof ApiRefused && this.#showRefusal(failure)) return undefined;
        throw failure;
      }
    };
    return attempt(work, { notice: this.#notice, again: () => void this.#save() });
  }

  #showRefusal({ code, fields }: ApiRefused): boolean {
    if (code === 'ValidationFailed') {
      this.#showProblems(fields);
      return true;
    }
    if (code === 'StudentExists') {
      this.#showProblems([{ field: 'studentid', message: 'A student with this ID already exists.' }]);
      return true;
    }
    if (code === 'StudentNotFound') {
      this.#form.becomeNew();
      this.#notice.show('trouble', 'This student has been deleted. Save adds it again as a new one.');
      return true;
    }
    return false;
  }

  #showProblems(problems: readonly FieldProblem[]): void {
    this.#form.showProblems(problems);
    const fields = new Set(problems.map(({ field }) => field)).size;
    const text = fields === 1 ? problems[0]?.message : `Check ${fields} fields.`;
    this.#notice.show('trouble', `Not saved. ${text}`);
  }

  async #clear(): Promise<void> {
    const { editing } = this.#form;
    if (this.#isBusy || !(await this.#mayDiscard())) return;
    this.discard();
    if (!editing || !this.#list.table.focusEdit(editing.studentid)) this.#form.focus();
  }

  async #edit(student: SavedStudent): Promise<void> {
    if (this.#isBusy || !(await this.#mayDiscard())) return;
    this.#notice.hide();
    this.#form.showExisting(student);
    this.#form.focus();
  }

  async #remove(student: SavedStudent): Promise<void> {
    if (this.#isBusy) return;
    const whom = `${isolated(student.name)} (${isolated(student.studentid)})`;
    const goAhead = await confirmed({
      title: 'Delete this student?',
      text: `${whom} is removed from the register. Only a backup can bring the record back.`,
      goAhead: 'Delete',
    });
    if (!goAhead) return;
    const neighbour = this.#list.table.neighbourOf(student.studentid);
    const outcome = await this.#whileBusy(() =>
      attempt(() => deleteUnlessChanged(student), {
        notice: this.#list.notice,
        again: () => void this.#remove(student),
      }),
    );
    if (outcome === undefined) return;

    if (outcome === 'deleted' && this.#form.editing?.studentid === student.studentid) this.#form.showNew();
    await this.#list.refresh();
    if (outcome === 'changed') {
      this.#list.notice.show(
        'trouble',
        `Not deleted: somebody else changed ${whom}. Here is the new version.`,
      );
      this.#list.table.focusEdit(student.studentid);
      return;
    }
    this.#list.notice.show('good', `Deleted: ${whom}.`);
    if (neighbour === undefined || !this.#list.table.focusEdit(neighbour)) this.#list.focus();
  }

  /** Asks first if the form has unsaved entries. */
  async #mayDiscard(): Promise<boolean> {
    if (!this.#form.isDirty) return true;
    return confirmed({
      title: 'Discard what you entered?',
      text: 'The form has unsaved entries.',
      goAhead: 'Discard',
    });
  }

  async #whileBusy<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
    if (this.#isBusy) return undefined;
    this.#isBusy = true;
    setBusy(this.#form.saveButton, true);
    try {
      return await work();
    } finally {
      this.#isBusy = false;
      setBusy(this.#form.saveButton, false);
    }
  }
}

async function deleteUnlessChanged(student: SavedStudent): Promise<'deleted' | 'changed'> {
  try {
    await deleteStudent(student);
    return 'deleted';
  } catch (failure) {
    if (failure instanceof ApiRefused && failure.status === 412) return 'changed';
    throw failure;
  }
}
