import type { Healthcheck } from '../settings.ts';
import { badChange, type Instruction, jsonForm } from './instruction.ts';

const DURATIONS = {
  interval: 'interval',
  timeout: 'timeout',
  'start-period': 'startPeriod',
  'start-interval': 'startInterval',
} as const;

/** `HEALTHCHECK [--interval=30s …] CMD command`, or `HEALTHCHECK NONE`. */
export function readHealthcheck(instruction: Instruction): Healthcheck {
  const { line } = instruction;
  let rest = instruction.rest;
  const options: { -readonly [Name in Exclude<keyof Healthcheck, 'test'>]?: number } = {};
  for (let flag = takeFlag(rest); flag !== null; flag = takeFlag(rest)) {
    const { name, value } = flag;
    if (name === 'retries') options.retries = countOf(value, line);
    else if (Object.hasOwn(DURATIONS, name)) {
      options[DURATIONS[name as keyof typeof DURATIONS]] = durationOf(value, line);
    } else
      throw badChange(
        line,
        `there is no \`--${name}\``,
        'there are interval, timeout, start-period, start-interval, retries',
      );
    rest = flag.rest;
  }

  const [, kind = '', command = ''] = /^(\S*)\s*([\s\S]*)$/.exec(rest) ?? [];
  switch (kind.toUpperCase()) {
    case 'NONE':
      if (command !== '') throw badChange(line, '`NONE` takes nothing', 'write `HEALTHCHECK NONE`');
      return { test: ['NONE'] };
    case 'CMD': {
      const args = jsonForm({ ...instruction, rest: command });
      if (command === '' || args?.length === 0) {
        throw badChange(line, 'the command is missing', 'write it after `HEALTHCHECK CMD`');
      }
      return { test: args === null ? ['CMD-SHELL', command] : ['CMD', ...args], ...options };
    }
    default:
      throw badChange(
        line,
        `\`${kind}\` is not a kind of check`,
        'write `HEALTHCHECK CMD command` or `NONE`',
      );
  }
}

function takeFlag(
  text: string,
): { readonly name: string; readonly value: string; readonly rest: string } | null {
  const [, name, value, rest] = /^--([a-z-]+)(?:=(\S*))?\s*([\s\S]*)$/.exec(text) ?? [];
  return name === undefined ? null : { name, value: value ?? '', rest: rest ?? '' };
}

function countOf(text: string, line: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) {
    throw badChange(line, `\`--retries=${text}\` is not a count`, 'it is a whole number, at least 1');
  }
  return Number(text);
}

const NANOSECONDS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

/** Go's form of a duration, time.ParseDuration: `1m30s`. */
function durationOf(text: string, line: string): number {
  const parts = [...text.matchAll(/(\d{1,12}(?:\.\d{0,12})?|\.\d{1,12})(ns|us|µs|ms|s|m|h)/g)];
  const whole = parts.map(([part]) => part).join('') === text && parts.length > 0;
  const sum = parts.reduce((total, [, count, unit]) => total + Number(count) * NANOSECONDS[unit!]!, 0);
  if (text === '0') return 0;
  if (!whole || (sum !== 0 && sum < 1e6)) {
    throw badChange(
      line,
      `\`${text}\` is not a duration`,
      'write at least one millisecond, as in `30s` or `1m30s`',
    );
  }
  return Math.round(sum);
}
