import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Command } from '@commander-js/extra-typings';
import { assembleAttachment } from '../attachment/assemble.ts';
import { ASSETS_BUCKET } from '../attachment/assets-parameter.ts';
import { addAttachmentOptions, attachmentSettings } from '../attachment-options.ts';
import type { Terminal } from '../terminal/terminal.ts';

/** Folder in the bucket of the assets. */
const PREFIX = 'cloudfront-auto-invalidation/';

const TEMPLATE = 'template.json';
const ASSETS = 'assets';

const MORE_HELP = `
For people who deploy by CloudFormation itself. Nothing is sent to AWS. The same settings always make the same files.`;

export function define(command: Command, { print, progress }: Terminal): void {
  const options = command
    .description('Writes a CloudFormation template that attaches the pipeline to a site, and its assets.')
    .requiredOption('--out <folder>', 'where to write them')
    .option('--json', 'print what was written as JSON');
  addAttachmentOptions(options)
    .addHelpText('after', MORE_HELP)
    .action(({ out, json, ...given }) => {
      const settings = attachmentSettings(given);
      progress.update(() => 'Making the template');
      const { template, assets } = assembleAttachment(settings, PREFIX);
      write(join(out, TEMPLATE), template);
      for (const { key, content } of assets) write(join(out, ASSETS, key.slice(PREFIX.length)), content);
      const commands = deployment(out, settings);
      const written = [TEMPLATE, ...assets.map(({ key }) => `${ASSETS}/${key.slice(PREFIX.length)}`)];
      print(
        json
          ? JSON.stringify({ folder: out, written, commands })
          : [
              `Wrote ${written.length} files into ${out}. With a bucket in ${settings.region} for the code, deploy them:`,
              ...['', ...commands],
            ].join('\n'),
      );
    });
}

function write(file: string, content: string | Uint8Array): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}

/** Commands of the AWS CLI that upload and deploy what was written. */
function deployment(
  folder: string,
  { region, stackName }: { readonly region: string; readonly stackName: string },
): string[] {
  const bucket = 'BUCKET';
  return [
    `aws s3 cp ${join(folder, ASSETS)} s3://${bucket}/${PREFIX} --recursive --region ${region}`,
    `aws cloudformation deploy --template-file ${join(folder, TEMPLATE)} --stack-name ${stackName} \\`,
    `  --s3-bucket ${bucket} --capabilities CAPABILITY_IAM \\`,
    `  --parameter-overrides ${ASSETS_BUCKET}=${bucket} --region ${region}`,
  ];
}
