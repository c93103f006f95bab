import {
  CreateEmailIdentityCommand,
  DeleteEmailIdentityCommand,
  GetEmailIdentityCommand,
  SESv2Client,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-sesv2';
import type { SenderIdentities } from '../deployment/mail-sender.ts';
import type { KnownIdentities } from '../mail/sender.ts';

/** What SES knows. @param client for the region of the mails */
export function createKnownIdentities(client: SESv2Client): KnownIdentities {
  return {
    async find(EmailIdentity) {
      const found = await unless('NotFoundException', () =>
        client.send(new GetEmailIdentityCommand({ EmailIdentity })),
      );
      if (found === undefined) return undefined;
      const { VerifiedForSendingStatus: isVerified = false, Tags = [] } = found;
      return { isVerified, tags: Object.fromEntries(Tags.map(({ Key = '', Value = '' }) => [Key, Value])) };
    },
  };
}

/** @param client SES takes one such call a second, and the SDK waits longer with each attempt */
export function createSenderIdentities(
  region: string,
  client = new SESv2Client({ region, maxAttempts: 6 }),
): SenderIdentities {
  return {
    ...createKnownIdentities(client),
    async create(EmailIdentity, tags) {
      const command = new CreateEmailIdentityCommand({ EmailIdentity, Tags: tagsOf(tags) });
      return (await unless('AlreadyExistsException', () => client.send(command))) !== undefined;
    },
    async tag(ResourceArn, tags) {
      const command = new TagResourceCommand({ ResourceArn, Tags: tagsOf(tags) });
      return (await unless('NotFoundException', () => client.send(command))) !== undefined;
    },
    async untag(ResourceArn, key) {
      const command = new UntagResourceCommand({ ResourceArn, TagKeys: [key] });
      await unless('NotFoundException', () => client.send(command));
    },
    async remove(EmailIdentity) {
      const command = new DeleteEmailIdentityCommand({ EmailIdentity });
      await unless('NotFoundException', () => client.send(command));
    },
  };
}

const tagsOf = (tags: Readonly<Record<string, string>>) =>
  Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));

/** @returns undefined if the call fails with an error of that name */
async function unless<Result>(error: string, call: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await call();
  } catch (caught) {
    if (caught instanceof Error && caught.name === error) return undefined;
    throw caught;
  }
}
