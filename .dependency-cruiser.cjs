/**
 * Who may import whom: one rule for each line of ARCHITECTURE.md's "Allowed directions".
 * Each rule has a file of its name under test/guards/fixtures/boundaries that breaks it (`npm run boundaries` checks both).
 */

/** Folder of runtime/ -> the runtime folders it may import besides `contract` and itself. */
const directions = {
  contract: [],
  graph: [],
  autodiff: ['graph'],
  formats: [],
  hub: ['formats'],
  methods: ['graph', 'formats'],
  ort: ['graph'],
  // A model's segments are described with their adapters attached and their gradients taken.
  model: ['graph', 'formats', 'methods', 'autodiff', 'hub'],
  data: ['formats'],
  runs: ['formats'],
  // The memory of a run is part of its check; `serve-without-ort` keeps it to what is computed from shapes.
  config: ['methods', 'model', 'data', 'formats', 'hub', 'train'],
  train: ['model', 'methods', 'data', 'autodiff', 'ort', 'runs', 'graph', 'formats'],
  pipelines: ['train', 'model', 'methods', 'data', 'autodiff', 'ort', 'runs', 'graph', 'formats', 'config'],
  serve: ['runs', 'config', 'data', 'formats', 'hub'],
  cli: ['pipelines', 'train', 'config', 'runs', 'data', 'model', 'methods', 'ort', 'formats', 'serve', 'hub'],
};

const pure = '^runtime/(contract|graph|autodiff|methods|train/losses|train/optimizers)/';
const ortPackages = '(^|/)onnxruntime-(node|common)(/|$)';

const forbid = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

const directionRules = Object.entries(directions).map(([folder, may]) =>
  forbid(
    `${folder}-directions`,
    `runtime/${folder} may import ${['contract', ...may].filter((x) => x !== folder).join(', ') || 'nothing'}.`,
    { path: `^runtime/${folder}/` },
    { path: '^runtime/', pathNot: `^runtime/(${[folder, 'contract', ...may].join('|')})/` },
  ),
);

module.exports = {
  directions,
  forbidden: [
    ...directionRules,
    forbid(
      'main-directions',
      'main.ts starts processes: command line, helper and contract.',
      { path: '^runtime/main[.]ts$' },
      { path: '^runtime/', pathNot: '^runtime/(cli|serve|contract)/' },
    ),
    forbid(
      'runtime-folders',
      'Each folder of runtime/ has a line in the table of directions.',
      { path: `^runtime/(?!main[.]ts$|(${Object.keys(directions).join('|')})/)` },
      {},
    ),
    forbid(
      'runtime-stands-alone',
      'The runtime works without VS Code and without a page.',
      { path: '^runtime/' },
      { path: '^(src|webview)/' },
    ),
    forbid(
      'no-cycles',
      'No import cycle, type imports included: a cycle has no first file to read.',
      {},
      { circular: true },
    ),
    forbid(
      'pure-folders',
      'Pure folders know no Node module: bytes in, bytes out.',
      { path: pure },
      { dependencyTypes: ['core'] },
    ),
    forbid(
      'ort-owner',
      'runtime/ort is the only owner of ONNX Runtime.',
      { path: '^(runtime|src|webview)/', pathNot: '^runtime/ort/' },
      { path: ortPackages },
    ),
    forbid(
      'serve-without-ort',
      'The helper process never loads ONNX Runtime, not even through another folder.',
      { path: '^runtime/serve/' },
      { path: ortPackages, reachable: true },
    ),
    forbid(
      'hub-owner',
      "runtime/hub is the only owner of the hub's client.",
      { path: '^(runtime|src|webview)/', pathNot: '^runtime/hub/' },
      { path: '(^|/)@huggingface/hub(/|$)' },
    ),
    forbid(
      'download-on-request',
      'Nothing reaches the network but the command `download`; the others look into the cache.',
      { path: '^(runtime|src|webview)/', pathNot: '^runtime/(hub/|cli/download[.]ts$)' },
      { path: '^runtime/hub/', pathNot: '^runtime/hub/cache[.]ts$' },
    ),
    forbid(
      'protobuf-owner',
      'Protobuf messages are written in runtime/graph/proto.ts (ONNX) and runtime/formats/tensorboard.ts alone.',
      {
        path: '^(runtime|src|webview)/',
        pathNot: '^runtime/(graph/(proto[.]ts|onnx_pb[.])|formats/tensorboard[.]ts)',
      },
      { path: '@bufbuild/protobuf' },
    ),
    forbid(
      'plot-owner',
      'uPlot is used in webview/common/plot.ts alone.',
      { path: '^(runtime|src|webview)/', pathNot: '^webview/common/plot[.]ts$' },
      { path: '(^|/)uplot(/|$)' },
    ),
    forbid(
      'controls-owner',
      "VS Code's controls are used in webview/common/controls.ts alone, so that another library can take their place.",
      { path: '^(runtime|src|webview)/', pathNot: '^webview/common/controls[.]ts$' },
      { path: '(^|/)@vscode-elements(/|$)' },
    ),
    forbid(
      'vscode-in-src',
      'Only src/ knows VS Code.',
      { path: '^(runtime|webview)/' },
      { path: '^vscode$|@types/vscode' },
    ),
    forbid(
      'process-owner',
      'src starts processes in src/runtime/process.ts; the runtime where it asks git and tools.',
      {
        path: '^(runtime|src|webview)/',
        pathNot: '^(src/runtime/process|runtime/runs/git|runtime/cli/[^/]+)[.]ts$',
      },
      { path: '^(node:)?child_process$' },
    ),
    forbid(
      'page-without-node',
      'A page runs in a browser: no Node module.',
      { path: '^webview/' },
      { dependencyTypes: ['core'] },
    ),
    forbid(
      'page-directions',
      'A page imports its own folder, webview/common and runtime/contract.',
      { path: '^webview/([^/]+)/' },
      { path: '^(src|webview|runtime|test)/', pathNot: '^(webview/$1|webview/common|runtime/contract)/' },
    ),
    forbid(
      'extension-knows-the-contract',
      'Of the runtime, the extension imports the contract only.',
      { path: '^src/' },
      { path: '^runtime/', pathNot: '^runtime/contract/' },
    ),
    forbid(
      'extension-page-types',
      'The extension shares types with its pages, never code.',
      { path: '^src/' },
      { path: '^webview/', dependencyTypesNot: ['type-only'] },
    ),
    forbid(
      'product-without-tests',
      'Nothing imports test/.',
      { path: '^(runtime|src|webview)/' },
      { path: '^test/' },
    ),
    forbid(
      'resolvable',
      'Each import leads to a file or an installed package.',
      { path: '^(runtime|src|webview)/' },
      { couldNotResolve: true, pathNot: '^vscode$' },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules|^[.][.]/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types'],
    },
  },
};
