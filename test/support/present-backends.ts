// The backends that this machine has, opened once for all test files. What is absent is printed with its reason, so that a run shows what
// it did not check. WebGPU is tried on Chromium's software Vulkan where the environment names no driver.
import { existsSync } from 'node:fs';
import { type Backend, BackendFailure } from '../../src/runtime/backend/backend.js';
import { type BackendName, backendNames, openBackend } from '../../src/runtime/backend/registry.js';

export type PresentBackends = {
  readonly backends: readonly Backend[];
  readonly absent: ReadonlyMap<BackendName, string>;
};

const SOFTWARE_VULKAN = '/usr/lib/chromium/vk_swiftshader_icd.json';

/** Nobody closes them: an idle worker does not keep the process alive. */
export const presentBackends: Promise<PresentBackends> = openAll();

async function openAll(): Promise<PresentBackends> {
  nameSoftwareVulkan();
  const backends: Backend[] = [];
  const absent = new Map<BackendName, string>();
  for (const name of backendNames()) {
    try {
      backends.push(await openBackend(name, { workers: 1 }));
    } catch (error) {
      if (!(error instanceof BackendFailure) || error.problem.kind !== 'not-available') throw error;
      absent.set(name, error.problem.text);
      process.stdout.write(`not checked: ${error.problem.text}\n`);
    }
  }
  return { backends, absent };
}

/** The Vulkan loader reads the environment of the process, not of a thread: it is set before any worker starts. */
function nameSoftwareVulkan(): void {
  const isNamed = process.env.VK_DRIVER_FILES !== undefined || process.env.VK_ICD_FILENAMES !== undefined;
  if (!isNamed && existsSync(SOFTWARE_VULKAN)) process.env.VK_DRIVER_FILES = SOFTWARE_VULKAN;
}
