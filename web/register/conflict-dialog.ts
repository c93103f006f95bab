/// <reference lib="dom" />
import type { StudentFields } from '../../shared/school/students/student.ts';
import { choiceIn } from '../page/dialogs.ts';
import { element, fromTemplate, writeField } from '../page/dom.ts';

const FIELD_NAMES = { name: 'Name', class: 'Class', birthdate: 'Birthdate', email: 'Email' } as const;
const FIELDS = ['name', 'class', 'birthdate', 'email'] as const;

/** True if both have equal fields. */
export function sameStudent(one: StudentFields, other: StudentFields): boolean {
  return one.studentid === other.studentid && FIELDS.every(field => one[field] === other[field]);
}

/**
 * Shows both versions of a student side by side and asks which one to keep.
 *
 * @returns `undecided` to keep editing
 */
export async function decideConflict(
  theirs: StudentFields,
  mine: StudentFields,
): Promise<'theirs' | 'mine' | 'undecided'> {
  const rows = FIELDS.map(field => {
    const row = fromTemplate('conflict-row');
    writeField(row, 'field', FIELD_NAMES[field]);
    writeField(row, 'theirs', theirs[field]);
    writeField(row, 'mine', mine[field]);
    row.toggleAttribute('data-differs', theirs[field] !== mine[field]);
    return row;
  });
  element('conflict-rows', HTMLTableSectionElement).replaceChildren(...rows);
  const choice = await choiceIn(element('conflict-dialog', HTMLDialogElement));
  return choice === 'theirs' || choice === 'mine' ? choice : 'undecided';
}
