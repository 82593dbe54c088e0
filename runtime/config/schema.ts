/**
 * @file The JSON schema that gives VS Code completion and hovers in *.adapter.json. It holds no validation keyword:
 * a mistake is reported once, by our own check, with the better message.
 */
import { methods } from '../methods/index.ts';
import { kindsWith, methodKeys, options, variantsDoc } from './options.ts';
import type { KnownMethod } from './options.ts';
import type { Keys, OptionSpec } from '../contract/optionSpec.ts';

type Schema = Readonly<Record<string, unknown>>;

/** The schema as data, with these methods; `npm run gen` writes it to media/schema/adapter.schema.json. */
export function adapterSchema(list: readonly KnownMethod[] = methods): Schema {
  const properties = { ...propertiesOf(options), method: methodSchema(list) };
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Adapter Workbench experiment',
    description: 'One experiment: base, data, method, training, and named variants of them.',
    allowComments: true,
    allowTrailingCommas: true,
    defaultSnippets: [
      {
        label: 'A first experiment',
        description: 'LoRA on all linears',
        body: {
          base: '${1:models/base.gguf}',
          data: { train: '${2:data/train.jsonl}', validation: 0.05 },
          method: { kind: 'lora', rank: 16, alpha: 32, targets: 'all-linear' },
          training: { epochs: 3, learningRate: 2e-4 },
        },
      },
    ],
    properties: {
      ...properties,
      variants: { description: variantsDoc, additionalProperties: { properties } },
    },
  };
}

/** Keys of all kinds together; of those that not all have, it is said whose they are, and `completions.ts` offers them. */
function methodSchema(list: readonly KnownMethod[]): Schema {
  const properties = Object.entries(methodKeys(undefined, list)).map(([name, spec]) => {
    const kinds = kindsWith(name, list).map((kind) => `"${kind}"`);
    if (kinds.length === 0) return [name, schemaOf(spec)] as const;
    const doc = `${spec.doc} With kind ${kinds.join(', ')}.`;
    return [name, { ...schemaOf({ ...spec, doc }), doNotSuggest: true }] as const;
  });
  return { description: options.method.doc, properties: Object.fromEntries(properties) };
}

const propertiesOf = (keys: Keys): Schema =>
  Object.fromEntries(Object.entries(keys).map(([name, spec]) => [name, schemaOf(spec)]));

function schemaOf(spec: OptionSpec): Schema {
  const description =
    spec.peft === undefined ? spec.doc : `${spec.doc} (PEFT and Transformers: ${spec.peft})`;
  if (spec.type === 'section') return { description, properties: propertiesOf(spec.keys) };
  const isOffered = spec.type === 'string' && spec.about !== undefined;
  // a default beside snippets would be offered twice
  return {
    description,
    ...('default' in spec && !isOffered ? { default: spec.default } : {}),
    ...offered(spec),
  };
}

/** Values to complete: snippets where each has a line of its own, else `examples`, which refuse nothing, unlike `enum`. */
function offered(spec: OptionSpec): Schema {
  const values = valuesOf(spec);
  const about = spec.type === 'string' ? spec.about : undefined;
  if (about !== undefined)
    return {
      defaultSnippets: values.map((value) => ({
        label: value,
        description: about[value as string],
        body: value,
      })),
    };
  return values.length > 0 ? { examples: values } : {};
}

function valuesOf(spec: OptionSpec): readonly unknown[] {
  if (spec.type === 'boolean') return [true, false];
  if (spec.type === 'string') return spec.oneOf ?? [];
  if (spec.type === 'either')
    return [...new Set([...('default' in spec ? [spec.default] : []), ...spec.of.flatMap(valuesOf)])];
  return [];
}
