/** @file Chat templates in the style of public model families, written for these tests, with the special tokens each needs. */
import type { ByteTokenizerOptions } from '../../support/byteTokenizer.ts';

export interface TemplateStyle {
  readonly template: string;
  readonly tokens: ByteTokenizerOptions;
}

const header = `{{ '<|start_header_id|>' + message.role + '<|end_header_id|>\\n\\n' }}`;

export const styles = {
  chatml: {
    template: `{% for message in messages %}{{ '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}`,
    tokens: { special: ['<|im_start|>', '<|im_end|>'], eos: '<|im_end|>' },
  },
  noNewlineAfterEnd: {
    template: `{% for message in messages %}{{ '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}`,
    tokens: { special: ['<|im_start|>', '<|im_end|>'], eos: '<|im_end|>' },
  },
  llama2: {
    template: `{% set first = 0 %}{% set preface = '' %}{% if messages[0].role == 'system' %}{% set first = 1 %}{% set preface = '<<SYS>>\\n' + messages[0].content + '\\n<</SYS>>\\n\\n' %}{% endif %}{% for message in messages[first:] %}{% if (message.role == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('user and assistant must take turns') }}{% endif %}{% if message.role == 'user' %}{{ bos_token + '[INST] ' + (preface if loop.first else '') + message.content.strip() + ' [/INST]' }}{% else %}{{ ' ' + message.content.strip() + ' ' + eos_token }}{% endif %}{% endfor %}`,
    tokens: { special: ['<s>', '</s>'], bos: '<s>', eos: '</s>' },
  },
  llama3: {
    template: `{{ bos_token }}{% for message in messages %}${header}{{ message.content | trim + '<|eot_id|>' }}{% endfor %}{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{% endif %}`,
    tokens: {
      special: ['<|begin_of_text|>', '<|eot_id|>', '<|start_header_id|>', '<|end_header_id|>'],
      bos: '<|begin_of_text|>',
      eos: '<|eot_id|>',
    },
  },
  // The system message goes into the last user turn: earlier turns change when the conversation grows.
  mistral: {
    template: `{{ bos_token }}{% set ns = namespace(last=-1) %}{% for message in messages %}{% if message.role == 'user' %}{% set ns.last = loop.index0 %}{% endif %}{% endfor %}{% for message in messages %}{% if message.role == 'user' %}{% if loop.index0 == ns.last and messages[0].role == 'system' %}{{ '[INST] ' + messages[0].content + '\\n\\n' + message.content + '[/INST]' }}{% else %}{{ '[INST] ' + message.content + '[/INST]' }}{% endif %}{% elif message.role == 'assistant' %}{% if message.tool_calls %}{{ '[TOOL_CALLS] [' }}{% for call in message.tool_calls %}{{ call.function | tojson }}{{ ', ' if not loop.last }}{% endfor %}{{ ']' + eos_token }}{% else %}{{ ' ' + message.content + eos_token }}{% endif %}{% elif message.role == 'tool' %}{{ '[TOOL_RESULTS] ' + message.content + '[/TOOL_RESULTS]' }}{% endif %}{% endfor %}`,
    tokens: {
      special: ['<s>', '</s>', '[INST]', '[/INST]', '[TOOL_CALLS]', '[TOOL_RESULTS]', '[/TOOL_RESULTS]'],
      bos: '<s>',
      eos: '</s>',
    },
  },
  gemma: {
    template: `{{ bos_token }}{% if messages[0].role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}{% for message in messages %}{% set role = 'model' if message.role == 'assistant' else message.role %}{{ '<start_of_turn>' + role + '\\n' + message.content | trim + '<end_of_turn>\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<start_of_turn>model\\n' }}{% endif %}`,
    tokens: {
      special: ['<bos>', '<eos>', '<start_of_turn>', '<end_of_turn>'],
      bos: '<bos>',
      eos: '<eos>',
    },
  },
  // Ends the text with the end-of-text token unless an answer is asked for; its tokens swallow the line break behind them.
  phi3: {
    template: `{% for message in messages %}{{ '<|' + message.role + '|>\\n' + message.content + '<|end|>\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>\\n' }}{% else %}{{ eos_token }}{% endif %}`,
    tokens: {
      special: ['<|endoftext|>'],
      rstrip: ['<|system|>', '<|user|>', '<|assistant|>', '<|end|>'],
      eos: '<|endoftext|>',
    },
  },
  zephyr: {
    template: `{% for message in messages %}{{ '<|' + message.role + '|>\\n' + message.content + eos_token + '\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>\\n' }}{% endif %}`,
    tokens: { special: ['<s>', '</s>'], bos: '<s>', eos: '</s>' },
  },
  qwen2: {
    template: `{% if tools %}{{ '<|im_start|>system\\nYou may call functions:\\n<tools>' }}{% for tool in tools %}{{ '\\n' + tool | tojson }}{% endfor %}{{ '\\n</tools><|im_end|>\\n' }}{% elif messages[0].role != 'system' %}{{ '<|im_start|>system\\nYou are a helpful assistant.<|im_end|>\\n' }}{% endif %}{% for message in messages %}{% if message.role == 'assistant' and message.tool_calls %}{{ '<|im_start|>assistant' }}{% if message.content %}{{ '\\n' + message.content }}{% endif %}{% for call in message.tool_calls %}{{ '\\n<tool_call>\\n{"name": "' + call.function.name + '", "arguments": ' + call.function.arguments | tojson + '}\\n</tool_call>' }}{% endfor %}{{ '<|im_end|>\\n' }}{% elif message.role == 'tool' %}{{ '<|im_start|>user\\n<tool_response>\\n' + message.content + '\\n</tool_response><|im_end|>\\n' }}{% else %}{{ '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}`,
    tokens: { special: ['<|endoftext|>', '<|im_start|>', '<|im_end|>'], eos: '<|im_end|>' },
  },
  // Thinking is written only after the last user turn, and dropped from earlier answers.
  qwen3: {
    template: `{% set ns = namespace(last=-1) %}{% for message in messages %}{% if message.role == 'user' %}{% set ns.last = loop.index0 %}{% endif %}{% endfor %}{% for message in messages %}{% if message.role == 'assistant' %}{% set content = message.content %}{% set thought = '' %}{% if message.reasoning_content is string %}{% set thought = message.reasoning_content %}{% elif '</think>' in content %}{% set thought = content.split('</think>')[0].rstrip('\\n').split('<think>')[-1].lstrip('\\n') %}{% set content = content.split('</think>')[-1].lstrip('\\n') %}{% endif %}{% if loop.index0 > ns.last %}{{ '<|im_start|>assistant\\n<think>\\n' + thought.strip('\\n') + '\\n</think>\\n\\n' + content.lstrip('\\n') + '<|im_end|>\\n' }}{% else %}{{ '<|im_start|>assistant\\n' + content + '<|im_end|>\\n' }}{% endif %}{% else %}{{ '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}`,
    tokens: { special: ['<|im_start|>', '<|im_end|>'], eos: '<|im_end|>' },
  },
  // The generation prompt opens a thought that the finished conversation doesn't hold.
  deepseek: {
    template: `{{ bos_token }}{% for message in messages %}{% if message.role == 'system' %}{{ message.content }}{% elif message.role == 'user' %}{{ '<｜User｜>' + message.content }}{% else %}{{ '<｜Assistant｜>' + message.content.split('</think>')[-1] + '<｜end▁of▁sentence｜>' }}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '<｜Assistant｜><think>\\n' }}{% endif %}`,
    tokens: {
      special: ['<｜begin▁of▁sentence｜>', '<｜end▁of▁sentence｜>', '<｜User｜>', '<｜Assistant｜>'],
      bos: '<｜begin▁of▁sentence｜>',
      eos: '<｜end▁of▁sentence｜>',
    },
  },
  // No special token at all.
  plain: {
    template: `{% for message in messages %}{% if message.role == 'user' %}{{ '### Instruction:\\n' + message.content + '\\n\\n' }}{% elif message.role == 'assistant' %}{{ '### Response:\\n' + message.content + '\\n\\n' }}{% else %}{{ message.content + '\\n\\n' }}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '### Response:\\n' }}{% endif %}`,
    tokens: { special: ['</s>'], eos: '</s>' },
  },
  // Writes arguments as text, and thinking into a channel of its own that earlier turns lose.
  harmony: {
    template: `{% set ns = namespace(last=-1) %}{% for message in messages %}{% if message.role == 'user' %}{% set ns.last = loop.index0 %}{% endif %}{% endfor %}{% for message in messages %}{% if message.role == 'assistant' %}{% if message.thinking and loop.index0 > ns.last %}{{ '<|start|>assistant<|channel|>analysis<|message|>' + message.thinking + '<|end|>' }}{% endif %}{% if message.tool_calls %}{{ '<|start|>assistant to=' + message.tool_calls[0].function.name + '<|message|>' + message.tool_calls[0].function.arguments + '<|call|>' }}{% else %}{{ '<|start|>assistant<|channel|>final<|message|>' + message.content + ('<|return|>' if loop.last else '<|end|>') }}{% endif %}{% else %}{{ '<|start|>' + message.role + '<|message|>' + message.content + '<|end|>' }}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '<|start|>assistant' }}{% endif %}`,
    tokens: {
      special: ['<|start|>', '<|end|>', '<|channel|>', '<|message|>', '<|return|>', '<|call|>'],
      eos: '<|return|>',
      ends: ['<|call|>'],
    },
  },
} as const satisfies Record<string, TemplateStyle>;
