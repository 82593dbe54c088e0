/** @file A template's values as Python writes them: True, None, 2.0, ['a', {'b': 1}]. */

/** A value inside @huggingface/jinja. */
export interface TemplateValue {
  readonly type: string;
  readonly value: unknown;
  toString(): string;
}

/** `str(value)`. */
export function pythonText(value: TemplateValue): string {
  return value.type === 'StringValue' ? String(value.value) : pythonRepr(value);
}

function pythonRepr(node: TemplateValue): string {
  const { type, value } = node;
  switch (type) {
    case 'StringValue':
      return quoted(String(value));
    case 'BooleanValue':
      return value === true ? 'True' : 'False';
    case 'NullValue':
      return 'None';
    case 'FloatValue':
      return Number.isInteger(value) && Math.abs(value as number) < 1e16
        ? `${value as number}.0`
        : String(value);
    case 'ArrayValue':
      return `[${(value as TemplateValue[]).map(pythonRepr).join(', ')}]`;
    case 'TupleValue':
      return `(${(value as TemplateValue[]).map(pythonRepr).join(', ')})`;
    case 'ObjectValue': {
      const entries = [...(value as ReadonlyMap<string, TemplateValue>)];
      return `{${entries.map(([key, inner]) => `${quoted(key)}: ${pythonRepr(inner)}`).join(', ')}}`;
    }
    default:
      return node.toString();
  }
}

const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text.replace(
    /[\\\n\r\t]|(?! )[\p{C}\p{Z}]/gu,
    (char) => escapes[char] ?? hexadecimal(char),
  );
  return `${quote}${quote === "'" ? escaped.replaceAll("'", "\\'") : escaped}${quote}`;
}

function hexadecimal(char: string): string {
  const code = char.codePointAt(0)!;
  const digits = code.toString(16);
  if (code < 0x100) return `\\x${digits.padStart(2, '0')}`;
  return code < 0x10000 ? `\\u${digits.padStart(4, '0')}` : `\\U${digits.padStart(8, '0')}`;
}
