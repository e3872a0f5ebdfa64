// The execution providers of onnxruntime beside the processor: what each needs, and what an error of its library means in words
// that say what to install. Pure; ort-device.ts looks at the machine.
import type { OrtProvider } from './engine-protocol.js';

/** Why something is not here, and what to do about it. */
export type Absence = { readonly reason: string; readonly help: string };

/** The libraries of the CUDA provider, which onnxruntime looks for in its own folder. */
export const CUDA_FILES = ['libonnxruntime_providers_shared.so', 'libonnxruntime_providers_cuda.so'] as const;

export const PROVIDERS_FOLDER_VARIABLE = 'EISC_ORT_PROVIDERS';

const INSTALL_CUDA =
  'install the CUDA provider with `ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node --ignore-scripts=false`, or set ' +
  `\`${PROVIDERS_FOLDER_VARIABLE}\` to the \`onnxruntime/capi\` folder of PyPI's onnxruntime-gpu of the same version`;

const absences = {
  cpu: (text) => ({ reason: text, help: 'reinstall `onnxruntime-node`' }),
  cuda: cudaAbsence,
  webgpu: (text) =>
    /adapter/i.test(text)
      ? {
          reason: 'WebGPU finds no graphics adapter',
          help: 'install the Vulkan driver of the graphics card, or point `VK_DRIVER_FILES` at the driver to use',
        }
      : /backend not found|not supported|not enabled/i.test(text)
        ? {
            reason: 'this build of onnxruntime-node has no WebGPU provider',
            help: 'use onnxruntime-node 1.30 on Linux x64, macOS arm64 or Windows',
          }
        : { reason: text, help: 'use `ort:cpu`' },
  coreml: (text) =>
    /backend not found|not supported|not enabled/i.test(text)
      ? { reason: 'Core ML is part of macOS', help: 'use `ort:cpu`, or run this on a Mac' }
      : { reason: text, help: 'use `ort:cpu`' },
  dml: (text) =>
    /backend not found|not supported|not enabled/i.test(text)
      ? { reason: 'DirectML is part of Windows', help: 'use `ort:cpu`, or run this on Windows 10 or later' }
      : { reason: text, help: 'use `ort:cpu`' },
} as const satisfies Record<OrtProvider, (text: string) => Absence>;

/** What it means that a session of this provider could not be created or run. */
export function providerAbsence(provider: OrtProvider, text: string): Absence {
  return absences[provider](text);
}

function cudaAbsence(text: string): Absence {
  const missing = /lib(?:cu|nv)\w+\.so[.\d]*/.exec(text)?.[0];
  if (missing !== undefined && /cannot open shared object/.test(text)) {
    return {
      reason: `the CUDA library \`${missing}\` is not found`,
      help: 'install CUDA 12 and cuDNN 9, and put their folders on `LD_LIBRARY_PATH`',
    };
  }
  if (/backend not found/.test(text)) {
    return {
      reason: 'this build of onnxruntime-node has no CUDA provider',
      help: 'use Linux x64 (on Windows use `ort:dml`)',
    };
  }
  if (/load shared library|libonnxruntime_providers/i.test(text)) {
    return { reason: 'the CUDA provider of onnxruntime is not installed', help: INSTALL_CUDA };
  }
  if (/CUDA failure|no CUDA-capable device|driver version/i.test(text)) {
    return {
      reason: text.replace(/^no CUDA-capable device: /, ''),
      help: 'install the NVIDIA driver; `nvidia-smi` must list the card',
    };
  }
  return { reason: text, help: INSTALL_CUDA };
}
