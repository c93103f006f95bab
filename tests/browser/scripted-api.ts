import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { checkStudent, type Student, type StudentFields } from '../../shared/school/students/student.ts';
import { type ApiAnswer, refusal } from './scripted-answer.ts';
import { ScriptedRefreshes } from './scripted-refreshes.ts';

export interface ApiRequest {
  readonly method: string;
  /** Below `/api/`, with the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: unknown;
}

interface ScriptedBackup {
  readonly key: string;
  readonly count: number;
  readonly sha256: string;
  readonly bytes: number;
  readonly startedAt: string;
  readonly finishedAt: string;
}

const TODAY = '2026-11-22';
const SAVED_AT = '2026-11-22T08:02:11.000Z';

/** The contract of the API, in memory. Its answers can be replaced by what a scenario needs. */
export class ScriptedApi {
  readonly #students = new Map<string, Student>();
  readonly #backups: ScriptedBackup[] = [];
  readonly #answered = new Map<string, ApiAnswer>();
  readonly #instead: Array<ApiAnswer | 'lost'> = [];
  #allInstead: ApiAnswer | 'lost' | undefined;
  readonly requests: ApiRequest[] = [];
  readonly refreshes = new ScriptedRefreshes();
  /** Backups answer 202 and have no manifest until `finishBackups`. */
  backupsTakeLong: boolean = false;
  /** Whether lists tell how many students match. */
  givesTotal: boolean = true;
  #revisions: number = 0;

  reset(): void {
    this.#students.clear();
    this.#backups.length = 0;
    this.#answered.clear();
    this.#instead.length = 0;
    this.#allInstead = undefined;
    this.refreshes.reset();
    this.requests.length = 0;
    this.backupsTakeLong = false;
    this.givesTotal = true;
    this.#revisions = 0;
  }

  /**
   * Puts a student there as another user would; a change counts the version up.
   *
   * @param incomplete what another program left out
   */
  save(fields: StudentFields, incomplete?: readonly string[]): void {
    const before = this.#students.get(fields.studentid);
    this.#students.set(fields.studentid, {
      ...fields,
      version: (before?.version ?? 0) + 1,
      revision: `r${++this.#revisions}`,
      createdAt: SAVED_AT,
      updatedAt: SAVED_AT,
      ...(incomplete === undefined ? {} : { incomplete }),
    });
  }

  remove(studentid: string): void {
    this.#students.delete(studentid);
  }

  find(studentid: string): Student | undefined {
    return this.#students.get(studentid);
  }

  /** The next requests get these answers; a lost one is carried out, but its answer breaks off. */
  answerNext(...answers: ReadonlyArray<ApiAnswer | 'lost'>): void {
    this.#instead.push(...answers);
  }

  /** Every request gets this answer until told `undefined`. */
  answerAll(answer: ApiAnswer | 'lost' | undefined): void {
    this.#allInstead = answer;
  }

  finishBackups(): void {
    this.backupsTakeLong = false;
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    const seen: ApiRequest = {
      method: request.method ?? 'GET',
      path: (request.url ?? '').replace('/api/', ''),
      headers: request.headers,
      body: body === '' ? undefined : JSON.parse(body),
    };
    this.requests.push(seen);
    const instead = this.#instead.shift() ?? this.#allInstead;
    const answer = instead === undefined || instead === 'lost' ? this.#perform(seen) : instead;
    if (instead === 'lost') {
      // A browser asks a second time by itself unless the answer had begun.
      response.writeHead(answer.status, { 'content-length': '100' });
      response.write('{', () => request.socket.destroy());
      return;
    }
    const json = answer.json === undefined ? undefined : JSON.stringify(answer.json);
    response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers }).end(json);
  }

  #perform(request: ApiRequest): ApiAnswer {
    const { pathname, searchParams } = new URL(request.path, 'http://api/');
    const [, collection, id] = pathname.split('/').map(decodeURIComponent);
    const route = `${request.method} ${collection}${id === undefined ? '' : '/*'}`;
    switch (route) {
      case 'GET students':
        return this.#list(searchParams);
      case 'POST students':
        return this.#create(request);
      case 'GET students/*':
        return this.#withStudent(id, student => ({ status: 200, json: student }));
      case 'PUT students/*':
        return this.#withStudent(id, student => this.#update(student, request));
      case 'DELETE students/*':
        return this.#delete(id ?? '', request);
      case 'POST backup':
        return this.#backUp();
      case 'GET backups':
        return { status: 200, json: { backups: this.backupsTakeLong ? [] : this.#backups } };
      case 'GET refreshes':
        return this.refreshes.list(searchParams);
      case 'GET refreshes/*':
        return this.refreshes.read(id ?? '');
      case 'POST refreshes':
        return this.refreshes.ask(request.body);
      default:
        return refusal(404, 'NotFound', 'There is no such route.');
    }
  }

  #list(query: URLSearchParams): ApiAnswer {
    const search = query.get('search')?.toLowerCase() ?? '';
    const matching = [...this.#students.values()]
      .filter(student => (query.get('class') ?? student.class) === student.class)
      .filter(({ studentid, name, email }) =>
        [studentid, name, email].some(value => value.toLowerCase().includes(search)),
      )
      .sort((one, other) => (one.studentid < other.studentid ? -1 : 1));
    const start = Number(query.get('next') ?? '0');
    const end = start + Number(query.get('limit') ?? '25');
    const page = {
      students: matching.slice(start, end),
      ...(end < matching.length ? { next: String(end) } : {}),
      ...(this.givesTotal ? { total: matching.length } : {}),
    };
    return { status: 200, json: page };
  }

  #create({ headers, body }: ApiRequest): ApiAnswer {
    const key = z.string().parse(headers['idempotency-key']);
    const before = this.#answered.get(key);
    if (before) return before;
    const { student, problems } = checkStudent(body, { today: TODAY });
    if (problems) return { ...refusal(400, 'ValidationFailed', 'Check the fields.', problems) };
    if (this.#students.has(student.studentid)) return refusal(409, 'StudentExists', 'It is there already.');
    this.save(student);
    const answer = { status: 201, json: this.find(student.studentid) };
    this.#answered.set(key, answer);
    return answer;
  }

  #update(present: Student, { headers, body }: ApiRequest): ApiAnswer {
    if (headers['if-match'] !== `"${present.revision}"`) return changedMeanwhile();
    const { student, problems } = checkStudent(body, { today: TODAY, studentid: present.studentid });
    if (problems) return refusal(400, 'ValidationFailed', 'Check the fields.', problems);
    this.save(student);
    return { status: 200, json: this.find(student.studentid) };
  }

  #delete(studentid: string, { headers }: ApiRequest): ApiAnswer {
    const present = this.find(studentid);
    if (present && headers['if-match'] !== `"${present.revision}"`) return changedMeanwhile();
    this.remove(studentid);
    return { status: 204 };
  }

  #backUp(): ApiAnswer {
    const number = String(this.#backups.length).padStart(8, '0');
    const backup = {
      key: `backups/20261122T080211Z-${number}.ndjson.gz`,
      count: this.#students.size,
      sha256: 'c0ffee'.repeat(10).padEnd(64, '0'),
      bytes: 12_345,
      startedAt: '2026-11-22T08:02:11.000Z',
      finishedAt: '2026-11-22T08:02:13.400Z',
    };
    this.#backups.unshift(backup);
    if (this.backupsTakeLong) return { status: 202, json: { key: backup.key, status: 'running' } };
    const { bytes, ...done } = backup;
    return { status: 201, json: done };
  }

  #withStudent(studentid: string | undefined, perform: (student: Student) => ApiAnswer): ApiAnswer {
    const student = this.find(studentid ?? '');
    return student ? perform(student) : refusal(404, 'StudentNotFound', 'There is no such student.');
  }
}

function changedMeanwhile(): ApiAnswer {
  return refusal(412, 'PreconditionFailed', 'The student was changed since you read it.');
}
