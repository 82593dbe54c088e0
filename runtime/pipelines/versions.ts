/** @file Versions that a run's record names: what decides its numbers. */
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';

const require = createRequire(import.meta.url);

/** Version of an installed package, "unknown" where its package.json can't be found. */
function versionOf(name: string): string {
  try {
    return (require(`${name}/package.json`) as { version: string }).version;
  } catch {
    return 'unknown';
  }
}

export function versions(): Record<string, string> {
  return {
    node: process.versions.node,
    'onnxruntime-node': versionOf('onnxruntime-node'),
    platform: `${platform()}-${arch()}`,
  };
}
