import { describe, expect, it } from 'vitest';
import { createJournal, type JournalEntry } from '../../../infra/local/kernel/journal.ts';

const mail = (subject: string): JournalEntry => ({ kind: 'mail', to: ['a@example.com'], subject });
const isMail = (subject: string) => (entry: JournalEntry) =>
  entry.kind === 'mail' && entry.subject === subject;

describe('The journal', () => {
  it('keeps what happened, in order', () => {
    const journal = createJournal();
    journal.record(mail('one'));
    journal.record(mail('two'));
    expect(journal.entries).toEqual([mail('one'), mail('two')]);
  });

  it('resolves at once with what has happened already', async () => {
    const journal = createJournal();
    journal.record(mail('before'));
    expect(await journal.waitFor(isMail('before'), 'the mail')).toEqual(mail('before'));
  });

  it('resolves when what was waited for happens', async () => {
    const journal = createJournal();
    const waiting = journal.waitFor(isMail('wanted'), 'the mail');
    journal.record(mail('other'));
    journal.record(mail('wanted'));
    expect(await waiting).toEqual(mail('wanted'));
  });

  it('names what was waited for in vain', async () => {
    const waiting = createJournal().waitFor(isMail('never'), 'the mail that never comes', 1);
    await expect(waiting).rejects.toThrow('Waited 1 ms in vain for the mail that never comes');
  });

  it('calls its subscribers with every later entry, until they unsubscribe', () => {
    const journal = createJournal();
    const heard: JournalEntry[] = [];
    journal.record(mail('before'));
    const leave = journal.subscribe(entry => heard.push(entry));
    journal.record(mail('while'));
    leave();
    journal.record(mail('after'));
    expect(heard).toEqual([mail('while')]);
  });

  it('lets a subscriber unsubscribe while it is called', () => {
    const journal = createJournal();
    const heard: string[] = [];
    const leave = journal.subscribe(() => {
      heard.push('first');
      leave();
    });
    journal.subscribe(() => heard.push('second'));
    journal.record(mail('one'));
    journal.record(mail('two'));
    expect(heard).toEqual(['first', 'second', 'second']);
  });

  it('forgets the oldest entries, never the newest', () => {
    const journal = createJournal(10);
    const subjects = Array.from({ length: 1000 }, (_, index) => String(index));
    for (const subject of subjects) {
      journal.record(mail(subject));
      expect(journal.entries.length).toBeLessThanOrEqual(10);
      expect(journal.entries.at(-1)).toEqual(mail(subject));
    }
  });
});
