import { describe, expect, it } from 'vitest';
import { type CollectDependencies, type CollectStore, collect } from '../../../shared/refresh/collect.ts';
import { changeOf } from '../../helpers/changes.ts';

const CHANGES = { objects: [changeOf('a.css')], paths: ['/docs/*'] };

/** Ports that write down what they are asked, in order; `answers` replace what they answer. */
function ports(answers: Partial<CollectStore> & { ensureStarted?: (id: string) => Promise<boolean> } = {}) {
  const log: string[] = [];
  const { ensureStarted = async () => true, ...refreshes } = answers;
  let ids = 0;
  const dependencies: CollectDependencies = {
    refreshes: {
      current: async () => 'r1',
      isOpen: async () => true,
      replace: async (_, next) => next,
      addChanges: async id => void log.push(`changes ${id}`),
      commit: async id => {
        log.push(`commit ${id}`);
        return true;
      },
      abandon: async () => false,
      ...refreshes,
    },
    executions: {
      ensureStarted: id => {
        log.push(`start ${id}`);
        return ensureStarted(id);
      },
    },
    newRefreshId: () => `new-${++ids}`,
  };
  return { dependencies, log };
}

describe('collecting changes', () => {
  it('writes them under the open refresh, then commits, then makes sure that the refresh is followed', async () => {
    const { dependencies, log } = ports();
    expect(await collect(CHANGES, dependencies)).toBe('r1');
    expect(log).toEqual(['changes r1', 'commit r1', 'start r1']);
  });

  it('opens the first refresh', async () => {
    const { dependencies, log } = ports({ current: async () => undefined });
    expect(await collect(CHANGES, dependencies)).toBe('new-1');
    expect(log).toEqual(['changes new-1', 'commit new-1', 'start new-1']);
  });

  it('writes nothing under a refresh that has closed: its report is its own', async () => {
    const { dependencies, log } = ports({ isOpen: async () => false });
    expect(await collect(CHANGES, dependencies)).toBe('new-1');
    expect(log).toEqual(['changes new-1', 'commit new-1', 'start new-1']);
  });

  it('continues with the next refresh if the open one has closed meanwhile', async () => {
    const { dependencies, log } = ports({ commit: async id => id !== 'r1' });
    expect(await collect(CHANGES, dependencies)).toBe('new-1');
    expect(log).toEqual(['changes r1', 'changes new-1', 'start new-1']);
  });

  it('joins the refresh of another collector that was quicker to open the next one', async () => {
    const { dependencies } = ports({ commit: async id => id !== 'r1', replace: async () => 'of-another' });
    expect(await collect(CHANGES, dependencies)).toBe('of-another');
  });

  it('is done if the execution ended after the commit, because it closed the refresh after that', async () => {
    const { dependencies } = ports({ ensureStarted: async () => false });
    expect(await collect(CHANGES, dependencies)).toBe('r1');
  });

  it('abandons an open refresh whose execution was stopped', async () => {
    const { dependencies } = ports({ ensureStarted: async id => id !== 'r1', abandon: async () => true });
    expect(await collect(CHANGES, dependencies)).toBe('new-1');
  });

  it('gives up after ten refreshes, and the queue delivers the batch again', async () => {
    const { dependencies, log } = ports({ commit: async () => false });
    await expect(collect(CHANGES, dependencies)).rejects.toThrow(
      expect.objectContaining({ name: 'NoOpenRefresh', message: expect.stringContaining('10 attempts') }),
    );
    expect(log).toHaveLength(10);
  });
});
