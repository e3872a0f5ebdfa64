// An advisory lock between processes: a file that only one of them can create. A lock whose process is gone is taken
// over. It guards a read followed by a write (ledger, result folder); single writes are atomic without it.
import { bytesOf, decodeText, type Host } from '../host.js';
import { fail, isFileProblem } from './problem.js';

const PATIENCE_MS = 10_000;
const POLL_MS = 10;
/** A lock file without readable content belongs to a process that died while writing it, once it is this old. */
const UNREADABLE_STALE_MS = 5_000;

type Holder = { readonly pid: number; readonly machine: string };

/** Runs `work` while no other process that uses the same lock does. */
export function withLock<T>(host: Host, lockPath: string, work: () => T, patienceMs = PATIENCE_MS): T {
  acquire(host, lockPath, patienceMs);
  try {
    return work();
  } finally {
    host.remove(lockPath);
  }
}

function acquire(host: Host, lockPath: string, patienceMs: number): void {
  const started = host.nowMs();
  const me = bytesOf(`${host.process.pid} ${host.process.machine}\n`);
  while (!host.createExclusive(lockPath, me)) {
    if (takeOver(host, lockPath)) continue;
    const waitedMs = host.nowMs() - started;
    if (waitedMs > patienceMs) {
      const holder = readHolder(host, lockPath);
      const text = holder === undefined ? 'an unknown process' : `process ${holder.pid} on ${holder.machine}`;
      fail({ kind: 'in-use', path: lockPath, holder: text, waitedMs });
    }
    host.waitMs(POLL_MS);
  }
}

/**
 * Removes a stale lock. Two processes may see the same stale lock: the second lock makes sure that what is removed is
 * still the stale one and not a fresh one that the other has just made.
 */
function takeOver(host: Host, lockPath: string): boolean {
  if (!isStale(host, lockPath)) return false;
  const guard = `${lockPath}.takeover`;
  if (!host.createExclusive(guard, new Uint8Array())) {
    const age = ageMs(host, guard);
    if (age !== undefined && age > UNREADABLE_STALE_MS) host.remove(guard);
    return false;
  }
  try {
    if (isStale(host, lockPath)) host.remove(lockPath);
    return true;
  } finally {
    host.remove(guard);
  }
}

function isStale(host: Host, lockPath: string): boolean {
  const holder = readHolder(host, lockPath);
  if (holder !== undefined) return holder.machine === host.process.machine && !host.isAlive(holder.pid);
  const age = ageMs(host, lockPath);
  return age !== undefined && age > UNREADABLE_STALE_MS;
}

function ageMs(host: Host, path: string): number | undefined {
  const facts = host.stat(path);
  return facts === undefined ? undefined : host.nowMs() - facts.modifiedMs;
}

function readHolder(host: Host, lockPath: string): Holder | undefined {
  let text: string | undefined;
  try {
    text = decodeText(host.readBytes(lockPath));
  } catch (error) {
    if (isFileProblem(error, 'missing')) return undefined; // released meanwhile
    throw error;
  }
  const found = /^(\d+) (.+)\n$/.exec(text ?? '');
  const [, pid, machine] = found ?? [];
  return pid === undefined || machine === undefined ? undefined : { pid: Number(pid), machine };
}
