import { type Command, InvalidArgumentError, Option, type OptionValues } from '@commander-js/extra-typings';
import { readCdkJson } from '../../settings.ts';
import { invalidationPaths, urlsByKeys, usDollars, wholeNumber } from '../option-values.ts';

/** What a deployment without `-c` options is made with. */
const DEPLOYED = readCdkJson();

const USAGE = `--from <folder> --to <folder> [options]
       … --changed <file> --inventory <file> [options]
       … --distribution <file> [--cache-policy <file>] [--urls <json>]`;

const MORE_HELP = `
The plan supposes that everything that differs is uploaded, and nothing else,
and that no other invalidation is in progress.`;

/** Gives `plan` its description and options. */
export function addOptions(command: Command) {
  const described = command
    .description('Shows which paths an upload would invalidate, why, and what that costs. Works offline.')
    .usage(USAGE);
  return addLimits(addDistribution(addChange(described)))
    .optionsGroup('Options:')
    .option('--requested <path...>', "paths asked for by hand as well, such as '/docs/*'", invalidationPaths)
    .option('--json', 'print the whole report as JSON')
    .addHelpText('after', MORE_HELP);
}

export type Options = ReturnType<ReturnType<typeof addOptions>['opts']>;

/** Options that exclude two folders. */
const LISTS = ['changed', 'inventory'];

function addChange<Args extends unknown[], Known extends OptionValues>(command: Command<Args, Known>) {
  return command
    .optionsGroup('What changes, from two folders:')
    .addOption(new Option('--from <folder>', "the site's files as they are").conflicts(LISTS))
    .addOption(new Option('--to <folder>', "the site's files as they will be").conflicts(LISTS))
    .addOption(
      new Option('--prefix <prefix>', 'folder of the bucket to upload to; the other ones stay unknown')
        .conflicts(LISTS)
        .argParser(folderPrefix),
    )
    .optionsGroup('What changes, from two lists of keys, one a line and not encoded; - is standard input:')
    .option('--changed <file>', 'keys that are added, overwritten or removed')
    .option('--inventory <file>', 'every key of the site after the change');
}

/** What a distribution itself tells. */
const TOLD_BY_DISTRIBUTION = ['originPath', 'rootObject', 'queryStrings'];

function addDistribution<Args extends unknown[], Known extends OptionValues>(command: Command<Args, Known>) {
  const file = new Option('--distribution <file>', 'of get-distribution-config, or get-distribution');
  return command
    .optionsGroup('The distribution, from what the AWS CLI prints of it (--output json):')
    .addOption(file.conflicts(TOLD_BY_DISTRIBUTION))
    .option('--cache-policy <file...>', "of get-cache-policy; AWS's own ones are known")
    .option('--response-headers-policy <file...>', 'of get-response-headers-policy')
    .option('--website <file>', 'of get-bucket-website, if the bucket is shown as a website')
    .option('--bucket <name>', 'which bucket changes, if it shows several')
    .optionsGroup('The distribution, told by hand:')
    .option('--origin-path <path>', 'its origin path', originPath, '')
    .option('--root-object <name>', "its default root object; '' for none", 'index.html')
    .option('--query-strings', 'it caches by query strings')
    .option('--extensionless', 'it also serves page.html as /page', DEPLOYED.extensionlessUrls)
    .option('--no-extensionless', 'it does not')
    .option(
      '--urls <json>',
      'further URLs by pattern of keys, such as \'{"en/*": ["/$1"]}\'',
      urlsByKeys,
      DEPLOYED.urls,
    )
    .option(
      '--spa-fallback <key>',
      'what a function shows at URLs that name no object',
      DEPLOYED.spaFallback,
    );
}

function addLimits<Args extends unknown[], Known extends OptionValues>(command: Command<Args, Known>) {
  const { freePathsPerMonth, maxPathsPerMonth, pathPriceUsd, refetchPriceUsd } = DEPLOYED;
  const { maxNeedlessPurges, maxListRequests } = DEPLOYED;
  return command
    .optionsGroup('Prices and limits:')
    .option('--used <count>', 'paths invalidated this month so far', wholeNumber(), 0)
    .option('--free-paths <count>', 'paths a month that cost nothing', wholeNumber(), freePathsPerMonth)
    .option('--path-price <usd>', 'price of each further path', usDollars, pathPriceUsd)
    .option('--refetch-price <usd>', 'worth of not purging an unchanged object', usDollars, refetchPriceUsd)
    .option(
      '--max-paths <count>',
      'paths that may be asked for in a month',
      wholeNumber({ min: 1 }),
      maxPathsPerMonth,
    )
    .option(
      '--max-needless <count>',
      'unchanged objects that may be purged to save money',
      wholeNumber(),
      maxNeedlessPurges,
    )
    .option(
      '--max-list-requests <count>',
      'pages of 1,000 keys that the pipeline may list for a plan',
      wholeNumber(),
      maxListRequests,
    );
}

/** As the AWS CLI reads a destination: `docs` and `docs/` are the same folder. */
function folderPrefix(prefix: string): string {
  if (prefix.startsWith('/')) throw new InvalidArgumentError('It must not begin with /.');
  return prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`;
}

function originPath(path: string): string {
  if (/^(?:\/.*[^/])?$/.test(path)) return path;
  throw new InvalidArgumentError('It must be empty, or begin with / and not end with it, such as /public.');
}
