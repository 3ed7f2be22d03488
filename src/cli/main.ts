#!/usr/bin/env node
import { optimizeLate } from '../optimize-late.ts';
import { isAnsweredAtOnce } from './asked.ts';

// Node's own warnings do not concern a user who makes a base.
process.removeAllListeners('warning');
optimizeLate();
await (isAnsweredAtOnce(process.argv.slice(2)) ? import('./answer.ts') : import('./host.ts'));
