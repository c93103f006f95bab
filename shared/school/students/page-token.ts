import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { RequestRefusedError } from '../../http/refusal.ts';
import { isStudentId } from './student.ts';

/** Which students a list holds. A page token belongs to exactly one filter. */
export interface StudentFilter {
  readonly class?: string;
  /** Part of an id, name or e-mail address, in any case. */
  readonly search?: string;
}

const VERSION = 1;
const Token = z.strictObject({
  v: z.literal(VERSION),
  after: z.string().check(z.refine(isStudentId)),
  check: z.string(),
});

/** @param after the last student already seen */
export function pageToken(after: string, filter: StudentFilter): string {
  const token = { v: VERSION, after, check: checksum(after, filter) };
  return Buffer.from(JSON.stringify(token)).toString('base64url');
}

/**
 * The student after whom a page begins.
 *
 * @throws RequestRefusedError if `pageToken` did not make the token for the same filter
 */
export function readPageToken(text: string, filter: StudentFilter): string {
  const token = Token.safeParse(parse(text));
  // Base64 and JSON can spell the same content in several ways: only our own spelling is a token.
  if (!token.success || pageToken(token.data.after, filter) !== text) {
    throw new RequestRefusedError(
      'BadRequest',
      'The value of "next" does not belong to this list. Start again at the first page.',
    );
  }
  return token.data.after;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch {
    return;
  }
}

/** Detects damaged tokens, and tokens of another list. Not a secret: a token gives no access. */
function checksum(after: string, filter: StudentFilter): string {
  const content = JSON.stringify([VERSION, after, filter.class ?? null, filter.search ?? null]);
  return createHash('sha256').update(content).digest('base64url').slice(0, 12);
}
