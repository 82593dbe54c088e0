/** @file What the learning-rate finder left for a config: `<output>/.find-lr/<config's stem>.json`. */
import { readJsonObject } from '../formats/jsonFile.ts';
import { rateFile } from '../runs/names.ts';

/** The rate that the finder suggests for this file; undefined where it has not run, or its file is damaged. */
export function suggestedRate(file: string, output: string): number | undefined {
  try {
    const { suggestion } = readJsonObject(rateFile(output, file));
    return typeof suggestion === 'number' && suggestion > 0 && suggestion < 1e3 ? suggestion : undefined;
  } catch {
    // most configs have none; what can't be read suggests nothing
    return undefined;
  }
}
