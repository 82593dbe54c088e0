/** @file The README.md of an adapter: a model card as the hub reads it (docs: "Model Cards"), with what a reader needs to judge it. */

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

const peftUse = (base: string): string[] => [
  '```python',
  'from peft import PeftModel',
  'from transformers import AutoModelForCausalLM',
  '',
  `base = AutoModelForCausalLM.from_pretrained(${JSON.stringify(base)})`,
  'model = PeftModel.from_pretrained(base, "path/of/this/folder")',
  '```',
];

/** The whole card. No licence is stated: it depends on the base's and the data's. */
export function modelCard(adapter: CardAdapter, facts: CardFacts): string {
  const base = baseName(adapter.base);
  const method = adapter.own?.type.toLowerCase() ?? (adapter.dora === true ? 'dora' : 'lora');
  const tags = [method, ...(isHubId(base) ? [`base_model:adapter:${base}`] : [])].sort();
  const header = [
    '---',
    // a JSON string is a YAML string
    `base_model: ${JSON.stringify(base)}`,
    ...(adapter.own ? [] : ['library_name: peft']),
    'pipeline_tag: text-generation',
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
    ...(adapter.own ? ['Adapter Workbench reads this folder; PEFT does not know its kind.'] : peftUse(base)),
    '',
    '## Environment',
    '',
    ...table(['Software', 'Version'], Object.entries(facts.versions)),
    '',
  ];
  return [...header, '', ...body].join('\n');
}
