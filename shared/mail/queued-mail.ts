import * as z from 'zod/mini';
import { AlarmNotice } from './alarm-event.ts';
import { MailMessage } from './mail.ts';

/** Everything that the mail queue takes: the program's messages, and EventBridge's events about alarms. */
export const QueuedMail = z.union([MailMessage, AlarmNotice]);
export type QueuedMail = z.infer<typeof QueuedMail>;
