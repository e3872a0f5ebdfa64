// What is said of devices that are not here. The texts of the libraries are as onnxruntime-node 1.30 gives them.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { backendProblem, listBackends } from '../../../src/runtime/backend/inventory.js';
import { findCuda, linkCuda } from '../../../src/runtime/backend/ort-package.js';
import { providerAbsence } from '../../../src/runtime/backend/ort-providers.js';
import { backendNames } from '../../../src/runtime/backend/registry.js';
import { findVulkan } from '../../../src/runtime/backend/vulkan.js';

const test = suite('devices');
const folder = mkdtempSync(join(tmpdir(), 'eisc-devices-'));
test.after(() => rmSync(folder, { recursive: true, force: true }));

test('the list has every backend once, each here with its facts or absent with a way out', () => {
  const listed = listBackends({});
  assert.equal(
    listed.map((one) => one.name),
    backendNames(),
  );
  for (const one of listed) {
    assert.ok(one.dtypes.includes('f32'), one.name);
    if (one.absence === null) assert.match(one.version ?? '', /\d/);
    else {
      assert.ok(one.absence.reason.length > 0, one.name);
      assert.match(one.absence.help, /install|use `/);
      assert.match(backendProblem(one.name, {})?.text ?? '', new RegExp(one.name));
    }
  }
  assert.is(listed.find((one) => one.name === 'ort:cpu')?.absence, null);
  assert.is(backendProblem('ort:cpu', {}), null);
});

test('an error of a provider names what is missing and how to get it', () => {
  const rows = [
    [
      'cuda',
      'OrtSessionOptionsAppendExecutionProvider_Cuda: Failed to load shared library',
      /provider of onnxruntime is not installed/,
      /EISC_ORT_PROVIDERS/,
    ],
    [
      'cuda',
      'Failed to load library libonnxruntime_providers_cuda.so with error: libcublasLt.so.12: cannot open shared object file: No such file or directory',
      /`libcublasLt\.so\.12`/,
      /LD_LIBRARY_PATH/,
    ],
    ['cuda', 'CUDA failure 100: no CUDA-capable device is detected', /CUDA failure 100/, /nvidia-smi/],
    [
      'webgpu',
      'Failed to get a WebGPU adapter: No supported adapters',
      /no graphics adapter/,
      /Vulkan driver/,
    ],
    ['coreml', 'no available backend found. ERR: [coreml] backend not found.', /macOS/, /ort:cpu/],
    ['dml', 'no available backend found. ERR: [dml] backend not found.', /Windows/, /ort:cpu/],
  ] as const;
  for (const [provider, text, reason, help] of rows) {
    const found = providerAbsence(provider, text);
    assert.match(found.reason, reason);
    assert.match(found.help, help);
  }
});

test('a Vulkan driver that is named must exist', () => {
  const found = findVulkan({ VK_DRIVER_FILES: join(folder, 'none.json') });
  assert.is(found.kind, 'absent');
  if (found.kind === 'absent') assert.match(found.reason, /none\.json.*does not exist/);
});

test('without any Vulkan driver the help tells of the software one', () => {
  const nowhere = {
    XDG_DATA_DIRS: folder,
    XDG_CONFIG_DIRS: folder,
    XDG_DATA_HOME: folder,
    XDG_CONFIG_HOME: folder,
  };
  const found = findVulkan(nowhere);
  // A machine with a driver in /etc has one whatever the variables say.
  if (found.kind === 'absent') assert.match(found.help, /vk_swiftshader_icd\.json/);
  else assert.ok(found.drivers.every((path) => path.startsWith('/etc/')));
});

test('the CUDA provider is taken from the folder that is named, if it is whole and of the same version', () => {
  if (process.platform !== 'linux' || process.arch !== 'x64') return;
  const ort = { version: '1.30.0', libraries: join(folder, 'bin') };
  const site = join(folder, 'site-packages');
  const capi = join(site, 'onnxruntime/capi');
  mkdirSync(ort.libraries);
  mkdirSync(capi, { recursive: true });
  const env = { EISC_ORT_PROVIDERS: capi };
  assert.match(findCuda(ort, {})?.reason ?? '', /not installed/);
  assert.match(findCuda(ort, env)?.reason ?? '', /has no `libonnxruntime_providers_shared\.so`/);
  for (const file of ['shared', 'cuda']) writeFileSync(join(capi, `libonnxruntime_providers_${file}.so`), '');
  mkdirSync(join(site, 'onnxruntime_gpu-1.29.0.dist-info'));
  assert.match(findCuda(ort, env)?.reason ?? '', /1\.29\.0, not 1\.30\.0/);
  assert.match(findCuda(ort, env)?.help ?? '', /onnxruntime-gpu==1\.30\.0/);
  rmSync(join(site, 'onnxruntime_gpu-1.29.0.dist-info'), { recursive: true });
  // What is left to say is whether the machine has a card.
  assert.match(findCuda(ort, env)?.reason ?? 'no NVIDIA driver', /no NVIDIA driver/);
  assert.is(linkCuda(ort, env), undefined);
  assert.is(linkCuda(ort, env), undefined, 'linking again changes nothing');
});

test.run();
