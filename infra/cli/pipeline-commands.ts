import type { Entry } from './program.ts';

/** The commands for any site: one line for each file in `commands/`, except the example's. */
export const PIPELINE_COMMANDS: Readonly<Record<string, Entry>> = {
  status: { about: 'shows whether the edge is fresh', load: () => import('./commands/status.ts') },
  refresh: { about: 'refreshes paths by hand', load: () => import('./commands/refresh.ts') },
  wait: { about: 'waits until uploads are fresh at the edge', load: () => import('./commands/wait.ts') },
  plan: { about: 'shows what an upload would invalidate', load: () => import('./commands/plan.ts') },
  pause: { about: 'keeps uploads from being refreshed', load: () => import('./commands/pause.ts') },
  resume: { about: 'refreshes what a pause has held', load: () => import('./commands/resume.ts') },
  redrive: { about: 'puts dead letters back on their queue', load: () => import('./commands/redrive.ts') },
  doctor: { about: 'checks a deployment, before and after', load: () => import('./commands/doctor.ts') },
  attach: { about: 'attaches the pipeline to a site', load: () => import('./commands/attach.ts') },
  detach: { about: 'takes away what attach has made', load: () => import('./commands/detach.ts') },
  template: {
    about: 'writes an attachment for CloudFormation',
    load: () => import('./commands/template.ts'),
  },
};
