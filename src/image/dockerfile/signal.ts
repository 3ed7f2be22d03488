/** Signals that Linux has by these names, as github.com/moby/sys/signal lists them. */
const NAMES = new Set(
  (
    'ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT SEGV STKFLT STOP SYS ' +
    'TERM TRAP TSTP TTIN TTOU URG USR1 USR2 VTALRM WINCH XCPU XFSZ RTMIN RTMAX'
  ).split(' '),
);

/** How far real-time signals are from the nearer end, glibc's 34 and 64. */
const [FROM_MIN, FROM_MAX] = [15, 14];

/** Whether docker takes it: a number but 0, or a name with or without `SIG`, in capitals or not. */
export function isSignal(text: string): boolean {
  if (/^[+-]?\d+$/.test(text)) return Number(text) !== 0;
  const name = text.toUpperCase().replace(/^SIG/, '');
  const [, end, sign, distance = ''] = /^RT(MIN|MAX)([+-])([1-9]\d?)$/.exec(name) ?? [];
  if (end === 'MIN') return sign === '+' && Number(distance) <= FROM_MIN;
  if (end === 'MAX') return sign === '-' && Number(distance) <= FROM_MAX;
  return NAMES.has(name);
}

export const SIGNAL_HINT = 'name one as in `SIGTERM`, `QUIT` or `RTMIN+3`, or give its number';
