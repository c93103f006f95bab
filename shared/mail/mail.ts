import * as z from 'zod/mini';

/** The same event always has the same id, and each id is mailed once. */
export const MailId = z.string().check(z.minLength(1));

/** What every message of the mail queue has: each asks for one mail. */
export interface MailMessage {
  readonly type: string;
  readonly id: string;
}

/**
 * Mails and their messages list at most this many items: a queue message ends at 1 MiB, a reader's
 * patience sooner.
 */
export const MAX_LISTED_IN_MAIL = 50;

/** The stack that mails. The commands in its mails name it. */
export interface MailingStack {
  readonly name: string;
  readonly region: string;
}

/** A mail ready to send. Text and HTML say the same. */
export interface RenderedMail {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** A message of the mail queue, understood. */
export interface Mail extends MailMessage {
  /** The recipient; absent for mails to the people who run the site. */
  readonly to?: string;
  render(stack: MailingStack): RenderedMail;
}

/** Reads a message as a mail of one kind; undefined when it is of another kind. */
export type MailKind = (message: unknown) => Mail | undefined;

/**
 * A kind of mail: the schema of its message, what the mail says and, unless it is for the people
 * who run the site, who gets it. Whoever deploys a mail function lists the kinds that it sends.
 */
export function mailKind<Message extends MailMessage>(
  schema: z.ZodMiniType<Message>,
  render: (message: Message, stack: MailingStack) => RenderedMail,
  recipientOf?: (message: Message) => string,
): MailKind {
  return input => {
    const { data: message } = schema.safeParse(input);
    if (message === undefined) return undefined;
    const { type, id } = message;
    const to = recipientOf === undefined ? {} : { to: recipientOf(message) };
    return { type, id, ...to, render: stack => render(message, stack) };
  };
}
