/** @file The most memory this process has held, as the system counts it. */

/** Bytes; `maxRSS` comes in kilobytes on every platform (libuv). */
export function peakBytes(): number {
  return process.resourceUsage().maxRSS * 1024;
}
