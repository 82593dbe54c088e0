/**
 * @file The JSON schema that gives VS Code completion and hovers in *.adapter.json. It holds no validation keyword:
 * a mistake is reported once, by our own check, with the better message.
 */
import { methodKeys, options, variantsDoc } from './options.ts';
import type { Keys, OptionSpec } from '../contract/optionSpec.ts';

type Schema = Readonly<Record<string, unknown>>;

/** The schema as data; `npm run gen` writes it to media/schema/adapter.schema.json. */
export function adapterSchema(): Schema {
  const keys: Keys = { ...options, method: { ...options.method, keys: methodKeys(undefined) } };
  const properties = propertiesOf(keys);
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

const propertiesOf = (keys: Keys): Schema =>
  Object.fromEntries(Object.entries(keys).map(([name, spec]) => [name, schemaOf(spec)]));

function schemaOf(spec: OptionSpec): Schema {
  const description =
    spec.peft === undefined ? spec.doc : `${spec.doc} (PEFT and Transformers: ${spec.peft})`;
  if (spec.type === 'section') return { description, properties: propertiesOf(spec.keys) };
  const values = valuesOf(spec);
  return {
    description,
    ...('default' in spec ? { default: spec.default } : {}),
    ...(values.length > 0 ? { examples: values } : {}),
  };
}

/** Values to complete; `examples` offers them and, unlike `enum`, refuses nothing. */
function valuesOf(spec: OptionSpec): readonly unknown[] {
  if (spec.type === 'boolean') return [true, false];
  if (spec.type === 'string') return spec.oneOf ?? [];
  if (spec.type === 'either')
    return [...new Set([...('default' in spec ? [spec.default] : []), ...spec.of.flatMap(valuesOf)])];
  return [];
}
