/**
 * @file Which device and driver a provider would use, as far as the operating system tells without a subprocess: ONNX Runtime's
 * Node binding names neither. A changed driver changes the text, which is all that cached verdicts need.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { arch, cpus, platform, release } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { Provider } from '../graph/lower.ts';

export interface DeviceIdentity {
  /** "software (vk_swiftshader_icd.json)", "PCI 0x10de:0x2684". */
  readonly device: string;
  readonly driver: string;
}

const text = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8').slice(0, 4096).trim();
  } catch {
    return undefined;
  }
};

const entries = (folder: string): string[] => {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
};

/** Size and time of a driver's library stand for its version. */
function fileState(path: string): string {
  try {
    const { size, mtimeMs } = statSync(path);
    return `${size} ${Math.round(mtimeMs)}`;
  } catch {
    return 'missing';
  }
}

/** Vulkan drivers that the environment chooses in place of the installed ones. */
function chosenDriver(): DeviceIdentity | undefined {
  const file = process.env['VK_DRIVER_FILES'] ?? process.env['VK_ICD_FILENAMES'];
  if (file === undefined || file === '') return undefined;
  const manifest = text(file) ?? '';
  const library = /"library_path"\s*:\s*"([^"]+)"/.exec(manifest)?.[1];
  return {
    device: `the driver that VK_DRIVER_FILES names (${file})`,
    driver: `${manifest} ${fileState(library === undefined ? file : resolve(dirname(file), library))}`,
  };
}

function linuxGpu(): DeviceIdentity {
  const root = '/sys/class/drm';
  const cards = entries(root)
    .filter((name) => /^card\d+$/.test(name))
    .map((name) => join(root, name, 'device'));
  const ids = cards.map(
    (card) => `${text(join(card, 'vendor')) ?? '?'}:${text(join(card, 'device')) ?? '?'}`,
  );
  const drivers = [
    release(),
    text('/sys/module/nvidia/version') ?? '',
    // user-space drivers: their manifests and whatever those point to in the loader's own folders
    ...['/usr/share/vulkan/icd.d', '/etc/vulkan/icd.d'].flatMap((folder) =>
      entries(folder).map((name) => `${name} ${fileState(join(folder, name))}`),
    ),
  ];
  return {
    device: ids.length === 0 ? 'no GPU that the kernel lists' : `PCI ${ids.join(', ')}`,
    driver: drivers.join('; '),
  };
}

/** Windows keeps each version of a display driver in a folder of its own, named after its content. */
function windowsGpu(): DeviceIdentity {
  const store = join(process.env['SystemRoot'] ?? 'C:\\Windows', 'System32', 'DriverStore', 'FileRepository');
  const display = entries(store).filter((name) => /^(nv|u\d|c\d|ig|cui|ati|qc)/i.test(name));
  return { device: 'GPU', driver: `${release()} ${display.join(' ')}` };
}

/** Device and driver behind `provider` on this machine. */
export function deviceIdentity(provider: Provider): DeviceIdentity {
  const processor = cpus()[0]?.model ?? arch();
  if (provider === 'cpu') return { device: processor, driver: 'none' };
  if (platform() === 'linux') return chosenDriver() ?? linuxGpu();
  if (platform() === 'win32') return windowsGpu();
  // Metal is part of macOS, the GPU part of the processor
  return { device: processor, driver: release() };
}
