import type { EdgeAnswer, UnaskedAnswer } from '../../../../shared/refresh/edge-answer.ts';
import { confirmed, type Outcome, refuted, untestable } from '../finding.ts';
import type { Target } from './target.ts';

/** How a distribution is, whatever it shows. */
export interface DistributionState {
  readonly domainName: string;
  readonly isEnabled: boolean;
  /** False while a change is on its way to the edge. */
  readonly isDeployed: boolean;
}

/** @param shown the bucket, and the origin path in it */
export function judgeDistribution(
  id: string,
  { isEnabled, isDeployed, domainName }: DistributionState,
  shown: string,
  { commands }: Target,
): Outcome {
  if (!isEnabled) {
    return refuted(
      `${id} is disabled`,
      `Enable it: ${commands.aws(`cloudfront get-distribution-config --id ${id}`)}, set Enabled to true, and ${commands.aws(`cloudfront update-distribution --id ${id} --if-match ETAG --distribution-config file://config.json`)}`,
    );
  }
  if (!isDeployed) {
    return refuted(
      `a change of ${id} is still on its way to the edge`,
      `Wait for it: ${commands.aws(`cloudfront wait distribution-deployed --id ${id}`)}`,
    );
  }
  return confirmed(`${domainName} shows ${shown}`);
}

/** @param url where viewers reach it; undefined: at its own domain */
export function judgeAnswer(answer: EdgeAnswer, url: string | undefined, host: string): Outcome {
  switch (answer.kind) {
    case 'object':
      return confirmed(`${host} answers`);
    case 'absent':
      return confirmed(`${host} answers that there is nothing at /`);
    case 'none':
      return url === undefined
        ? untestable(answer.problem)
        : refuted(answer.problem, `To see it: curl -I ${url}/`);
    case 'unasked':
      // A distribution always has its own domain: what is wrong is this machine's network.
      return answer.code === 'no-address' && url === undefined
        ? untestable(`${answer.reason}, seen from here`)
        : refuted(`${answer.reason}: a refresh could not be verified`, adviceOn(answer));
  }
}

const WITH_HEADER =
  'Keep a header that opens it in a secret: aws secretsmanager create-secret --name site-password --secret-string VALUE\nand deploy with -c verificationHeaders=HEADER=site-password, or with -c verify=false';

function adviceOn({ code, redirects }: UnaskedAnswer): string {
  switch (code) {
    case 'unauthorized':
    case 'forbidden':
    case 'signed':
      return WITH_HEADER;
    case 'redirected':
      return `Deploy with the address that visitors use: -c url=${URL.parse(redirects.at(-1) ?? '')?.origin ?? 'URL'}\nIf that is a sign-in page: ${WITH_HEADER}`;
    default:
      return 'Deploy with the address that visitors use: -c url=URL, or with -c verify=false';
  }
}
