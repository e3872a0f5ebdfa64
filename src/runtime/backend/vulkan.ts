// WebGPU on Linux reaches the graphics card through Vulkan: a loader (libvulkan.so.1) that reads driver manifests. This file finds
// both without creating a device. Drivers are those of the loader's own rules: the two variables, then the system's folders.
import { existsSync, readdirSync } from 'node:fs';
import { constants, homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import type { Absence } from './ort-providers.js';

/** glibc's RTLD_NODELETE: the library stays when the loading of it as an add-on fails, as it must. */
const KEEP_LOADED = 0x1000;
const LOADER = 'libvulkan.so.1';
const SOFTWARE_DRIVER = '/usr/lib/chromium/vk_swiftshader_icd.json';

export type VulkanFacts =
  | { readonly kind: 'present'; readonly drivers: readonly string[] }
  | ({ readonly kind: 'absent' } & Absence);

/** Finds drivers and loads the loader into this process, from beside a named driver where the system has none. */
export function findVulkan(env: Readonly<Record<string, string | undefined>>): VulkanFacts {
  const named = (env.VK_DRIVER_FILES ?? env.VK_ICD_FILENAMES ?? '').split(delimiter).filter((p) => p !== '');
  const missing = named.find((path) => !existsSync(path));
  if (missing !== undefined) {
    return {
      kind: 'absent',
      reason: `the Vulkan driver \`${missing}\` that \`VK_DRIVER_FILES\` names does not exist`,
      help: 'name a driver manifest (`…_icd.json`) that exists, or unset the variable',
    };
  }
  const drivers = named.length > 0 ? named : systemDrivers(env);
  if (drivers.length === 0)
    return { kind: 'absent', reason: 'there is no Vulkan driver', help: driverHelp() };
  const places = [
    LOADER,
    ...named.map((path) => join(dirname(path), LOADER)).filter((path) => existsSync(path)),
  ];
  if (!places.some(loadAndKeep)) {
    return {
      kind: 'absent',
      reason: `the Vulkan loader \`${LOADER}\` is not installed`,
      help: 'install it (`apt install libvulkan1`)',
    };
  }
  return { kind: 'present', drivers };
}

function systemDrivers(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  const data = (env.XDG_DATA_DIRS ?? '/usr/local/share:/usr/share').split(':');
  const config = (env.XDG_CONFIG_DIRS ?? '/etc/xdg').split(':');
  const own = [
    env.XDG_DATA_HOME ?? join(homedir(), '.local/share'),
    env.XDG_CONFIG_HOME ?? join(homedir(), '.config'),
  ];
  return [...own, ...config, '/etc', ...data].flatMap((root) => {
    const folder = join(root, 'vulkan/icd.d');
    if (root === '' || !existsSync(folder)) return [];
    return readdirSync(folder).flatMap((file) => (file.endsWith('.json') ? [join(folder, file)] : []));
  });
}

function driverHelp(): string {
  const software = existsSync(SOFTWARE_DRIVER)
    ? `set \`VK_DRIVER_FILES=${SOFTWARE_DRIVER}\``
    : `install Debian's \`chromium\` and set \`VK_DRIVER_FILES=${SOFTWARE_DRIVER}\``;
  return `install the driver of the graphics card; to try it in software, which is slow, ${software}`;
}

/** True when the library is in this process afterwards. */
function loadAndKeep(path: string): boolean {
  try {
    process.dlopen({ exports: {} }, path, constants.dlopen.RTLD_LAZY | KEEP_LOADED);
    return true;
  } catch (error) {
    // It is no add-on, so Node always refuses it; that it says so means that the library was loaded.
    return error instanceof Error && /did not self-register/.test(error.message);
  }
}
