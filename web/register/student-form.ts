/// <reference lib="dom" />
import type { FieldProblem } from '../../shared/http/refusal.ts';
import {
  type CheckedStudent,
  checkStudent,
  type StudentFields,
} from '../../shared/school/students/student.ts';
import { element, write } from '../page/dom.ts';
import { isolated } from '../page/wording.ts';
import type { SavedStudent } from './student-api.ts';

const FIELDS = ['studentid', 'name', 'class', 'birthdate', 'email'] as const;
type Field = (typeof FIELDS)[number];

const EMPTY: StudentFields = { studentid: '', name: '', class: '', birthdate: '', email: '' };

/** The form for new and existing students. */
export class StudentForm {
  readonly saveButton = element('save', HTMLButtonElement);
  readonly #form = element('student-form', HTMLFormElement);
  readonly #inputs: Readonly<Record<Field, HTMLInputElement>> = {
    studentid: element('studentid', HTMLInputElement),
    name: element('name', HTMLInputElement),
    class: element('class', HTMLInputElement),
    birthdate: element('birthdate', HTMLInputElement),
    email: element('email', HTMLInputElement),
  };
  #editing: SavedStudent | undefined;
  #unchanged: StudentFields = EMPTY;

  constructor(handlers: { readonly save: () => void; readonly clear: () => void }) {
    this.#form.addEventListener('submit', event => {
      event.preventDefault();
      handlers.save();
    });
    element('clear', HTMLButtonElement).addEventListener('click', handlers.clear);
    for (const field of FIELDS) {
      this.#inputs[field].addEventListener('input', () => this.#recheck(field));
    }
    element('student-fields', HTMLFieldSetElement).disabled = false;
    this.showNew();
  }

  /** The student being changed; undefined for a new one. */
  get editing(): SavedStudent | undefined {
    return this.#editing;
  }

  /** True if leaving the form would lose something. */
  get isDirty(): boolean {
    const entries = this.entries();
    return FIELDS.some(field => entries[field] !== this.#unchanged[field]) || this.#birthdateIsIncomplete();
  }

  entries(): StudentFields {
    return {
      studentid: this.#inputs.studentid.value,
      name: this.#inputs.name.value,
      class: this.#inputs.class.value,
      birthdate: this.#inputs.birthdate.value,
      email: this.#inputs.email.value,
    };
  }

  /** Empties the form. */
  showNew(): void {
    this.#editing = undefined;
    this.#fill(EMPTY, EMPTY);
    write(element('form-title', HTMLHeadingElement), 'New student');
    write(element('clear', HTMLButtonElement), 'Clear');
  }

  /** Keeps the entries, but saves them as a new student from now on. */
  becomeNew(): void {
    const entries = this.entries();
    this.showNew();
    this.#fill(entries, EMPTY);
  }

  showExisting(student: SavedStudent): void {
    this.#editing = student;
    this.#fill(student, student);
    write(element('form-title', HTMLHeadingElement), `Change ${isolated(student.studentid)}`);
    write(element('clear', HTMLButtonElement), 'Cancel');
  }

  /** Checks the entries with the same rules as the API. */
  check(): CheckedStudent {
    const today = new Date().toLocaleDateString('sv');
    const rules = this.#editing ? { today, studentid: this.#editing.studentid } : { today };
    const checked = checkStudent(this.entries(), rules);
    if (!this.#birthdateIsIncomplete()) return checked;
    const others = checked.problems?.filter(({ field }) => field !== 'birthdate') ?? [];
    return {
      problems: [
        ...others,
        { field: 'birthdate', message: 'Enter the day, month and year of the birthdate.' },
      ],
    };
  }

  /** Shows at each field what is wrong with it, and focuses the first one. */
  showProblems(problems: readonly FieldProblem[]): void {
    for (const field of FIELDS) {
      this.#showProblem(field, problems.find(problem => problem.field === field)?.message);
    }
    const first = FIELDS.find(field => problems.some(problem => problem.field === field));
    if (first) this.#inputs[first].focus();
  }

  /** Focuses the first field to fill in. */
  focus(): void {
    this.#inputs[this.#editing ? 'name' : 'studentid'].focus();
  }

  #fill(entries: StudentFields, unchanged: StudentFields): void {
    this.#form.reset();
    for (const field of FIELDS) this.#inputs[field].value = entries[field];
    this.#unchanged = { ...unchanged };
    this.#inputs.studentid.readOnly = this.#editing !== undefined;
    this.#form.dataset['mode'] = this.#editing ? 'change' : 'new';
    this.showProblems([]);
  }

  /** Checks a field with a problem again while the visitor corrects it. */
  #recheck(field: Field): void {
    if (this.#inputs[field].getAttribute('aria-invalid') !== 'true') return;
    this.#showProblem(field, this.check().problems?.find(problem => problem.field === field)?.message);
  }

  #showProblem(field: Field, message: string | undefined): void {
    const place = element(`${field}-problem`, HTMLParagraphElement);
    place.hidden = message === undefined;
    write(place, message ?? '');
    this.#inputs[field].setAttribute('aria-invalid', String(message !== undefined));
  }

  /** The value of a half-entered date is empty, so only the validity tells. */
  #birthdateIsIncomplete(): boolean {
    return this.#inputs.birthdate.validity.badInput;
  }
}
