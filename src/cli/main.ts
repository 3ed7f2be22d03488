#!/usr/bin/env node
import { optimizeLate } from '../optimize-late.ts';
import { isAnsweredAtOnce } from './asked.ts';

const argv = process.argv.slice(2);
// Node's own warnings do not concern a user who makes a base.
process.removeAllListeners('warning');
optimizeLate();
if (!isAnsweredAtOnce(argv) || !(await (await import('./answer.ts')).answer(argv))) await import('./host.ts');
