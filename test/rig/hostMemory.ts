/** @file What an extension host of the rig holds in memory, asked through its debugger, which a signal opens. Linux. */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const megabyte = 2 ** 20;
/** Where Node's debugger listens after SIGUSR1. */
const targets = 'http://127.0.0.1:9229/json/list';

/** Processes of the rig that was started with `mark` in its environment, by words of their command lines. */
export function processesOf(mark: string, ...wanted: readonly string[]): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        if (!wanted.every((word) => command.includes(word))) return false;
        return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(mark);
      } catch {
        // It ended while we looked, or is another person's.
        return false;
      }
    })
    .map(Number);
}

/** Resident megabytes. */
export function residentOf(pid: number): number {
  const [, kilobytes = '0'] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) / 1024;
}

export interface HostMemory {
  /** Megabytes of objects that are in use. */
  readonly used: number;
  /** Megabytes of the process. */
  readonly resident: number;
}

async function debuggerAddress(pid: number): Promise<string> {
  process.kill(pid, 'SIGUSR1');
  for (let tries = 0; ; tries++)
    try {
      const [target] = (await (await fetch(targets)).json()) as { webSocketDebuggerUrl: string }[];
      return target!.webSocketDebuggerUrl;
    } catch (error) {
      if (tries === 50) throw error;
      await sleep(100);
    }
}

/** Memory of a Node process after everything that nobody holds was given back. */
export async function collectedMemory(pid: number): Promise<HostMemory> {
  const socket = new WebSocket(await debuggerAddress(pid));
  await new Promise((done, failed) => {
    socket.addEventListener('open', done);
    socket.addEventListener('error', failed);
  });
  const call = (id: number, method: string, params: object = {}): Promise<unknown> =>
    new Promise((done) => {
      const receive = ({ data }: MessageEvent<string>): void => {
        const message = JSON.parse(data) as { id?: number; result?: unknown };
        if (message.id !== id) return;
        socket.removeEventListener('message', receive);
        done(message.result);
      };
      socket.addEventListener('message', receive);
      socket.send(JSON.stringify({ id, method, params }));
    });
  for (let i = 1; i <= 3; i++) await call(i, 'HeapProfiler.collectGarbage');
  const expression =
    '(() => { const { heapUsed, external } = process.memoryUsage(); return heapUsed + external; })()';
  const { result } = (await call(4, 'Runtime.evaluate', { expression })) as { result: { value: number } };
  socket.close();
  return { used: result.value / megabyte, resident: residentOf(pid) };
}
