// The installed package onnxruntime-node as files: its version, and the provider libraries beside its own.
import { existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { type Absence, CUDA_FILES, PROVIDERS_FOLDER_VARIABLE, providerAbsence } from './ort-providers.js';

type Environment = Readonly<Record<string, string | undefined>>;

const NVIDIA_DRIVER = '/proc/driver/nvidia';
const NOT_INSTALLED = 'libonnxruntime_providers_shared.so: no such file';

export type OrtPackage = { readonly version: string; readonly libraries: string };

/** The package that an import would load; undefined when it is not installed. */
export function findOrtPackage(): OrtPackage | undefined {
  const found = findPackage('onnxruntime-node');
  if (found === undefined) return undefined;
  const bin = join(found.folder, 'bin');
  const abi = existsSync(bin) ? readdirSync(bin).find((name) => name.startsWith('napi-')) : undefined;
  if (abi === undefined) return undefined;
  return { version: found.version, libraries: join(bin, abi, process.platform, process.arch) };
}

/** Folder and version of an installed package, without loading it. */
export function findPackage(name: string): { readonly folder: string; readonly version: string } | undefined {
  const require = createRequire(import.meta.url);
  for (const root of require.resolve.paths(name) ?? []) {
    const folder = join(root, name);
    const manifest = join(folder, 'package.json');
    if (!existsSync(manifest)) continue;
    const facts: unknown = JSON.parse(readFileSync(manifest, 'utf8'));
    const version =
      typeof facts === 'object' && facts !== null && 'version' in facts ? String(facts.version) : '';
    return { folder, version };
  }
  return undefined;
}

/**
 * Why the CUDA provider cannot be loaded, as far as files tell; undefined when nothing speaks against it. onnxruntime looks for it
 * only in its own folder, where the package's install script puts it; `linkCuda` brings it there from the folder that the user names.
 */
export function findCuda(ort: OrtPackage, env: Environment): Absence | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return providerAbsence('cuda', 'backend not found');
  if (!CUDA_FILES.every((file) => existsSync(join(ort.libraries, file)))) {
    const folder = env[PROVIDERS_FOLDER_VARIABLE];
    // Asking onnxruntime itself would print its own error to the terminal.
    if (folder === undefined || folder === '') return providerAbsence('cuda', NOT_INSTALLED);
    const absent = CUDA_FILES.find((file) => !existsSync(join(folder, file)));
    if (absent !== undefined) {
      return {
        reason: `\`${PROVIDERS_FOLDER_VARIABLE}\` names \`${folder}\`, which has no \`${absent}\``,
        help: 'name the folder `onnxruntime/capi` of an installed onnxruntime-gpu',
      };
    }
    const other = pythonVersion(folder);
    if (other !== undefined && other !== ort.version) {
      return {
        reason: `the provider in \`${folder}\` is of onnxruntime-gpu ${other}, not ${ort.version}`,
        help: `install the same version: \`pip install onnxruntime-gpu==${ort.version}\``,
      };
    }
  }
  return existsSync(NVIDIA_DRIVER)
    ? undefined
    : providerAbsence('cuda', 'no CUDA-capable device: no NVIDIA driver is loaded');
}

/** After `findCuda` found nothing against it. */
export function linkCuda(ort: OrtPackage, env: Environment): Absence | undefined {
  const folder = env[PROVIDERS_FOLDER_VARIABLE] ?? '';
  try {
    for (const file of CUDA_FILES) {
      const target = join(ort.libraries, file);
      if (!existsSync(target)) symlinkSync(resolve(folder, file), target);
    }
    return undefined;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (!['EACCES', 'EPERM', 'EROFS'].includes(code)) throw error;
    return {
      reason: `the provider cannot be linked into \`${ort.libraries}\` (${code})`,
      help: `link ${CUDA_FILES.map((f) => `\`${f}\``).join(' and ')} there from \`${folder}\``,
    };
  }
}

/** The NVIDIA cards that the kernel's driver lists, by model. */
export function nvidiaCards(): readonly string[] {
  const folder = join(NVIDIA_DRIVER, 'gpus');
  if (!existsSync(folder)) return [];
  return readdirSync(folder).map((card) => {
    const facts = readFileSync(join(folder, card, 'information'), 'utf8');
    return /^Model:\s*(.+)$/m.exec(facts)?.[1]?.trim() ?? card;
  });
}

/** The version in the name of `onnxruntime_gpu-1.2.3.dist-info`, two folders above `onnxruntime/capi`. */
function pythonVersion(folder: string): string | undefined {
  const site = dirname(dirname(folder));
  if (!existsSync(site)) return undefined;
  for (const name of readdirSync(site)) {
    const found = /^onnxruntime_gpu-(.+)\.dist-info$/.exec(name);
    if (found !== null) return found[1];
  }
  return undefined;
}
