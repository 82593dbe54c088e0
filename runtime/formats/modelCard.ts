/** @file The README.md of an adapter: a model card as the hub reads it (docs: "Model Cards"), with what a reader needs to judge it. */
import type { Task } from '../contract/config.ts';

/** What the card says beside the adapter's own numbers. All texts may come from files: none is trusted as Markdown. */
export interface CardFacts {
  readonly name: string;
  /** Files learned from, with their SHA-256. */
  readonly data: readonly {
    readonly role: string;
    readonly name: string;
    readonly rows?: number;
    readonly sha256?: string;
  }[];
  /** Settings worth repeating: key -> value. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Measured results: what -> value with its unit. */
  readonly results: Readonly<Record<string, string>>;
  /** Software and its version. */
  readonly versions: Readonly<Record<string, string>>;
}

interface CardAdapter {
  readonly base: string;
  readonly rank: number;
  readonly alpha: number;
  readonly targets: readonly string[];
  readonly dora?: boolean;
  /** Absent: the base goes on with texts. */
  readonly task?: Task;
  /** Names of a classifier's classes by id. */
  readonly labels?: readonly string[];
  /** A kind that PEFT doesn't read. */
  readonly own?: { readonly type: string };
}

/** Text for a table cell or a line: no markup, no line break. */
const plain = (value: unknown): string => {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text
    .replace(/\s+/g, ' ')
    .replace(/[\\`*_{}[\]<>()#|!~]/g, '\\$&')
    .slice(0, 400);
};

const table = (head: readonly string[], rows: readonly (readonly unknown[])[]): string[] => [
  `| ${head.join(' | ')} |`,
  `| ${head.map(() => '---').join(' | ')} |`,
  ...rows.map((row) => `| ${row.map(plain).join(' | ')} |`),
];

const isHubId = (base: string): boolean => /^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/.test(base);
/** A path says something about the machine, its last name about the model. */
const baseName = (base: string): string =>
  isHubId(base) ? base : (base.split(/[/\\]/).filter(Boolean).at(-1) ?? base);

const titles: Readonly<Record<string, string>> = { lora: 'LoRA', dora: 'DoRA', loramoe: 'LoRAMoE' };

/** The hub's word for what a model does, and transformers' class that loads it. */
const purposes: Readonly<Record<Task | 'continuation', { pipelineTag: string; model: string }>> = {
  continuation: { pipelineTag: 'text-generation', model: 'AutoModelForCausalLM' },
  classification: { pipelineTag: 'text-classification', model: 'AutoModelForSequenceClassification' },
  seq2seq: { pipelineTag: 'text2text-generation', model: 'AutoModelForSeq2SeqLM' },
};

function peftUse(base: string, model: string, labels: readonly string[] | undefined): string[] {
  // a JSON list of texts is a Python one
  const classes = labels ? `, id2label=dict(enumerate(${JSON.stringify(labels)}))` : '';
  return [
    '```python',
    'from peft import PeftModel',
    `from transformers import ${model}`,
    '',
    `base = ${model}.from_pretrained(${JSON.stringify(base)}${classes})`,
    'model = PeftModel.from_pretrained(base, "path/of/this/folder")',
    '```',
  ];
}

/** The whole card. No licence is stated: it depends on the base's and the data's. */
export function modelCard(adapter: CardAdapter, facts: CardFacts): string {
  const base = baseName(adapter.base);
  const { pipelineTag, model } = purposes[adapter.task ?? 'continuation'];
  const method = adapter.own?.type.toLowerCase() ?? (adapter.dora === true ? 'dora' : 'lora');
  const tags = [method, ...(isHubId(base) ? [`base_model:adapter:${base}`] : [])].sort();
  const header = [
    '---',
    // a JSON string is a YAML string
    `base_model: ${JSON.stringify(base)}`,
    ...(adapter.own ? [] : ['library_name: peft']),
    `pipeline_tag: ${pipelineTag}`,
    'tags:',
    ...tags.map((tag) => `- ${JSON.stringify(tag)}`),
    '---',
  ];
  const body = [
    `# ${plain(facts.name)}`,
    '',
    `A ${titles[method] ?? method} adapter of rank ${adapter.rank} (alpha ${adapter.alpha}) on ${adapter.targets.length} linears of ${plain(base)}, trained with Adapter Workbench.`,
    '',
    '## Training data',
    '',
    ...table(
      ['Role', 'File', 'Rows', 'SHA-256'],
      facts.data.map(({ role, name, rows, sha256 }) => [role, name, rows ?? '', sha256 ?? '']),
    ),
    '',
    '## Settings',
    '',
    ...table(['Key', 'Value'], Object.entries(facts.settings)),
    '',
    '## Results',
    '',
    ...(Object.keys(facts.results).length === 0
      ? ['Not evaluated on held-out rows.']
      : table(['What', 'Value'], Object.entries(facts.results))),
    '',
    '## Use',
    '',
    ...(adapter.own
      ? ['Adapter Workbench reads this folder; PEFT does not know its kind.']
      : peftUse(base, model, adapter.labels)),
    '',
    '## Environment',
    '',
    ...table(['Software', 'Version'], Object.entries(facts.versions)),
    '',
  ];
  return [...header, '', ...body].join('\n');
}
