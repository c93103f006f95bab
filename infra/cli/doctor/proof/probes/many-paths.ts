import { type Finding, judged } from '../../finding.ts';
import type { Probe } from '../trial.ts';
import type { SeenInvalidation } from '../trial-invalidations.ts';

/** The most exact paths that CloudFront takes. */
const PATHS = 3000;
/** The most that a result in Step Functions may have. */
const RESULT_BYTES = 256 * 1024;

/** The longest invalidation, as the workflow gets it back each time that it polls. */
export const manyPaths: Probe = {
  name: 'an invalidation of 3,000 paths',
  asksEdge: false,
  cost: { files: 0, paths: PATHS },
  async *run({ files, invalidations }) {
    const paths = Array.from({ length: PATHS }, (_, index) =>
      files.pathOf(`many/${String(index).padStart(4, '0')}.txt`),
    );
    yield judgeEcho(paths, await invalidations.complete(paths));
  },
};

/**
 * Whether GetInvalidation returns every path, and its answer fits into a result of Step Functions.
 */
export function judgeEcho(sent: readonly string[], { id, paths }: SeenInvalidation): Finding {
  const about = 'GetInvalidation tells 3,000 paths, and they fit into a result';
  const missing = sent.length - new Set(sent).intersection(new Set(paths)).size;
  const bytes = Buffer.byteLength(JSON.stringify(paths));
  const isRight = missing === 0 && paths.length === sent.length && bytes < RESULT_BYTES;
  return {
    about,
    ...judged(
      isRight,
      `${id}: ${paths.length} paths, ${missing} missing, ${bytes} bytes as JSON of at most ${RESULT_BYTES}`,
      'See CLOUDFRONT_LIMITS in shared/planning/prices.ts: its bytes are for this.',
    ),
  };
}
