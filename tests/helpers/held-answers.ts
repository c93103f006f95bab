import { subscribe } from 'node:diagnostics_channel';
import { AWS_ANSWERS, type AwsAnswer } from '../../infra/local/kernel/aws-endpoint.ts';
import { violationsIn } from './aws-model/check-answer.ts';

/**
 * Answers of one kind that are looked at. Rushes bring thousands that differ in nothing but their
 * values.
 */
const LOOKED_AT = 3;

let answers: AwsAnswer[] = [];
let counts = new Map<string, number>();

subscribe(AWS_ANSWERS, message => {
  const answer = message as AwsAnswer;
  const kind = kindOf(answer);
  const count = (counts.get(kind) ?? 0) + 1;
  counts.set(kind, count);
  if (count <= LOOKED_AT) answers.push(answer);
});

/** Of answers of one kind, most have the same members: those to an operation, of about one size. */
function kindOf({ request, action, response }: AwsAnswer): string {
  const magnitude = Math.round(Math.log2(1 + (response.body?.length ?? 0)));
  return [request.service, action, response.status, magnitude].join(' ');
}

/**
 * What AWS's model says against the answers of every local cloud in this process since the last
 * look.
 */
export async function takeViolations(): Promise<string[]> {
  const taken = answers;
  forgetAnswers();
  const found = await Promise.all(taken.map(violationsIn));
  return [...new Set(found.flat())];
}

/** Leaves out the answers since the last look: those of stubs, which stand for no AWS service. */
export function forgetAnswers(): void {
  answers = [];
  counts = new Map();
}
