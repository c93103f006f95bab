import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { permissionsOf, synthesised } from '../helpers/templates.ts';

const README = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');

const ATTACHING: Readonly<Record<string, string>> = {
  'notify-bucket': 'FreshnessNotifyServiceRole',
  'find-distribution': 'ExistingFindServiceRole',
};

const ROLES: Readonly<Record<string, string>> = {
  'collect-changes': 'AutoInvalidationCollectServiceRole',
  invalidate: 'AutoInvalidationInvalidateServiceRole',
  'verify-edge': 'AutoInvalidationVerifyServiceRole',
  'report-refresh': 'AutoInvalidationReportServiceRole',
  'send-mail': 'MailSendServiceRole',
  students: 'ApiStudentsServiceRole',
  refreshes: 'RefreshApiRefreshesServiceRole',
  backup: 'RecordsBackupServiceRole',
};

it.each(Object.entries(ROLES))('the README lists exactly what %s may do', (name, role) => {
  const granted = permissionsOf(synthesised(), role).flatMap(({ Action }) => Action);
  expect(documentedActions(name)).toEqual(new Set(granted));
});

it.each(Object.entries(ATTACHING))('the README lists exactly what %s may do', (name, role) => {
  const granted = permissionsOf(synthesised('AutoInvalidation'), role).flatMap(({ Action }) => Action);
  expect(documentedActions(name)).toEqual(new Set(granted));
});

/** Reads the table "Permissions". A row without a name continues the function above it. */
function documentedActions(name: string): Set<string> {
  const [, table = ''] = README.split('## Permissions');
  const rows = (table.split('\n## ')[0] ?? '').split('\n').filter(line => line.startsWith('| '));
  let current = '';
  return new Set(
    rows.flatMap(row => {
      const [, first = '', actions = ''] = row.split('|').map(cell => cell.trim());
      if (first !== '') current = first.replaceAll('`', '');
      return current === name ? [...actions.matchAll(/`([\w:]+)`/g)].map(([, action = '']) => action) : [];
    }),
  );
}
