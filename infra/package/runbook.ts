/** Below it are alarms that no pipeline has. */
const SCHOOL = "\n# Alarms of the school's stack alone\n";

/** About the local cloud, which the package does not bring: a paragraph and its commands. */
const LOCAL = /\*\*On this machine\*\*.*?\n```sh\n.*?\n```\n\n/s;

/** Links to files that only the repository has. */
const LINK = / \(\[[^\]]+\]\((?!#)[^)]+\)\)/g;

/** RUNBOOK.md of the package, made of the repository's: the same alarms, and other commands. */
export function runbookOf(text: string): string {
  const [ofPipelines = ''] = text.split(SCHOOL);
  return ofPipelines
    .replace(LOCAL, '')
    .replaceAll(LINK, '')
    .replace('STACK=StudentSite', 'STACK=AutoInvalidation')
    .replace('npm run "$1" -- ', 'npx cloudfront-auto-invalidation "$1" ');
}
