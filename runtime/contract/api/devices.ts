/** @file What this machine can compute on, as the extension asks its helper process about it. */

/** What became of one operator, or of one part of training as a whole, in a device's self-test. */
export interface OperatorVerdict {
  readonly kind: 'operator' | 'part';
  readonly name: string;
  readonly ok: boolean;
  /** Largest difference from the reference over the largest magnitude there; absent where nothing finite came out. */
  readonly maxRelativeError?: number;
  readonly error?: string;
}

/** Plain data for a table, a view or JSON. */
export interface DeviceReport {
  readonly provider: string;
  readonly name: string;
  /** Of the CPU, on which every provider's host side runs too. */
  readonly threads?: number;
  readonly state: 'verified' | 'failed' | 'unavailable' | 'not-offered';
  /** Why it is not verified. */
  readonly reason?: string;
  /** Float32 matrix product, 10^9 operations a second. */
  readonly gigaflops?: number;
  /** Reading and writing large vectors, 10^9 bytes a second. */
  readonly gigabytesPerSecond?: number;
  /** Of the machine, in bytes, for the CPU: no provider tells the memory of another device. */
  readonly memory?: { readonly free: number; readonly total: number };
  /** The self-test operator by operator, where there was one. */
  readonly results?: readonly OperatorVerdict[];
}

/** What the last look at this machine's devices found. */
export interface DeviceReports {
  /** UTC in ISO form. */
  readonly measured: string;
  readonly devices: readonly DeviceReport[];
}

export type DevicesApi = {
  /** The last look's result where it was with this version on this processor, and the memory as it is now. Starts no process. */
  readonly 'devices/known': {
    readonly params: Readonly<Record<string, never>>;
    readonly result: {
      readonly reports?: DeviceReports;
      readonly memory: NonNullable<DeviceReport['memory']>;
    };
  };
};
