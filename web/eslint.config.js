import ts from 'typescript-eslint'
import vue from 'eslint-plugin-vue'
import a11y from 'eslint-plugin-vuejs-accessibility'
import parser from 'vue-eslint-parser'

// The clock of the machine is the wrong one for half of the readers (docs/adr/0029): moments are written by the kit.
const ownClock =
  'MemberExpression[property.name=/^(get(Hours|Minutes|Date|Day|Month|FullYear|TimezoneOffset)|toDateString|' +
  'toTimeString|toLocale(Date|Time)?String)$/], MemberExpression[object.name="Intl"][property.name="DateTimeFormat"]'

export default ts.config(
  { ignores: ['**/dist/**', '**/node_modules/**', 'packages/api/src/schema.d.ts', 'test-results/**'] },
  ...ts.configs.recommended,
  ...vue.configs['flat/recommended'],
  ...a11y.configs['flat/recommended'],
  {
    files: ['**/*.{ts,vue}'],
    languageOptions: { parser, parserOptions: { parser: ts.parser, sourceType: 'module' } },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // The type checker knows every name; the linter does not.
      'no-undef': 'off',
      'max-lines': ['error', { max: 400 }],
      'max-lines-per-function': ['error', { max: 60, skipComments: true, skipBlankLines: true }],
      'max-depth': ['error', 3],
      'max-params': ['error', 6],
    },
  },
  {
    files: ['**/*.vue'],
    rules: {
      'max-lines': ['error', { max: 200 }],
      'max-lines-per-function': 'off',
      // Layout of templates is prettier's.
      'vue/html-indent': 'off',
      'vue/max-attributes-per-line': 'off',
      'vue/singleline-html-element-content-newline': 'off',
      'vue/multiline-html-element-content-newline': 'off',
      'vue/html-self-closing': 'off',
      'vue/html-closing-bracket-newline': 'off',
      'vue/first-attribute-linebreak': 'off',
      'vue/require-default-prop': 'off',
      'vue/block-lang': ['error', { script: { lang: 'ts' } }],
      'vue/no-v-html': 'error',
      'vue/no-static-inline-styles': ['error', { allowBinding: true }],
      'vuejs-accessibility/label-has-for': ['error', { required: { some: ['nesting', 'id'] } }],
      // Names of controls made by the kit come from its own props; the rule sees native ones only.
      'vuejs-accessibility/form-control-has-label': 'off',
      // Scrolling regions take focus so that the arrow keys reach them.
      'vuejs-accessibility/no-static-element-interactions': 'error',
    },
  },
  {
    files: ['apps/**/*.{ts,vue}', 'packages/**/*.{ts,vue}'],
    ignores: ['packages/ui/src/{zone,format,wall-clock}.ts', '**/*.test.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        { selector: ownClock, message: 'write moments by date of useText, or by a zone that is given' },
      ],
    },
  },
  { files: ['**/*.test.ts', 'e2e/**/*.ts'], rules: { 'max-lines-per-function': 'off' } },
)
