import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { BOOTSTRAP_VERSION } from '../../infra/cli/doctor/before/account.ts';
import { attachmentOf, schoolOf } from '../../infra/cli/doctor/before/target.ts';
import { ATTACHED } from '../fixtures/existing-names.ts';
import { ASSEMBLY } from '../helpers/assembly.ts';
