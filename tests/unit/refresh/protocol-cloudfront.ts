import { QuotaExceededError } from '../../../shared/errors.ts';
import type { Invalidations } from '../../../shared/refresh/invalidate.ts';
import type { ProtocolRun } from './protocol-run.ts';

interface Invalidation {
  readonly reference: string;
  readonly paths: readonly string[];
  /** By the run's clock. */
  readonly createdAt: number;
}

/** CloudFront as the model has it: it creates invalidations, and at first may refuse some. */
export class ProtocolCloudFront implements Invalidations {
  readonly #run: ProtocolRun;
  readonly #created: Invalidation[] = [];
  #refusalsLeft: number;
  #fullLooksLeft: number;

  constructor(run: ProtocolRun) {
    this.#run = run;
    this.#refusalsLeft = run.scenario.refusals;
    this.#fullLooksLeft = run.scenario.fullLooks;
  }

  create(paths: readonly string[], reference: string): Promise<string> {
    return this.#run.step(`create invalidation ${reference}`, () => {
      const known = this.#created.find(invalidation => invalidation.reference === reference);
      if (known !== undefined && this.#run.has('a caller reference finds its invalidation')) {
        if (known.paths.join() !== paths.join())
          this.#run.violations.add('one caller reference came with two lists of paths');
        return reference;
      }
      if (this.#refusalsLeft-- > 0) throw new QuotaExceededError(undefined);
      this.#created.push({ reference, paths, createdAt: this.#run.clock });
      return reference;
    });
  }

  inProgress() {
    return this.#run.step('count what is in progress', () =>
      this.#fullLooksLeft-- > 0 ? { exact: 3000, wildcard: 15 } : { exact: 0, wildcard: 0 },
    );
  }

  /** How many invalidations a refresh has created. */
  countOf(refreshId: string): number {
    return this.#created.filter(({ reference }) => reference.startsWith(`${refreshId}-`)).length;
  }

  /** Whether an invalidation of the path was created after this time. */
  hasInvalidated(path: string, after: number): boolean {
    return this.#created.some(({ paths, createdAt }) => createdAt > after && paths.includes(path));
  }
}
