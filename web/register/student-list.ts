/// <reference lib="dom" />
import { attempt } from '../api/attempt.ts';
import { announce } from '../page/announce.ts';
import { element, setBusy, write } from '../page/dom.ts';
import { Notice } from '../page/notice.ts';
import { counted } from '../page/wording.ts';
import { listStudents, type StudentPage, type StudentQuery } from './student-api.ts';
import { type RowHandlers, StudentTable } from './student-table.ts';

const TYPING_PAUSE_MS = 300;

/** One page of the list: its token, and the number of students before it. */
interface Turned {
  readonly token: string | undefined;
  readonly before: number;
}

const FIRST_PAGE: Turned = { token: undefined, before: 0 };

/**
 * The list: View, search, class filter and paging. It loads nothing until somebody presses View.
 */
export class StudentList {
  readonly notice = new Notice('list-notice');
  readonly table: StudentTable;
  readonly #viewButton = element('view', HTMLButtonElement);
  readonly #search = element('search', HTMLInputElement);
  readonly #class = element('class-filter', HTMLInputElement);
  readonly #previous = element('previous', HTMLButtonElement);
  readonly #next = element('next', HTMLButtonElement);
  #turned: readonly Turned[] = [FIRST_PAGE];
  #shown: StudentPage | undefined;
  #asked = new AbortController();
  #typing: number | undefined;

  constructor(handlers: RowHandlers) {
    this.table = new StudentTable(handlers);
    element('view-form', HTMLFormElement).addEventListener('submit', event => {
      event.preventDefault();
      void this.view();
    });
    for (const input of [this.#search, this.#class]) {
      input.addEventListener('input', () => this.#viewAfterTyping());
    }
    this.#previous.addEventListener('click', () => void this.#turn(this.#turned.slice(0, -1)));
    this.#next.addEventListener('click', () => void this.#turn([...this.#turned, this.#pageAfter()]));
    element('view-fields', HTMLFieldSetElement).disabled = false;
    this.#resume();
  }

  /** Shows the first page of the search. */
  async view(): Promise<void> {
    window.clearTimeout(this.#typing);
    await this.#show([FIRST_PAGE]);
    if (this.#shown) announce(`${this.#countWords(this.#shown)}.`);
  }

  /** Reloads the current page, if the list is shown. */
  async refresh(justSaved?: string): Promise<void> {
    if (this.#shown === undefined) return;
    await this.#show(this.#turned, justSaved);
    const isEmptyLastPage = this.#shown.students.length === 0 && this.#turned.length > 1;
    if (isEmptyLastPage) await this.#show(this.#turned.slice(0, -1));
  }

  /** Focuses the heading, for when the focused row is gone. */
  focus(): void {
    element('students-title', HTMLHeadingElement).focus();
  }

  async #turn(to: readonly Turned[]): Promise<void> {
    if (to.length === 0 || to.at(-1)?.token === this.#turned.at(-1)?.token) return;
    await this.#show(to);
    this.focus();
    if (this.#shown) announce(`${this.#countWords(this.#shown)}.`);
  }

  async #show(turned: readonly Turned[], justSaved?: string): Promise<void> {
    this.#asked.abort();
    const asked = new AbortController();
    this.#asked = asked;
    const query = this.#query();
    this.#showBusy(true);
    const page = await attempt(() => listStudents(query, turned.at(-1)?.token, asked.signal), {
      notice: this.notice,
      again: () => void this.#show(turned, justSaved),
    });
    if (asked.signal.aborted) return;
    this.#showBusy(false);
    if (!page) return;

    this.notice.hide();
    this.#turned = turned;
    this.#shown = page;
    this.#remember(query);
    this.table.show(page.students, justSaved);
    this.#showSurroundings(page, query);
  }

  #showSurroundings(page: StudentPage, query: StudentQuery): void {
    write(element('students-count', HTMLParagraphElement), this.#countWords(page));
    const isFiltered = query.search !== '' || query.class !== '';
    const empty = element('students-empty', HTMLElement);
    empty.hidden = page.students.length > 0;
    empty.dataset['state'] = isFiltered ? 'no-match' : 'no-student';
    write(
      element('empty-title', HTMLParagraphElement),
      isFiltered ? 'No student matches' : 'No students yet',
    );
    write(
      element('empty-text', HTMLParagraphElement),
      isFiltered ? 'Try fewer letters, or another class.' : 'The first one you save appears here.',
    );
    element('pager', HTMLElement).hidden = this.#turned.length === 1 && page.next === undefined;
    this.#previous.setAttribute('aria-disabled', String(this.#turned.length === 1));
    this.#next.setAttribute('aria-disabled', String(page.next === undefined));
    this.#offerClasses(page);
  }

  /** "26–50 of 312 students". */
  #countWords({ students, total }: StudentPage): string {
    const { before } = this.#turned.at(-1) ?? FIRST_PAGE;
    const isWhole = this.#turned.length === 1 && this.#shown?.next === undefined;
    if (isWhole) return students.length === 0 ? 'No students' : counted(students.length, 'student');
    const range = `${before + 1}–${before + students.length}`;
    return total === undefined ? `Students ${range}` : `${range} of ${counted(total, 'student')}`;
  }

  #pageAfter(): Turned {
    const { before } = this.#turned.at(-1) ?? FIRST_PAGE;
    return { token: this.#shown?.next, before: before + (this.#shown?.students.length ?? 0) };
  }

  /** Suggests the classes seen so far while a class is typed. */
  #offerClasses({ students }: StudentPage): void {
    const offered = element('classes', HTMLDataListElement);
    const known = new Set([...offered.options].map(option => option.value));
    for (const name of new Set(students.map(student => student.class))) {
      if (known.has(name)) continue;
      const option = document.createElement('option');
      option.value = name;
      offered.append(option);
    }
  }

  #query(): StudentQuery {
    return { search: this.#search.value.trim(), class: this.#class.value.trim() };
  }

  #viewAfterTyping(): void {
    window.clearTimeout(this.#typing);
    if (this.#shown) this.#typing = window.setTimeout(() => void this.view(), TYPING_PAUSE_MS);
  }

  #showBusy(busy: boolean): void {
    setBusy(this.#viewButton, busy);
    element('students', HTMLElement).setAttribute('aria-busy', String(busy));
  }

  /** Shows the list again after a reload, for example when a newer page was published. */
  #resume(): void {
    const state: { readonly list?: StudentQuery } | null = history.state;
    if (!state?.list) return;
    this.#search.value = state.list.search;
    this.#class.value = state.list.class;
    void this.view();
  }

  #remember(list: StudentQuery): void {
    history.replaceState({ ...history.state, list }, '');
  }
}
