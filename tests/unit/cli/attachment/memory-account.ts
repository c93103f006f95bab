import type { Attachment } from '../../../../infra/cli/attachment/assemble.ts';
import type { AssetsBucket, FoundStack, StackChanges } from '../../../../infra/cli/attachment/deployment.ts';

export interface Trouble {
  /** Of all calls, the one at which the command dies, before it has an effect or after it. */
  readonly crashes: readonly { readonly call: number; readonly when: 'before' | 'after' }[];
  /** How many executions of a change set fail, and are rolled back. */
  readonly failures: number;
}

export class Crash extends Error {}

type Wanted = Parameters<StackChanges['prepare']>[0];

interface Stack {
  status: string;
  /** What the template's URL held when it was executed last. */
  deployed?: string;
  changeSet?: Wanted;
  tags: ReadonlyMap<string, string>;
  parameters: ReadonlyMap<string, string>;
}

/** A bucket of assets and a stack, as S3 and CloudFormation keep them. */
export class MemoryAccount {
  objects: Map<string, string> | undefined;
  stack: Stack | undefined;
  readonly #crashes: Map<number, 'before' | 'after'>;
  #failures: number;
  #calls = 0;

  constructor({ crashes, failures }: Trouble) {
    this.#crashes = new Map(crashes.map(({ call, when }) => [call, when]));
    this.#failures = failures;
  }

  /** @param attachment that the code of the stack's functions is to be found for */
  stackChanges(attachment: Attachment): StackChanges {
    return {
      look: () => this.#call(() => this.#found()),
      prepare: wanted => this.#call(() => this.#prepare(wanted)),
      execute: () => this.#call(() => this.#execute()),
      remove: () =>
        this.#call(() => {
          if (this.stack !== undefined) this.stack.status = 'DELETE_IN_PROGRESS';
        }),
      follow: () => this.#call(() => this.#follow(attachment)),
    };
  }

  bucket(name: string): AssetsBucket {
    const held = () => {
      if (this.objects === undefined) throw new Error('NoSuchBucket');
      return this.objects;
    };
    return {
      name,
      find: () =>
        this.#call(() =>
          this.objects === undefined ? { kind: 'missing' as const } : { kind: 'here' as const },
        ),
      create: () =>
        this.#call(() => {
          if (this.objects !== undefined) throw new Error('BucketAlreadyOwnedByYou');
          this.objects = new Map();
        }),
      put: (key, content) => this.#call(() => void held().set(key, String(content))),
      empty: prefix =>
        this.#call(() => {
          const keys = [...held().keys()].filter(key => key.startsWith(prefix));
          for (const key of keys) held().delete(key);
          return keys.length;
        }),
      removeIfEmpty: () =>
        this.#call(() => {
          if (held().size > 0) return false;
          this.objects = undefined;
          return true;
        }),
    };
  }

  #found(): FoundStack | undefined {
    if (this.stack === undefined) return undefined;
    const { status, tags, parameters } = this.stack;
    return { id: 'arn:stack', status, tags, parameters, outputs: new Map() };
  }

  #prepare(wanted: Wanted): 'changes' | 'none' {
    const isNew = this.stack === undefined || this.stack.status === 'REVIEW_IN_PROGRESS';
    if ((wanted.type === 'CREATE') !== isNew) throw new Error(`ValidationError: no ${wanted.type} now`);
    this.stack ??= { status: 'REVIEW_IN_PROGRESS', tags: new Map(), parameters: new Map() };
    if (!/^(REVIEW_IN_PROGRESS|(CREATE|UPDATE|UPDATE_ROLLBACK)_COMPLETE)$/.test(this.stack.status))
      throw new Error(`ValidationError: the stack is ${this.stack.status}`);
    if (this.stack.deployed === this.#templateAt(wanted.templateUrl)) return 'none';
    this.stack.changeSet = wanted;
    return 'changes';
  }

  #execute(): void {
    const { stack } = this;
    if (stack?.changeSet === undefined) throw new Error('ChangeSetNotFound');
    stack.status = `${stack.changeSet.type}_IN_PROGRESS`;
    stack.tags = new Map(Object.entries(stack.changeSet.tags));
    stack.parameters = new Map(Object.entries(stack.changeSet.parameters));
  }

  #follow({ assets }: Attachment) {
    const { stack } = this;
    const isCreation = stack?.status === 'CREATE_IN_PROGRESS';
    if (stack === undefined || stack.status === 'DELETE_IN_PROGRESS') {
      this.stack = undefined;
      return { status: 'DELETE_COMPLETE', failure: undefined };
    }
    if (!/^(CREATE|UPDATE)_IN_PROGRESS$/.test(stack.status))
      return { status: stack.status, failure: undefined };
    const { changeSet } = stack;
    delete stack.changeSet;
    const missing = assets.find(({ key }) => !this.objects?.has(key));
    if (missing !== undefined || this.#failures-- > 0) {
      stack.status = isCreation ? 'ROLLBACK_COMPLETE' : 'UPDATE_ROLLBACK_COMPLETE';
      return { status: stack.status, failure: `Collect (AWS::Lambda::Function): ${missing?.key ?? 'no'}` };
    }
    stack.status = isCreation ? 'CREATE_COMPLETE' : 'UPDATE_COMPLETE';
    stack.deployed = this.#templateAt(changeSet?.templateUrl ?? '');
    return { status: stack.status, failure: undefined };
  }

  #templateAt(url: string): string {
    const content = this.objects?.get(new URL(url).pathname.slice(1));
    if (content === undefined) throw new Error('S3 error: NoSuchKey');
    return content;
  }

  async #call<T>(effect: () => T): Promise<T> {
    const crash = this.#crashes.get(this.#calls++);
    if (crash === 'before') throw new Crash();
    const result = effect();
    if (crash === 'after') throw new Crash();
    return result;
  }
}
