import { spell } from '../edition/spell.ts';
import type { MailingStack, RenderedMail } from './mail.ts';

export type Facts = [name: string, value: string][];
export type Lists = [name: string, items: string[]][];

export interface MailContent {
  /** Heading and subject. */
  readonly title: string;
  /** What the reader should do. */
  readonly advice: string;
  readonly facts: Facts;
  /** Empty lists are left out. @default none */
  readonly lists?: Lists;
}

const MAX_SUBJECT_LENGTH = 200;

/** Lays out a mail, as text and as HTML. */
export function layOut({ title, advice, facts, lists = [] }: MailContent): RenderedMail {
  const filled = lists.filter(([, items]) => items.length > 0);
  const text = [
    onOneLine(title),
    '',
    advice,
    '',
    ...facts.map(([name, value]) => `${name}: ${onOneLine(value)}`),
    ...filled.flatMap(([name, items]) => ['', `${name}:`, ...items.map(item => `  ${onOneLine(item)}`)]),
    '',
  ].join('\n');
  const html = [
    '<!doctype html><html lang="en"><body style="font-family:sans-serif;line-height:1.5;max-width:40rem">',
    `<h1 style="font-size:1.25rem">${escapeHtml(title)}</h1><p>${escapeHtml(advice)}</p><table>`,
    ...facts.map(
      ([name, value]) =>
        `<tr><th align="left" valign="top" style="padding-right:1rem">${escapeHtml(name)}</th><td>${escapeHtml(value)}</td></tr>`,
    ),
    '</table>',
    ...filled.map(
      ([name, items]) =>
        `<h2 style="font-size:1rem">${escapeHtml(name)}</h2><ul>${items.map(item => `<li>${escapeHtml(item)}</li>`).join('')}</ul>`,
    ),
    '</body></html>',
  ].join('\n');
  return { subject: onOneLine(title).slice(0, MAX_SUBJECT_LENGTH).toWellFormed(), text, html };
}

/** One fact, or none when there is no value. */
export function fact(name: string, value: string | number | undefined): Facts {
  return value === undefined ? [] : [[name, `${value}`]];
}

/** A command for the reader to run, naming the stack that mails. */
export function command(name: string, args: string, stack: MailingStack): string {
  return spell(name, `${args} --stack ${stack.name} --region ${stack.region}`);
}

/** When something ended, and how long it took. */
export function finishOf({
  startedAt,
  finishedAt,
}: {
  readonly startedAt: string;
  readonly finishedAt: string;
}): string {
  const seconds = (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000;
  return `${finishedAt} (after ${seconds.toFixed(1)} s)`;
}

/** The items shown, and a last one that says how many more there are. */
export function withRest(shown: readonly string[], total: number): string[] {
  return total > shown.length ? [...shown, `… and ${total - shown.length} more`] : [...shown];
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, character => ENTITIES[character] ?? character);
}

/**
 * An object key may hold line breaks: they would forge lines of the text, and headers after the
 * subject.
 */
function onOneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ');
}
