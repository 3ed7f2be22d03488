/** The command `mkbase` as it is shipped: bundled with the little that answers at once. */
import { isAnsweredAtOnce } from './asked.ts';

// What Node has to say of itself is no business of who makes a base.
process.removeAllListeners('warning');
if (isAnsweredAtOnce(process.argv.slice(2))) import('./answer.ts');
else import('../launch/launch.ts').then(({ launch }) => launch('host'));
