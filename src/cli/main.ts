#!/usr/bin/env node
import { optimizeLate } from '../optimize-late.ts';
import { isAnsweredAtOnce } from './asked.ts';
import { argumentsOf } from './called-as.ts';

const argv = argumentsOf(process.argv);
// Node's own warnings do not concern a user who makes a base.
process.removeAllListeners('warning');
optimizeLate();
if (!isAnsweredAtOnce(argv) || !(await (await import('./answer.ts')).answer(argv))) await import('./host.ts');
