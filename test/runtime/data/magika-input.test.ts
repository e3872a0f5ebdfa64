// Where the deployed classifier lies beside the checkout: the bytes made here are what it was trained to read, since it
// names the type of (nearly) every sample. Without it the suite says so.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { headAndTail } from '../../../src/runtime/data/byte-files.js';

const test = suite('the input of a file-type classifier');
const FOLDER = '../shared/data/magika';

test(`bytes made here are read rightly by the classifier${existsSync(FOLDER) ? '' : ' (not there: nothing checked)'}`, async () => {
  if (!existsSync(FOLDER)) return;
  const { InferenceSession, Tensor } = await import('onnxruntime-node');
  const config: { target_labels_space: string[] } = JSON.parse(
    readFileSync(`${FOLDER}/config.min.json`, 'utf8'),
  );
  const session = await InferenceSession.create(`${FOLDER}/model.onnx`, {
    logSeverityLevel: 3,
    intraOpNumThreads: 1,
  });
  const [input = ''] = session.inputNames;
  const [output = ''] = session.outputNames;
  let files = 0;
  let right = 0;
  for (const label of readdirSync(`${FOLDER}/basic`)) {
    for (const file of readdirSync(`${FOLDER}/basic/${label}`)) {
      const bytes = readFileSync(`${FOLDER}/basic/${label}/${file}`);
      if (bytes.length < 8) continue; // such files never reach the model
      const row = headAndTail(bytes, { head: 1024, tail: 1024, pad: 256 });
      const result = await session.run({ [input]: new Tensor('int32', row, [1, 2048]) });
      const scores = [...((result[output]?.data ?? []) as Float32Array)]; // the model's one output is float32
      files += 1;
      if (config.target_labels_space[scores.indexOf(Math.max(...scores))] === label) right += 1;
    }
  }
  assert.ok(files > 70);
  assert.ok(right / files > 0.97, `${right} of ${files}`);
});

test.run();
