/** @file Sessions: tensors over the given memory, and ONNX Runtime's telemetry off before its library loads. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { lower } from '../../../runtime/graph/lower.ts';
import { GraphBuilder } from '../../../runtime/graph/ops.ts';
import { encodeModel } from '../../../runtime/graph/proto.ts';
import { hostTensor, Session } from '../../../runtime/ort/session.ts';
import { root } from '../../support/sourceFiles.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const cpu = { provider: 'cpu', threads: 1 } as const;

function doubled(): Uint8Array {
  const op = new GraphBuilder();
  const y = op.node('Mul', { A: op.input('x', 'float32', ['n']), B: op.scalar(2) }, {}, 'y');
  return encodeModel(lower(op.finish([y]), 'cpu'), 'doubled');
}

describe('a host tensor', () => {
  it('is the array it was made of, typed by it', () => {
    const arrays = [
      new Float32Array(2),
      new Float64Array(2),
      new Int32Array(2),
      new BigInt64Array(2),
      new Uint8Array(2),
    ];
    expect(arrays.map((data) => hostTensor(data, [1, 2]).type)).toEqual([
      'float32',
      'float64',
      'int32',
      'int64',
      'uint8',
    ]);
    for (const data of arrays) expect(hostTensor(data, [2]).data).toBe(data);
    expect(hostTensor(new Uint8Array(2), [2], 'bool').type).toBe('bool');
  });
});

describe('a session', () => {
  it('writes into the tensors that are given for its outputs', async () => {
    await using session = await Session.create(doubled(), cpu);
    const out = new Float32Array(3);
    const x = hostTensor(Float32Array.of(1, 2, 3), [3]);
    await session.run({ x }, { y: hostTensor(out, [3]) });
    expect(Array.from(out)).toEqual([2, 4, 6]);
    expect(Array.from((await session.run({ x }))['y']!.data as Float32Array)).toEqual([2, 4, 6]);
  });

  it('runs where a part on the CPU would be refused elsewhere: the CPU is what was asked for', async () => {
    await using session = await Session.create(doubled(), { ...cpu, strict: true });
    const { y } = await session.run({ x: hostTensor(Float32Array.of(4), [1]) });
    expect(Array.from(y!.data as Float32Array)).toEqual([8]);
  });

  it('is not made of bytes that are no model', async () => {
    await expect(Session.create(new Uint8Array([1, 2, 3]), cpu)).rejects.toThrow();
  });
});

describe('telemetry', () => {
  const everything = (folder: string): string[] => readdirSync(folder, { recursive: true, encoding: 'utf8' });

  it('is off in a process that nobody told, and leaves nothing in the home folder', () => {
    const home = temporaryFolder();
    const model = Buffer.from(doubled()).toString('base64');
    const url = pathToFileURL(join(root, 'runtime/ort/session.ts')).href;
    const program = `
      const before = process.env.ORT_DISABLE_TELEMETRY;
      const { Session, hostTensor } = await import(${JSON.stringify(url)});
      const session = await Session.create(Buffer.from('${model}', 'base64'), { provider: 'cpu', threads: 1 });
      const { y } = await session.run({ x: hostTensor(Float32Array.of(4), [1]) });
      await session[Symbol.asyncDispose]();
      console.log(JSON.stringify([before ?? 'unset', process.env.ORT_DISABLE_TELEMETRY, y.data[0]]));`;
    const { ORT_DISABLE_TELEMETRY: _told, ...rest } = process.env;
    const places = [
      'HOME',
      'USERPROFILE',
      'XDG_CACHE_HOME',
      'XDG_DATA_HOME',
      'XDG_CONFIG_HOME',
      'APPDATA',
      'TMPDIR',
    ];
    const child = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      cwd: root,
      encoding: 'utf8',
      env: { ...rest, ...Object.fromEntries(places.map((name) => [name, home])) },
    });
    expect(child.stderr.replace(/\(node:\d+\).*|\(Use `node.*/g, '').trim()).toBe('');
    expect(JSON.parse(child.stdout)).toEqual(['unset', '1', 8]);
    expect(everything(home)).toEqual([]);
  });
});
