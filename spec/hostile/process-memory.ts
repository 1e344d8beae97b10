import { readFileSync } from 'node:fs';

/** Is the memory of a process as the kernel counts it, in octets. */
export interface ProcessMemory {
  /** VmRSS: resident now. */
  readonly resident: number;
  /** VmHWM: resident at most, since the process began or {@link forgetPeak}. */
  readonly peak: number;
}

export const MEBIBYTE = 1024 * 1024;

/** Environment that lets glibc give back what was freed (docs/security.md): what it keeps is no matter of ours. */
export const FRUGAL = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '131072' };

/** Reads the memory of a process from /proc; Linux alone has it. */
export function readProcessMemory(pid: number): ProcessMemory {
  const status = readFileSync(`/proc/${String(pid)}/status`, 'utf8');
  const octets = (field: string) =>
    Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * 1024;
  return { resident: octets('VmRSS'), peak: octets('VmHWM') };
}

/** Writes octets as MiB for a table. */
export function inMebibytes(octets: number): string {
  return `${(octets / MEBIBYTE).toFixed(octets < 10 * MEBIBYTE ? 1 : 0)} MiB`;
}
