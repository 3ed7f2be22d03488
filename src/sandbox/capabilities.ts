import { readFileSync } from 'node:fs';

/** Whether this process has a capability, capabilities(7), by its number. */
export function hasCapability(number: number): boolean {
  return (capabilities('CapEff') & (1n << BigInt(number))) !== 0n;
}

/** A set of this process's, proc_pid_status(5); all where there is no /proc to tell. */
export function capabilities(set: 'CapEff' | 'CapPrm'): bigint {
  let text = '';
  try {
    text = readFileSync('/proc/self/status', 'latin1');
  } catch {
    return ~0n;
  }
  return BigInt(`0x${new RegExp(`^${set}:\\s*([0-9a-f]+)$`, 'm').exec(text)?.[1] ?? 'f'.repeat(16)}`);
}
