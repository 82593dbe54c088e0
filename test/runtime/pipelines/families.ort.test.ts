/** @file Ten steps by `train` on one unpacked batch, for every family, against transformers and PEFT in float64. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runReference } from '../../support/referenceRun.ts';
import { reference } from '../../support/shared.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const scratch = temporaryFolder();
const families = reference('lm');
const names = families === undefined ? [] : readdirSync(families);

/** fixtures/README.md: what float32 has to hold. */
const usual = { loss: 2e-4, tensor: 2e-3 };
/**
 * At T5's sixth step one input of a ReLU is 5.6e-7: rounding decides on which side it is, and there are two curves from there on.
 * PyTorch in double precision takes either as well when the start is moved by 6e-8 (two of twelve seeds): losses 3.7e-4 and tensors
 * 5.2e-3 apart. Its smooth relatives are held to the usual in documents.ort.test.ts.
 */
const tolerances: Readonly<Record<string, typeof usual>> = { t5: { loss: 5e-4, tensor: 7e-3 } };

describe.runIf(names.length > 0)('train on a reference family', () => {
  it.each(names)('%s', async (name) => {
    const { differences, errors, wanted } = await runReference(join(families!, name), join(scratch, name));
    expect(differences).toHaveLength(10);
    const tolerance = tolerances[name] ?? usual;
    expect(Math.max(...differences)).toBeLessThan(tolerance.loss);
    // before any kink
    expect(Math.max(...differences.slice(0, 6))).toBeLessThan(5e-5);
    for (const [tensor, error] of errors) expect(error, tensor).toBeLessThan(tolerance.tensor);
    expect(errors.size).toBe(wanted);
  });
});
