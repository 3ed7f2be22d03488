import { readFileSync } from 'node:fs';

/** Bytes that can be used without swapping: the machine's, and its control group's where that has a limit. */
export function availableMemory(): number {
  const meminfo = /^MemAvailable:\s+(\d+) kB/m.exec(readText('/proc/meminfo'));
  const machine = meminfo === null ? 0 : Number(meminfo[1]) * 1024;
  const group = /^0::(.*)$/m.exec(readText('/proc/self/cgroup'))?.[1] ?? '/';
  const limit = Number(readText(`/sys/fs/cgroup${group}/memory.max`).trim() || 'max');
  const used = Number(readText(`/sys/fs/cgroup${group}/memory.current`).trim() || 0);
  return Number.isFinite(limit) ? Math.min(machine, limit - used) : machine;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // Not every system has a control group with a limit.
  }
}
