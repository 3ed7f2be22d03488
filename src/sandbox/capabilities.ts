import { readFileSync } from 'node:fs';

/** Whether this process has a capability, capabilities(7), by its number. */
export function hasCapability(number: number): boolean {
  return (capabilities('CapEff') & (1n << BigInt(number))) !== 0n;
}

/** A capability set of this process, proc_pid_status(5); all capabilities where /proc is missing. */
export function capabilities(set: 'CapEff' | 'CapPrm'): bigint {
  const text = readText('/proc/self/status');
  return BigInt(`0x${new RegExp(`^${set}:\\s*([0-9a-f]+)$`, 'm').exec(text)?.[1] ?? 'f'.repeat(16)}`);
}

/** How many user ids this process's user namespace has, user_namespaces(7); all of them where /proc is missing. */
export function mappedIds(): number {
  const text = readText('/proc/self/uid_map').trim();
  if (text === '') return 2 ** 32 - 1;
  return text.split('\n').reduce((sum, line) => sum + Number(line.trim().split(/\s+/)[2]), 0);
}

/** Empty where /proc is missing. */
function readText(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}
