/** @file Which Node runs the runtime. Never Electron: ONNX Runtime inside it crashes on large allocations (onnxruntime#29763). */
import { UserError } from '../../runtime/contract/errors.ts';

export interface NodeCandidates {
  /** The user's setting; empty means none. */
  readonly setting: string;
  /** The Node that runs this extension. */
  readonly execPath: string;
  /** process.versions.electron: defined on the desktop, undefined in remote hosts, containers and code-server. */
  readonly electron: string | undefined;
  /** The Node that a desktop package carries. */
  readonly carried: string;
  readonly exists: (path: string) => boolean;
}

/**
 * The user's setting, else this host's own Node where it is one, else the one that the package carries.
 * @throws UserError `no-node` when none of them is there.
 */
export function chooseNode({ setting, execPath, electron, carried, exists }: NodeCandidates): string {
  const hint = 'Set "adapterWorkbench.node" to a Node.js of version 20 or newer.';
  if (setting !== '') {
    if (exists(setting)) return setting;
    throw new UserError(
      'no-node',
      `The setting "adapterWorkbench.node" names ${setting}, which isn't there.`,
      { hint },
    );
  }
  if (electron === undefined) return execPath;
  if (exists(carried)) return carried;
  throw new UserError('no-node', 'This package carries no Node.js for this platform.', { hint });
}
