/** The command `mkbase` as it is shipped: bundled with the little that answers at once. */
import { isAnsweredAtOnce } from './asked.ts';

// Node's own warnings do not concern the maker of a base.
process.removeAllListeners('warning');
if (isAnsweredAtOnce(process.argv.slice(2))) import('./answer.ts');
else import('../launch/launch.ts').then(({ launch }) => launch('host'));
