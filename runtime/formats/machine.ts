/** @file This machine by what decides its speed: measurements and runs of another one say nothing here. */
import { availableParallelism, cpus } from 'node:os';

/** Processor and threads: "AMD Ryzen 7 7840U 16". */
export const machineName = (): string => `${cpus()[0]?.model ?? ''} ${availableParallelism()}`;
