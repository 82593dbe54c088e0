import tseslint from 'typescript-eslint';

const noOrtOutside = {
  group: ['onnxruntime-node', 'onnxruntime-common'],
  message: 'runtime/ort is the only owner of ONNX Runtime.',
};

export default tseslint.config(
  {
    ignores: [
      'dist/**',
      'out/**',
      'artifacts/**',
      '.tsbuild/**',
      '.rig/**',
      '.vscode-test/**',
      'runs/**',
      'runtime/graph/onnx_pb.*',
      'test/guards/fixtures/**',
      '**/*.mjs',
      '**/*.cjs',
    ],
  },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      // noUncheckedIndexedAccess types each typed-array read as possibly missing: `!` is the honest short form in numeric loops.
      '@typescript-eslint/no-non-null-assertion': 'off',
      'max-lines': ['error', { max: 400, skipBlankLines: false }],
      'max-lines-per-function': ['error', { max: 80, skipBlankLines: true, skipComments: true }],
      complexity: ['error', 16],
      'no-restricted-imports': ['error', { patterns: [noOrtOutside] }],
      '@typescript-eslint/no-unused-vars': ['error', { varsIgnorePattern: '^_', argsIgnorePattern: '^_' }],
      eqeqeq: ['error', 'always'],
    },
  },
  { files: ['runtime/ort/**'], rules: { 'no-restricted-imports': 'off' } },
  { files: ['test/**'], rules: { 'max-lines-per-function': 'off', 'no-restricted-imports': 'off' } },
);
