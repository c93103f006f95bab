import * as z from 'zod/mini';
import { isEmailAddress } from '../../mail/email-address.ts';
import { type Facts, layOut } from '../../mail/layout.ts';
import { MailId, mailKind, type RenderedMail } from '../../mail/mail.ts';

const StudentConfirmation = z.object({
  type: z.literal('student-confirmation'),
  id: MailId,
  to: z.string().check(z.refine(isEmailAddress)),
  studentid: z.string().check(z.minLength(1)),
  name: z.string().check(z.minLength(1)),
  class: z.string().check(z.minLength(1)),
});
export type StudentConfirmation = z.infer<typeof StudentConfirmation>;

/** Tells a student that the school has registered them. */
export const studentConfirmationMail = mailKind(StudentConfirmation, renderConfirmation, ({ to }) => to);

function renderConfirmation(student: StudentConfirmation): RenderedMail {
  const facts: Facts = [
    ['Student id', student.studentid],
    ['Name', student.name],
    ['Class', student.class],
  ];
  return layOut({
    title: `You are registered as student ${student.studentid}`,
    advice:
      'The school has added you to its student records. If anything is wrong, or this is not you, please tell the school office.',
    facts,
  });
}
