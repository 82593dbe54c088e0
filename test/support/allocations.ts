/** @file Watches what code under test asks memory for: a reader may not believe a count and allocate by it. */

const watched = [
  'Uint8Array',
  'Float32Array',
  'Float64Array',
  'Int32Array',
  'Uint32Array',
  'Uint16Array',
] as const;

/** Runs `action` and returns the bytes of the largest typed array that was asked for by length, even where that failed. */
export function largestAllocation(action: () => void): number {
  const originals = watched.map((name) => [name, globalThis[name]] as const);
  let largest = 0;
  for (const [name, original] of originals) {
    const spy = new Proxy(original, {
      construct(target, args: unknown[]): object {
        if (typeof args[0] === 'number') largest = Math.max(largest, args[0] * original.BYTES_PER_ELEMENT);
        return Reflect.construct(target, args) as object;
      },
    });
    Object.assign(globalThis, { [name]: spy });
  }
  try {
    action();
  } finally {
    Object.assign(globalThis, Object.fromEntries(originals));
  }
  return largest;
}
