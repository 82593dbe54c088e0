/** @file How a tokenizer joins two texts: the tokens around and between them, and the type of each (the second text's are 1). */
import { damaged } from './preTokenizers.ts';
import { isObject } from './smallFile.ts';
import type { JsonObject } from './smallFile.ts';
import { checkId } from './tokenizerParts.ts';

/** A piece of a joined row: tokens of its own, or one of the texts. */
export interface TemplatePart {
  readonly ids?: readonly number[];
  /** 0 for the first text, 1 for the second. */
  readonly text?: 0 | 1;
  readonly type: 0 | 1;
}

export type Template = readonly TemplatePart[];

const longest = 64;
const deepest = 8;

/** The post-processor's words on two texts; undefined where it has none. Throws `tokenizer-damaged`. */
export function readPairTemplate(
  config: unknown,
  ids: ReadonlyMap<string, number>,
  file: string,
  depth = 0,
): Template | undefined {
  if (!isObject(config) || depth > deepest) return undefined;
  const [first, second] = [{ text: 0, type: 0 } as const, { text: 1, type: 1 } as const];
  switch (config['type']) {
    case 'TemplateProcessing':
      return readParts(config, ids, file);
    case 'BertProcessing': {
      const [cls, sep] = [specialId(config, 'cls', file), specialId(config, 'sep', file)];
      return [{ ids: [cls], type: 0 }, first, { ids: [sep], type: 0 }, second, { ids: [sep], type: 1 }];
    }
    case 'RobertaProcessing': {
      const [cls, sep] = [specialId(config, 'cls', file), specialId(config, 'sep', file)];
      const plain = { ...second, type: 0 } as const;
      return [{ ids: [cls], type: 0 }, first, { ids: [sep, sep], type: 0 }, plain, { ids: [sep], type: 0 }];
    }
    case 'Sequence': {
      const parts = Array.isArray(config['processors']) ? (config['processors'] as unknown[]) : [];
      return parts
        .slice(0, longest)
        .map((part) => readPairTemplate(part, ids, file, depth + 1))
        .find((template) => template !== undefined);
    }
    default:
      return undefined;
  }
}

/** `[text, id]`, as both older kinds write their tokens. */
function specialId(config: JsonObject, key: string, file: string): number {
  const entry = config[key];
  return checkId(Array.isArray(entry) ? entry[1] : undefined, file);
}

function readParts(config: JsonObject, ids: ReadonlyMap<string, number>, file: string): Template | undefined {
  const items = config['pair'];
  if (items === undefined || items === null) return undefined;
  if (!Array.isArray(items) || items.length > longest)
    throw damaged('its template of pairs is malformed', file);
  const parts = (items as unknown[]).map((item): TemplatePart => {
    const sequence = isObject(item) && isObject(item['Sequence']) ? item['Sequence'] : undefined;
    if (sequence) return { text: sequence['id'] === 'B' ? 1 : 0, type: typeOf(sequence, file) };
    const special = isObject(item) && isObject(item['SpecialToken']) ? item['SpecialToken'] : undefined;
    if (!special) throw damaged('its template of pairs has a part that is neither text nor token', file);
    return { ids: tokenIds(config, String(special['id']), ids, file), type: typeOf(special, file) };
  });
  const texts = parts.flatMap(({ text }) => (text === undefined ? [] : [text]));
  if (texts.join() !== '0,1')
    throw damaged('its template of pairs does not hold each text once, in order', file);
  return parts;
}

function typeOf({ type_id: type }: JsonObject, file: string): 0 | 1 {
  if (type === 0 || type === undefined) return 0;
  if (type === 1) return 1;
  throw damaged(`its template of pairs has the type ${JSON.stringify(type)}`, file);
}

function tokenIds(
  config: JsonObject,
  name: string,
  ids: ReadonlyMap<string, number>,
  file: string,
): number[] {
  const special = isObject(config['special_tokens']) ? config['special_tokens'][name] : undefined;
  const listed: unknown[] =
    isObject(special) && Array.isArray(special['ids']) ? (special['ids'] as unknown[]) : [ids.get(name)];
  if (listed.length > longest) throw damaged('its template of pairs is malformed', file);
  return listed.map((id) => checkId(id, file));
}
