/** @file Which Node runs the runtime. Never Electron: ONNX Runtime inside it crashes on large allocations (onnxruntime#29763). */
import { settingsSection } from '../contributions/ids.ts';
import { UserError } from '../../runtime/contract/errors.ts';

const nodeSetting = `${settingsSection}.runtime.node`;

export interface NodeCandidates {
  /** The user's setting: "auto", "bundled" or a path. */
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
 * The path or the carried Node that the setting names; "auto" is this host's own where it is one, else the carried one.
 * @throws UserError `no-node` when it isn't there.
 */
export function chooseNode({ setting, execPath, electron, carried, exists }: NodeCandidates): string {
  const hint = `Set "${nodeSetting}" to the path of a Node.js of version 20 or newer.`;
  if (setting !== 'auto' && setting !== 'bundled' && setting !== '') {
    if (exists(setting)) return setting;
    throw new UserError('no-node', `The setting "${nodeSetting}" names ${setting}, which isn't there.`, {
      hint,
    });
  }
  if (setting !== 'bundled' && electron === undefined) return execPath;
  if (exists(carried)) return carried;
  throw new UserError('no-node', 'This package carries no Node.js for this platform.', { hint });
}
