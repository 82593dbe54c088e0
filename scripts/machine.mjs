/** What this machine offers to the tests: Chromium, its software Vulkan driver, a compiler for the VS Code rig, reference data. */
import { existsSync, mkdirSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { root } from './install.mjs';

/** @param {string} name */
const onPath = (name) =>
  (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((file) => existsSync(file));

/** Chromium's executable: CHROMIUM_PATH, else the distribution's. */
export const chromium = () =>
  [process.env['CHROMIUM_PATH'], onPath('chromium'), onPath('chromium-browser')].find(
    (path) => path !== undefined && existsSync(path),
  );

/** Folders where a distribution keeps the files of its Chromium package. */
const chromiumFolders = () => {
  const found = chromium();
  return ['/usr/lib/chromium', '/usr/lib/chromium-browser', ...(found ? [dirname(realpathSync(found))] : [])];
};

/**
 * The environment that lets ONNX Runtime's WebGPU provider run on SwiftShader, a Vulkan driver without a GPU.
 * @returns {Record<string, string> | undefined}
 */
export function softwareGpu() {
  const folder = chromiumFolders().find((path) => existsSync(join(path, 'vk_swiftshader_icd.json')));
  if (folder === undefined) return undefined;
  const driver = join(folder, 'vk_swiftshader_icd.json');
  const runtimeFolder = join(root, 'out/xdg-runtime');
  mkdirSync(runtimeFolder, { recursive: true, mode: 0o700 });
  return { VK_ICD_FILENAMES: driver, VK_DRIVER_FILES: driver, XDG_RUNTIME_DIR: runtimeFolder };
}

/** Reference fixtures, models and data; only tests use them. */
export const sharedFolder = () => {
  const path = join(root, '../shared');
  return existsSync(join(path, 'fixtures')) ? path : undefined;
};

const vulkanLoader = () =>
  ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib64', '/usr/lib'].some((folder) =>
    existsSync(join(folder, 'libvulkan.so.1')),
  );

/** Why the tests on a software GPU cannot run here, or undefined. */
export function gpuBlocker() {
  if (process.platform !== 'linux') return "the software GPU comes with a Linux distribution's Chromium";
  if (softwareGpu() === undefined)
    return 'no vk_swiftshader_icd.json of a Chromium package (apt-get install chromium)';
  return vulkanLoader() ? undefined : 'no libvulkan.so.1 (apt-get install libvulkan1)';
}

/** Why the tests in a real VS Code cannot run here, or undefined. */
export function vscodeBlocker() {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'the VS Code rig is for Linux on x64';
  if (chromium() === undefined) return 'no Chromium (apt-get install chromium, or set CHROMIUM_PATH)';
  const missing = ['g++', 'make', 'python3'].filter((tool) => onPath(tool) === undefined);
  return missing.length === 0 ? undefined : `the VS Code rig compiles with ${missing.join(', ')}`;
}
