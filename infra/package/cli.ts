#!/usr/bin/env node
import { PIPELINE_COMMANDS } from '../cli/pipeline-commands.ts';
import { run } from '../cli/program.ts';

process.exitCode = await run(PIPELINE_COMMANDS, process.argv.slice(2), process);
