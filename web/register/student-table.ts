/// <reference lib="dom" />

import { element, fromTemplate, writeField } from '../page/dom.ts';
import { calendarDay } from '../page/wording.ts';
import type { SavedStudent } from './student-api.ts';

export interface RowHandlers {
  readonly edit: (student: SavedStudent) => void;
  readonly remove: (student: SavedStudent) => void;
}

/** Vietnamese letters that Poppins lacks: with them a name would be set in two fonts. */
const BEYOND_POPPINS = /[\u1ea0-\u1ef1]/;

/** The rows of the student table. */
export class StudentTable {
  readonly #table = element('students-table', HTMLTableElement);
  readonly #body = element('students-rows', HTMLTableSectionElement);
  readonly #handlers: RowHandlers;

  constructor(handlers: RowHandlers) {
    this.#handlers = handlers;
  }

  /** @param justSaved the student whose row is marked */
  show(students: readonly SavedStudent[], justSaved?: string): void {
    const rows = students.map(student => this.#rowOf(student, student.studentid === justSaved));
    this.#body.replaceChildren(...rows);
    this.#table.hidden = rows.length === 0;
    const names = students.map(student => student.name.normalize('NFC')).join('');
    this.#table.toggleAttribute('data-beyond-poppins', BEYOND_POPPINS.test(names));
  }

  /** @returns false if the student is not on this page */
  focusEdit(studentid: string): boolean {
    const row = [...this.#body.rows].find(({ dataset }) => dataset['studentid'] === studentid);
    const button = row?.querySelector('button');
    button?.focus();
    return button !== undefined && button !== null;
  }

  /**
   * The student below a row, or above the last row: the focus goes there when the row is removed.
   */
  neighbourOf(studentid: string): string | undefined {
    const rows = [...this.#body.rows];
    const index = rows.findIndex(({ dataset }) => dataset['studentid'] === studentid);
    return (rows[index + 1] ?? rows[index - 1])?.dataset['studentid'];
  }

  #rowOf(student: SavedStudent, isJustSaved: boolean): HTMLElement {
    const row = fromTemplate('student-row');
    row.dataset['studentid'] = student.studentid;
    row.toggleAttribute('data-just-saved', isJustSaved);
    writeField(row, 'studentid', student.studentid);
    writeField(row, 'name', student.name);
    writeField(row, 'incomplete', 'Incomplete').hidden = student.incomplete === undefined;
    writeField(row, 'class', student.class);
    writeField(row, 'birthdate', calendarDay(student.birthdate)).setAttribute('datetime', student.birthdate);
    writeField(row, 'email', student.email);
    this.#wire(row, 'edit', () => this.#handlers.edit(student), student);
    this.#wire(row, 'delete', () => this.#handlers.remove(student), student);
    return row;
  }

  #wire(row: HTMLElement, action: string, run: () => void, { studentid }: SavedStudent): void {
    const button = row.querySelector(`[data-action="${action}"]`);
    button?.addEventListener('click', run);
    writeField(row, `${action}-whom`, studentid);
  }
}
