/** @file Work that may never end (regular expressions from files of others) with a time limit; only `vm` can interrupt it. */
import vm from 'node:vm';

const script = new vm.Script('work()');
let context: (vm.Context & { work?: () => unknown }) | undefined;

/** Undefined when the time is over. */
export function withinTime<T extends object>(milliseconds: number, work: () => T): T | undefined {
  context ??= vm.createContext(Object.create(null) as object);
  context.work = work;
  try {
    return script.runInContext(context, { timeout: milliseconds }) as T;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return undefined;
    throw error;
  }
}
